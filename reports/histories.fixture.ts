import type { ModelRow } from './model.fixture.ts'

/** A row with what it is the first of and adds to its visit, which follows from the others. */
interface HistoryRow extends ModelRow {
  readonly adds: {
    readonly first_of: string
    readonly prolongs_ms: number
    readonly ends_bounce: boolean
  }
}

/** A row of ClickHouse's `events`, as `JSONEachRow` takes it. */
export const insertable = (row: HistoryRow) => ({
  ...row.adds,
  site_id: row.site_id,
  occurred_at: new Date(row.at).toISOString().replace('T', ' ').slice(0, 23),
  visitor: row.visitor,
  visitor_basis: 'persistent_id',
  session: row.session,
  session_started_at: new Date(row.startedAt).toISOString().replace('T', ' ').slice(0, 23),
  event_id: row.id,
  event_type: row.type,
  is_bot: row.isBot,
  is_engaging: row.isEngaging,
  view: row.view,
  host: row.host,
  path: row.path,
  title: row.title,
  source: row.source,
  entry_page: row.entryPage,
  country: row.country,
  browser: row.browser,
  visible_ms: row.visibleMs,
  engaged_ms: row.engagedMs,
  scroll_depth: row.depth,
  fits_window: row.fitsWindow,
  revenue: String(row.revenue),
  currency: row.currency,
  properties: row.properties,
})

/** Draws whole numbers from 0 up to, not including, a limit: what is drawn follows from the seed alone. */
export function drawing(seed: number) {
  let state = seed * 2_654_435_761
  return (limit: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

export type Draw = ReturnType<typeof drawing>
export const oneOf = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)] as T // it has one

const TYPES = [
  ...[
    'pageview',
    'pageview',
    'pageview',
    'engagement',
    'engagement',
    'click',
    'Signup',
    'Purchase',
  ],
  ...['web_vital', 'js_error', 'rage_click', 'form_start', 'form_success'],
  ...['web_vital', 'dead_click', 'file_download', 'outbound_link'],
]

/** Visits of a few people, some of them over midnight, some of bots, over three weeks before `now`. */
export function history(siteId: string, draw: Draw, now: number): HistoryRow[] {
  let id = 0
  return Array.from({ length: 4 + draw(14) }, (_, index) => index).flatMap(
    (visit): HistoryRow[] => {
      const startedAt = now - draw(21 * 24 * 60) * 60_000 - draw(60_000)
      const ofVisit = {
        site_id: siteId,
        visitor: String(1 + draw(5)),
        session: String(1_000 + visit),
        startedAt,
        isBot: draw(8) === 0,
        host: oneOf(draw, ['example.com', 'www.example.com']),
        source: oneOf(draw, ['Google', 'google', 'Direct / None', 'Bücher']),
        country: oneOf(draw, ['DE', 'US', '']),
        browser: oneOf(draw, ['Chrome', 'Firefox']),
      }
      let at = startedAt
      let view = 0
      let path = ''
      const types = Array.from({ length: 1 + draw(7) }, () => oneOf(draw, TYPES))
      const rows = types.map((type, index) => {
        if (index > 0) at += oneOf(draw, [0, 1_000, 60_000, 25 * 60_000])
        if (type === 'pageview') {
          view += 1
          path = oneOf(draw, ['/', '/docs', '/docs/a', '/blog/ü', '/Docs'])
        }
        const isEngagement = type === 'engagement'
        id += 1
        return {
          ...ofVisit,
          at,
          id: `00000000-0000-7000-8000-${String((id * 7919) % 1_000_003).padStart(12, '0')}`,
          type,
          isEngaging: type === 'click' || type === 'form_start' || (isEngagement && draw(2) === 0),
          view: view > 0 && (type === 'pageview' || isEngagement) ? `${visit + 1}${view}` : '0',
          path,
          title: type === 'pageview' ? `Title of ${path}` : '',
          visibleMs: isEngagement ? draw(90_000) : 0,
          engagedMs: isEngagement ? draw(60_000) : 0,
          depth: isEngagement ? draw(101) : 0,
          fitsWindow: isEngagement && draw(5) === 0,
          revenue: type === 'Purchase' ? draw(10_000) / 100 : 0,
          currency: type === 'Purchase' ? oneOf(draw, ['EUR', 'EUR', 'USD']) : '',
          properties: propertiesOf(type, draw),
        }
      })
      const entryPage = rows.find(({ type }) => type === 'pageview')?.path ?? ''
      // The order of equal times is that of the ids.
      return rows.map((row, index) => ({ ...row, entryPage, adds: addsOf(rows, index) }))
    },
  )
}

/** Some that are the first of nothing are called so, as the pipeline does with what comes late. */
function addsOf(
  rows: readonly Pick<ModelRow, 'at' | 'id' | 'type' | 'path' | 'isEngaging'>[],
  index: number,
) {
  const stretchOf = ({ at }: { at: number }) => Math.floor(at / (15 * 60_000))
  const row = rows[index] as (typeof rows)[number] // one of them
  const before = rows.slice(0, index)
  const near = before.filter((each) => stretchOf(each) === stretchOf(row))
  const isPage = row.type === 'pageview' || near.every(({ path }) => path !== row.path)
  const isCalled = near.length === 0 || Number(row.id.slice(-1)) < 2
  const isBounce = (some: typeof rows) =>
    some.filter(({ type }) => type === 'pageview').length <= 1 &&
    !some.some(({ isEngaging }) => isEngaging)
  return {
    first_of: index === 0 ? 'visit' : isCalled ? 'stretch' : isPage ? 'page' : 'nothing',
    prolongs_ms: row.at - (before.at(-1)?.at ?? row.at),
    ends_bounce: isBounce(before) && !isBounce([...before, row]),
  }
}

function propertiesOf(type: string, draw: Draw): Record<string, string> {
  switch (type) {
    case 'Signup':
      return draw(3) === 0 ? {} : { plan: oneOf(draw, ['free', 'pro']), seats: String(draw(20)) }
    case 'web_vital':
      return {
        name: oneOf(draw, ['LCP', 'INP', 'CLS', 'FCP', 'TTFB']),
        value: String(draw(5_000)),
        rating: oneOf(draw, ['good', 'needs-improvement', 'poor']),
      }
    case 'form_start':
    case 'form_success':
      return { form: oneOf(draw, ['contact', 'order']), field: oneOf(draw, ['name', 'city', '']) }
    case 'file_download':
    case 'outbound_link':
      return { url: oneOf(draw, ['https://a.example/x.pdf', 'https://b.example/']) }
    default:
      return {}
  }
}
