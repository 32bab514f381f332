-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1788472800000,
--  "to": 1791064800000,
--  "timezone": "Europe/Berlin"
-- }
select ifNull(c0, 0) as m0, ifNull(c1, 0) as m1, ifNull(c2, 0) as m2, round(c2 / nullIf(c1, 0), 2) as m3, round(100 * c3 / nullIf(c4, 0), 1) as m4, round(c5 / 1000, 1) as m5
from (select max(c0) as c0, max(c1) as c1, max(c2) as c2, max(c3) as c3, max(c4) as c4, max(c5) as c5
from (select uniqExact(visitor) as c0, countIf(first_of = 'visit') as c1, null as c2, null as c3, null as c4, null as c5
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot
union all
select null as c0, null as c1, countIf(event_type = 'pageview') as c2, null as c3, null as c4, null as c5
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
union all
select null as c0, null as c1, null as c2, countIf(first_of = 'visit') - countIf(ends_bounce) as c3, countIf(first_of = 'visit') as c4, sum(prolongs_ms) / nullIf(countIf(first_of = 'visit'), 0) as c5
from events
where site_id in {sites:Array(String)}
  and session_stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and session_stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour)
  and not is_bot)) as gathered;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin"
-- }
select ifNull(c0, 0) as m0, ifNull(c1, 0) as m1, ifNull(c2, 0) as m2, round(c2 / nullIf(c1, 0), 2) as m3, round(100 * c3 / nullIf(c4, 0), 1) as m4, round(c5 / 1000, 1) as m5
from (select max(c0) as c0, max(c1) as c1, max(c2) as c2, max(c3) as c3, max(c4) as c4, max(c5) as c5
from (select uniqExact(visitor) as c0, countIf(first_of = 'visit') as c1, null as c2, null as c3, null as c4, null as c5
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'stretch'
  and not is_bot
union all
select null as c0, null as c1, countIf(event_type = 'pageview') as c2, null as c3, null as c4, null as c5
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
union all
select null as c0, null as c1, null as c2, countIf(first_of = 'visit') - countIf(ends_bounce) as c3, countIf(first_of = 'visit') as c4, sum(prolongs_ms) / nullIf(countIf(first_of = 'visit'), 0) as c5
from events
where site_id in {sites:Array(String)}
  and session_stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and session_stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour)
  and not is_bot)) as gathered;

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
