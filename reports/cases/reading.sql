-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "/docs"
--  ]
-- }
select * from (select d0, round(c0, 1) as m0, round(c1 / 1000, 1) as m1
from (select d0, avgOrNullIf(depth, is_measured and not is_short) as c0, quantileExactInclusiveOrNullIf(0.5)(seen_ms, is_measured) as c1
from (
  select anyIf(path, event_type = 'pageview' and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')) as d0, max(scroll_depth) as depth, max(fits_window) as is_short, sum(visible_ms) as seen_ms, any(session) as of_session, countIf(event_type = 'engagement') > 0 as is_measured
  from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour
  and not is_bot
  and view != 0
  and event_type in ('pageview', 'engagement')
  group by view
  having countIf(event_type = 'pageview' and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') and (arrayExists(v -> startsWith(path, v), {p0:Array(String)}))) > 0
)
where d0 != ''
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
--   "/docs"
--  ]
-- }
select round(c0, 1) as m0, round(c1 / 1000, 1) as m1
from (select avgOrNullIf(depth, is_measured and not is_short) as c0, quantileExactInclusiveOrNullIf(0.5)(seen_ms, is_measured) as c1
from (
  select anyIf(path, event_type = 'pageview' and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')) as d0, max(scroll_depth) as depth, max(fits_window) as is_short, sum(visible_ms) as seen_ms, any(session) as of_session, countIf(event_type = 'engagement') > 0 as is_measured
  from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour
  and not is_bot
  and view != 0
  and event_type in ('pageview', 'engagement')
  group by view
  having countIf(event_type = 'pageview' and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') and (arrayExists(v -> startsWith(path, v), {p0:Array(String)}))) > 0
)
where d0 != '') as gathered;

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
