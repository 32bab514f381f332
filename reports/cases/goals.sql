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
--  "p1": [
--   "pageview"
--  ],
--  "p2": "^/docs.*$"
-- }
select ifNull(c0, 0) as m0, ifNull(c1, 0) as m1, round(100 * c0 / nullIf(c2, 0), 1) as m2, round(100 * c0 / nullIf(c3, 0), 1) as m3
from (select uniqExact(visitor) as c0, count() as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and not is_bot
  and (((event_type in {p0:Array(String)})) or ((event_type in {p1:Array(String)}) and (match(path, {p2:String}))))) as gathered
cross join (select uniqExact(visitor) as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot) as of_base
cross join (select uniqExact(visitor) as c3
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot) as of_group;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "Signup",
--   "Visit /docs**"
--  ],
--  "p1": [
--   "Signup"
--  ],
--  "p2": [
--   "pageview"
--  ],
--  "p3": "^/docs.*$"
-- }
select * from (select d0, d1, ifNull(c0, 0) as m0, ifNull(c1, 0) as m1, round(100 * c0 / nullIf(c2, 0), 1) as m2, round(100 * c0 / nullIf(c3, 0), 1) as m3
from (select arrayJoin(arrayFilter((name, is_reached) -> is_reached, {p0:Array(String)}, [((event_type in {p1:Array(String)})), ((event_type in {p2:Array(String)}) and (match(path, {p3:String})))])) as d0, browser as d1, uniqExact(visitor) as c0, count() as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and not is_bot
  and (((event_type in {p1:Array(String)})) or ((event_type in {p2:Array(String)}) and (match(path, {p3:String}))))
group by d0, d1) as gathered
cross join (select uniqExact(visitor) as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot) as of_base
any left join (select browser as d1, uniqExact(visitor) as c3
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot
group by d1) as of_group using (d1))
order by toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d0 asc, d1 asc
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
