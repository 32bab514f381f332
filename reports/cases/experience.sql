-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791184200000,
--  "to": 1793577600000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "/docs"
--  ],
--  "p1": "seats",
--  "p2": 2,
--  "p3": 1791184500000
-- }
select * from (select d0, ifNull(c0, 0) as m0, ifNull(c1, 0) as m1, ifNull(c2, 0) as m2, round(100 * c3 / nullIf(c4, 0), 2) as m3, round(c5, 0) as m4
from (select d0, max(c0) as c0, max(c1) as c1, max(c2) as c2, max(c3) as c3, max(c4) as c4, max(c5) as c5
from (select browser as d0, countIf(event_type = 'js_error') as c0, countIf(event_type = 'rage_click') as c1, countIf(event_type = 'dead_click') as c2, countIf(event_type in ('js_error', 'rage_click', 'dead_click')) as c3, null as c4, quantileExactInclusiveOrNullIf(0.75)(toFloat64OrNull(properties['value']), event_type = 'web_vital' and properties['name'] = 'INP') as c5
from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and not (multiSearchAnyCaseInsensitiveUTF8(path, {p0:Array(String)}))
  and visitor in (select visitor from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and ifNull(toFloat64OrNull(properties[{p1:String}]) >= {p2:Float64}, 0))
group by d0
union all
select browser as d0, null as c0, null as c1, null as c2, null as c3, countIf(event_type = 'pageview') as c4, null as c5
from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and (first_of <= 'page' or occurred_at < fromUnixTimestamp64Milli({p3:Int64}, 'UTC'))
  and not is_bot
  and not (multiSearchAnyCaseInsensitiveUTF8(path, {p0:Array(String)}))
  and visitor in (select visitor from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and ifNull(toFloat64OrNull(properties[{p1:String}]) >= {p2:Float64}, 0))
group by d0)
group by d0) as gathered)
order by toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d0 asc
limit 10001;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791184200000,
--  "to": 1793577600000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "/docs"
--  ],
--  "p1": "seats",
--  "p2": 2,
--  "p3": 1791184500000
-- }
select ifNull(c0, 0) as m0, ifNull(c1, 0) as m1, ifNull(c2, 0) as m2, round(100 * c3 / nullIf(c4, 0), 2) as m3, round(c5, 0) as m4
from (select max(c0) as c0, max(c1) as c1, max(c2) as c2, max(c3) as c3, max(c4) as c4, max(c5) as c5
from (select countIf(event_type = 'js_error') as c0, countIf(event_type = 'rage_click') as c1, countIf(event_type = 'dead_click') as c2, countIf(event_type in ('js_error', 'rage_click', 'dead_click')) as c3, null as c4, quantileExactInclusiveOrNullIf(0.75)(toFloat64OrNull(properties['value']), event_type = 'web_vital' and properties['name'] = 'INP') as c5
from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and not (multiSearchAnyCaseInsensitiveUTF8(path, {p0:Array(String)}))
  and visitor in (select visitor from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and ifNull(toFloat64OrNull(properties[{p1:String}]) >= {p2:Float64}, 0))
union all
select null as c0, null as c1, null as c2, null as c3, countIf(event_type = 'pageview') as c4, null as c5
from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and (first_of <= 'page' or occurred_at < fromUnixTimestamp64Milli({p3:Int64}, 'UTC'))
  and not is_bot
  and not (multiSearchAnyCaseInsensitiveUTF8(path, {p0:Array(String)}))
  and visitor in (select visitor from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and ifNull(toFloat64OrNull(properties[{p1:String}]) >= {p2:Float64}, 0)))) as gathered;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791184200000,
--  "to": 1793577600000,
--  "timezone": "UTC",
--  "p0": 1791184500000
-- }
select distinct visitor_basis from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and (first_of <= 'stretch' or occurred_at < fromUnixTimestamp64Milli({p0:Int64}, 'UTC'))
  and not is_bot;
