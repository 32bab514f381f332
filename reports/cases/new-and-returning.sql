-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin"
-- }
select ifNull(c0, 0) as m0, ifNull(c1, 0) as m1
from (select uniqExactIf(visitor, (first_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC'))) as c0, uniqExactIf(visitor, not (first_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC'))) as c1
from (select * from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))) as e
any left join (select visitor, min(session_started_at) as first_started_at from events
where site_id in {sites:Array(String)}
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and first_of <= 'stretch'
  and not is_bot group by visitor) as of_first using (visitor)
where first_of <= 'stretch'
  and not is_bot) as gathered;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": 7
-- }
select * from (select d0, ifNull(c0, 0) as m0, ifNull(c1, 0) as m1
from (select toString(toDate(stretch_at, {timezone:String}) - (toDayOfWeek(toDate(stretch_at, {timezone:String})) + 7 - {p0:UInt8}) % 7) as d0, uniqExactIf(visitor, (first_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and toDate(first_started_at, {timezone:String}) - (toDayOfWeek(toDate(first_started_at, {timezone:String})) + 7 - {p0:UInt8}) % 7 = toDate(stretch_at, {timezone:String}) - (toDayOfWeek(toDate(stretch_at, {timezone:String})) + 7 - {p0:UInt8}) % 7)) as c0, uniqExactIf(visitor, not (first_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and toDate(first_started_at, {timezone:String}) - (toDayOfWeek(toDate(first_started_at, {timezone:String})) + 7 - {p0:UInt8}) % 7 = toDate(stretch_at, {timezone:String}) - (toDayOfWeek(toDate(stretch_at, {timezone:String})) + 7 - {p0:UInt8}) % 7)) as c1
from (select * from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))) as e
any left join (select visitor, min(session_started_at) as first_started_at from events
where site_id in {sites:Array(String)}
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and first_of <= 'stretch'
  and not is_bot group by visitor) as of_first using (visitor)
where first_of <= 'stretch'
  and not is_bot
group by d0) as gathered)
order by d0 asc, toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc
limit 10001;

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
