-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "Signup"
--  ],
--  "p1": "^/(docs|blog)/",
--  "p2": [
--   "GOO"
--  ]
-- }
select * from (select d0, ifNull(c0, 0) as m0
from (select source as d0, uniqExact(visitor) as c0
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and visitor in (select visitor from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and not is_bot
  and (((event_type in {p0:Array(String)}))))
  and ((match(path, {p1:String})) or not (multiSearchAnyCaseInsensitiveUTF8(source, {p2:Array(String)})))
group by d0) as gathered)
order by toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d0 asc
limit 10001;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "Signup"
--  ],
--  "p1": "^/(docs|blog)/",
--  "p2": [
--   "GOO"
--  ]
-- }
select ifNull(c0, 0) as m0
from (select uniqExact(visitor) as c0
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and visitor in (select visitor from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and not is_bot
  and (((event_type in {p0:Array(String)}))))
  and ((match(path, {p1:String})) or not (multiSearchAnyCaseInsensitiveUTF8(source, {p2:Array(String)})))) as gathered;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "UTC"
-- }
select distinct visitor_basis from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot;
