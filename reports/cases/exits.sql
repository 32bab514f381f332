-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin"
-- }
select * from (select d0, ifNull(c0, 0) as m0, round(100 * ifNull(c0, 0) / nullIf(c1, 0), 1) as m1
from (select d0, count() as c0
from (
  select any(exit_page) as d0, countIf(event_type = 'pageview') as pageviews, max(is_engaging) as is_engaged, dateDiff('millisecond', min(occurred_at), max(occurred_at)) as duration_ms, sum(engaged_ms) as engaged_ms_of_visit, countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type) and properties['interactive'] != 'false') as acts, if(countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)) = 0, 0, dateDiff('millisecond', minIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)), maxIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)))) as acting_ms
  from (select * from events
where site_id in {sites:Array(String)}
  and session_stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and session_stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour)) as e
any left join (select session, argMaxIf(path, (occurred_at, toUInt128(event_id)), event_type = 'pageview') as exit_page from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') - interval 25 hour
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour group by session) as of_exit using (session)
where not is_bot
  group by session
)
where d0 != ''
group by d0) as gathered
any left join (select path as d0, countIf(event_type = 'pageview') as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and path != ''
group by d0) as of_pages using (d0))
order by toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d0 asc
limit 10001;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin"
-- }
select ifNull(c0, 0) as m0, round(100 * ifNull(c0, 0) / nullIf(c1, 0), 1) as m1
from (select count() as c0
from (
  select any(exit_page) as d0, countIf(event_type = 'pageview') as pageviews, max(is_engaging) as is_engaged, dateDiff('millisecond', min(occurred_at), max(occurred_at)) as duration_ms, sum(engaged_ms) as engaged_ms_of_visit, countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type) and properties['interactive'] != 'false') as acts, if(countIf(not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)) = 0, 0, dateDiff('millisecond', minIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)), maxIf(occurred_at, not has(['engagement', 'scroll', 'click', 'rage_click', 'dead_click', 'form_load', 'form_view', 'form_touch', 'form_start', 'form_submit', 'form_invalid', 'form_abandon', 'text_select', 'text_copy', 'page_visibility', 'web_vital', 'js_error', 'identify'], event_type)))) as acting_ms
  from (select * from events
where site_id in {sites:Array(String)}
  and session_stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and session_stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour)) as e
any left join (select session, argMaxIf(path, (occurred_at, toUInt128(event_id)), event_type = 'pageview') as exit_page from events
where site_id in {sites:Array(String)}
  and occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') - interval 25 hour
  and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') + interval 25 hour group by session) as of_exit using (session)
where not is_bot
  group by session
)
where d0 != '') as gathered
cross join (select countIf(event_type = 'pageview') as c1
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and first_of <= 'page'
  and not is_bot
  and path != '') as of_pages;

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
