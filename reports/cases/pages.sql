-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1793055600000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin"
-- }
select * from (select d0, ifNull(c0, 0) as m0, round(100 * c1 / nullIf(c2, 0), 1) as m1
from (select d0, max(c0) as c0, max(c1) as c1, max(c2) as c2
from (select path as d0, uniqExact(visitor) as c0, null as c1, null as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and path != ''
group by d0
union all
select entry_page as d0, null as c0, countIf(first_of = 'visit') - countIf(ends_bounce) as c1, countIf(first_of = 'visit') as c2
from events
where site_id in {sites:Array(String)}
  and session_stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and session_stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour)
  and not is_bot
  and entry_page != ''
group by d0)
group by d0) as gathered)
order by toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d0 asc
limit 4;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1793055600000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin"
-- }
select ifNull(c0, 0) as m0, round(100 * c1 / nullIf(c2, 0), 1) as m1
from (select max(c0) as c0, max(c1) as c1, max(c2) as c2
from (select uniqExact(visitor) as c0, null as c1, null as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and path != ''
union all
select null as c0, countIf(first_of = 'visit') - countIf(ends_bounce) as c1, countIf(first_of = 'visit') as c2
from events
where site_id in {sites:Array(String)}
  and session_stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and session_stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour)
  and not is_bot
  and entry_page != '')) as gathered;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1793055600000,
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
