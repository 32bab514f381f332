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
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and path != ''
group by d0
union all
select d0, null as c0, countIf(pageviews <= 1 and not is_engaged) as c1, count() as c2
from (
  select any(entry_page) as d0, countIf(event_type = 'pageview') as pageviews, max(is_engaging) as is_engaged, dateDiff('millisecond', min(occurred_at), max(occurred_at)) as duration_ms, sum(engaged_ms) as engaged_ms_of_visit, countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type) and properties['interactive'] != 'false') as acts, if(countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)) = 0, 0, dateDiff('millisecond', minIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)), maxIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)))) as acting_ms
  from events
where site_id in {sites:Array(String)}
  and session_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and session_started_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour
  and not is_bot
  group by session
)
where d0 != ''
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
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and not is_bot
  and path != ''
union all
select null as c0, countIf(pageviews <= 1 and not is_engaged) as c1, count() as c2
from (
  select any(entry_page) as d0, countIf(event_type = 'pageview') as pageviews, max(is_engaging) as is_engaged, dateDiff('millisecond', min(occurred_at), max(occurred_at)) as duration_ms, sum(engaged_ms) as engaged_ms_of_visit, countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type) and properties['interactive'] != 'false') as acts, if(countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)) = 0, 0, dateDiff('millisecond', minIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)), maxIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)))) as acting_ms
  from events
where site_id in {sites:Array(String)}
  and session_started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and session_started_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour
  and not is_bot
  group by session
)
where d0 != '')) as gathered;

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
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC');
