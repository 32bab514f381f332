-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "pageview"
--  ]
-- }
select * from (select d0, c0 as m0, round(c1, 4) as m1, ifNull(c2, 0) as m2
from (select event_type as d0, if(uniqExactIf(currency, currency != '') <= 1, toFloat64(sum(revenue)), null) as c0, if(uniqExactIf(currency, currency != '') <= 1, toFloat64(sum(revenue)) / nullIf(countIf(currency != ''), 0), null) as c1, count() as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and not is_bot
  and not ((event_type in {p0:Array(String)}))
  and event_type != ''
group by d0) as gathered)
order by toFloat64(isNull(m0)) asc, toFloat64(ifNull(m0, 0)) desc, d0 asc
limit 3;

-- {
--  "sites": [
--   "cases-example"
--  ],
--  "from": 1791064800000,
--  "to": 1793660400000,
--  "timezone": "Europe/Berlin",
--  "p0": [
--   "pageview"
--  ]
-- }
select c0 as m0, round(c1, 4) as m1, ifNull(c2, 0) as m2
from (select if(uniqExactIf(currency, currency != '') <= 1, toFloat64(sum(revenue)), null) as c0, if(uniqExactIf(currency, currency != '') <= 1, toFloat64(sum(revenue)) / nullIf(countIf(currency != ''), 0), null) as c1, count() as c2
from events
where site_id in {sites:Array(String)}
  and stretch_at >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  and stretch_at < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
  and indexHint(occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') and occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
  and not is_bot
  and not ((event_type in {p0:Array(String)}))
  and event_type != '') as gathered;

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
