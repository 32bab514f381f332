import { setTimeout } from 'node:timers/promises'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'

const BLOCK_VISITS = 200_000
/** More are copies of these, of other visitors: to draw an event takes ten times as long as to copy it. */
const MOST_DRAWN = 10_000_000
export const EVENTS_PER_VISIT = 5

const PREFIX = 'bench-'
/** The name of a site by its place: the first has the most events. */
export const siteOf = (rank: number) => PREFIX + rank

/**
 * Fills `events` with about `events` events over `days` days before `until`, of
 * `sites` sites: five to a visit in the mean, a third of them page views. Sites,
 * pages, sources, places and devices are skewed as in life: few have most.
 */
export async function generate(
  clickhouse: ClickHouse,
  { sites, events, days, until }: { sites: number; events: number; days: number; until: Date },
): Promise<number> {
  const visits = Math.round(Math.min(events, MOST_DRAWN) / EVENTS_PER_VISIT)
  for (let from = 0; from < visits; from += BLOCK_VISITS) {
    await clickhouse.command({
      query: INSERT,
      query_params: {
        sites,
        from,
        count: Math.min(BLOCK_VISITS, visits - from),
        visitors: Math.round(visits * 0.6),
        days,
        until: until.getTime(),
      },
    })
  }
  if (events > MOST_DRAWN) {
    await clickhouse.command({ query: 'system stop merges events' })
    for (let copy = 1; copy < events / MOST_DRAWN; copy++)
      await clickhouse.command({ query: COPY, query_params: { copy } })
    await clickhouse.command({ query: 'system start merges events' })
    await merged(clickhouse)
  }
  await clickhouse.command({
    query: 'optimize table events final settings optimize_skip_merged_partitions = 1',
  })
  const [row] = await selectRows<{ n: number }>(clickhouse, 'select count() as n from events')
  return row?.n ?? 0
}

/** Waits until the engine has nothing more to merge by itself, which it does with all cores. */
async function merged(clickhouse: ClickHouse): Promise<void> {
  for (let quiet = 0; quiet < 10; quiet++) {
    await setTimeout(1_000)
    const [row] = await selectRows<{ n: number }>(
      clickhouse,
      'select count() as n from system.merges',
    )
    if ((row?.n ?? 0) > 0) quiet = 0
  }
}

/** A number of 0 to 1 of the visit, another for each salt. */
const chance = (salt: number) => `(cityHash64(visit, ${salt}) % 1000003 / 1000003)`
/** One of `count`, the first the most often. */
const skewed = (salt: number, count: number, power = 3) =>
  `toUInt32(pow(${chance(salt)}, ${power}) * ${count})`
const oneOf = (salt: number, names: readonly string[], power = 3) =>
  `[${names.map((name) => `'${name}'`).join(', ')}][1 + ${skewed(salt, names.length, power)}]`

const COPY = `
insert into events
select * replace (cityHash64(visitor, {copy:UInt32}) as visitor, cityHash64(session, {copy:UInt32}) as session,
  cityHash64(view, {copy:UInt32}) as view, generateUUIDv4() as event_id, {copy:UInt32} as outbox_id)
from (select * from events where outbox_id = 0)
settings min_insert_block_size_rows = 4000000, min_insert_block_size_bytes = 0, max_insert_threads = 1, max_threads = 1`

