-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1789855200000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": 7,
--  "p1": [
--   "323032362d30392d3230",
--   "323032362d30392d3237",
--   "323032362d31302d3034",
--   "323032362d31302d3138"
--  ]
-- }
select d0 as k0, c2 as n from (select toString(toDate(stretch_at, {timezone:String}) - (toDayOfWeek(toDate(stretch_at, {timezone:String})) + 7 - {p0:UInt8}) % 7) as d0, uniqExact(visitor) as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot
group by d0) where has({p1:Array(String)}, concat(lower(hex(d0)), ''));

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1789855200000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": 7,
--  "p1": [
--   "Visit /docs**"
--  ],
--  "p2": [
--   "pageview"
--  ],
--  "p3": "^/docs.*$",
--  "p4": [
--   "Signup"
--  ]
-- }
select * from (select d0, d1, ifNull(c0, 0) as m0, round(100 * c1 / nullIf(c2, 0), 1) as m1
from (select toString(toDate(stretch_at, {timezone:String}) - (toDayOfWeek(toDate(stretch_at, {timezone:String})) + 7 - {p0:UInt8}) % 7) as d0, arrayJoin(arrayFilter((name, is_reached) -> is_reached, {p1:Array(String)}, [((event_type in {p2:Array(String)}) and (match(path, {p3:String})))])) as d1, countIf(event_type = 'pageview') as c0, uniqExact(visitor) as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and not ((((event_type in {p4:Array(String)}))))
  and (((event_type in {p2:Array(String)}) and (match(path, {p3:String}))))
group by d0, d1) as gathered
any left join (select toString(toDate(stretch_at, {timezone:String}) - (toDayOfWeek(toDate(stretch_at, {timezone:String})) + 7 - {p0:UInt8}) % 7) as d0, uniqExact(visitor) as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot
group by d0) as of_base using (d0))
order by d0 asc, toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d1 asc
limit 10001;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1789855200000,
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
select ifNull(c0, 0) as m0, round(100 * c1 / nullIf(c2, 0), 1) as m1
from (select countIf(event_type = 'pageview') as c0, uniqExact(visitor) as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and not ((((event_type in {p0:Array(String)}))))
  and (((event_type in {p1:Array(String)}) and (match(path, {p2:String}))))) as gathered
cross join (select uniqExact(visitor) as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot) as of_base;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1789855200000,
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
