-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1792792800000,
--  "to": 1793142000000,
--  "timezone": "Europe/Berlin"
-- }
select * from (select d0, ifNull(c0, 0) as m0, ifNull(c1, 0) as m1
from (select toString(toDate(stretch_at, {timezone:String})) as d0, uniqExact(visitor) as c0, countIf(first_of = 'visit') as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot
group by d0) as gathered)
order by d0 asc, toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc
limit 10001;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1792792800000,
--  "to": 1793142000000,
--  "timezone": "Europe/Berlin"
-- }
select ifNull(c0, 0) as m0, ifNull(c1, 0) as m1
from (select uniqExact(visitor) as c0, countIf(first_of = 'visit') as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot) as gathered;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1792792800000,
--  "to": 1793142000000,
--  "timezone": "UTC"
-- }
select distinct visitor_basis from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot;