const INSERT = `
insert into events (site_id, occurred_at, visitor, visitor_basis, session, session_started_at, event_id,
  event_type, is_bot, is_engaging, view, host, path, title, referrer, source, medium, campaign, content,
  term, channel, entry_page, country, region, city, language, browser, browser_version, os, os_version,
  device, viewport_class, bot_name, bot_kind, visible_ms, engaged_ms, attention_ms, scroll_depth,
  fits_window, revenue, currency, properties, outbox_id, first_of, prolongs_ms, ends_bounce)
with
  number + {from:UInt64} as visit,
  cityHash64(${skewed(1, 1_000_000, 1.5)} * {visitors:UInt64} / 1000000 + visit % 7) as visitor_hash,
  fromUnixTimestamp64Milli(toInt64({until:Int64} - toInt64(pow(${chance(2)}, 1.1) * {days:UInt32} * 86400) * 1000), 'UTC') as started,
  1 + toUInt8(least(-ln(1 - ${chance(3)}) * 1.2, 15)) as views,
  arrayJoin(range(0, toUInt32(views * 3))) as step,
  toUInt32(step / 3) as view_number,
  step % 3 as part,
  (n -> concat('/', ['', 'articles/', 'products/', 'help/', 'about/'][1 + cityHash64(n) % 5], toString(n))) as page,
  toUInt32(pow(cityHash64(visit, view_number, 4) % 1000003 / 1000003, 4) * 5000) as page_number,
  toUInt32(pow(cityHash64(visit, 0, 4) % 1000003 / 1000003, 4) * 5000) as entry_number,
  toUInt32(cityHash64(visit, view_number, 5) % 60000) as seen_ms,
  cityHash64(visit, 0, 5) % 60000 > 10000 as is_read,
  started + toIntervalSecond(view_number * 45 + part * 12) as at,
  multiIf(step = 0, 0, part = 0, 21, 12) as prolongs
select
  concat('${PREFIX}', toString(toUInt32(pow(${chance(30)}, 4) * {sites:UInt32}))), at, visitor_hash, 'persistent_id',
  cityHash64(visit, 'session'), started, generateUUIDv4(step),
  multiIf(part = 0, 'pageview', part = 1, 'engagement', ['scroll', 'click', 'web_vital', 'outbound_link', 'signup'][1 + toUInt32(pow(cityHash64(visit, step, 6) % 1000003 / 1000003, 1.5) * 5)]) as type,
  ${chance(7)} < 0.02, part = 1 and seen_ms > 10000, cityHash64(visit, view_number), 'www.example.com',
  page(page_number), if(part = 0, concat('Page ', toString(page_number)), ''),
  if(${chance(8)} < 0.4, '', concat('https://r', toString(${skewed(8, 300)}), '.example/')),
  if(${chance(8)} < 0.4, 'Direct / None', ${oneOf(9, ['Google', 'Facebook', 'Bing', 'Reddit', 'newsletter', 'Hacker News', 'DuckDuckGo', 'LinkedIn', 'X', 'ChatGPT'])}),
  if(${chance(10)} < 0.7, '', ${oneOf(11, ['cpc', 'email', 'social', 'affiliate'])}),
  if(${chance(10)} < 0.7, '', concat('campaign-', toString(${skewed(12, 40)}))), '', '',
  ${oneOf(13, ['Direct', 'Organic Search', 'Referral', 'Organic Social', 'Email', 'Paid Search', 'AI Assistants'], 2)},
  page(entry_number),
  ${oneOf(14, ['DE', 'US', 'GB', 'FR', 'IN', 'NL', 'ES', 'IT', 'PL', 'BR', 'SE', 'JP', 'CA', 'AU', 'CH'], 2)},
  concat('region-', toString(${skewed(14, 120, 2)})), concat('city-', toString(${skewed(14, 3000, 2)})),
  ${oneOf(15, ['de', 'en', 'fr', 'es', 'nl', 'pt', 'pl'])},
  ${oneOf(16, ['Chrome', 'Safari', 'Firefox', 'Edge', 'Samsung Internet', 'Opera'], 2)}, toString(140 - ${skewed(17, 20)}),
  ${oneOf(18, ['Windows', 'iOS', 'Android', 'macOS', 'Linux'], 1.3)}, toString(18 - ${skewed(19, 8)}),
  ${oneOf(20, ['desktop', 'mobile', 'tablet'], 1.5)}, ${oneOf(20, ['xl', 'sm', 'md'], 1.5)}, '', '',
  if(part = 1, seen_ms, 0), if(part = 1, toUInt32(seen_ms * 0.7), 0), [], if(part = 1, cityHash64(visit, step, 21) % 101, 0),
  part = 1 and cityHash64(visit, step, 22) % 20 = 0,
  if(type = 'signup', 49, 0), if(type = 'signup', 'EUR', ''),
  if(type = 'web_vital', map('name', 'LCP', 'value', toString(800 + cityHash64(visit, step) % 4000), 'rating', 'good'), map()), 0,
  multiIf(step = 0, 'visit', intDiv(toUnixTimestamp(at), 900) != intDiv(toUnixTimestamp(at - prolongs), 900), 'stretch', part = 0, 'page', 'nothing'),
  prolongs * 1000, (step = 1 and is_read) or (step = 3 and not is_read)
from numbers({count:UInt64})`
