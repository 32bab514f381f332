import { beforeAll } from 'vitest'
import { type Served, serveReports } from './served.fixture.ts'

/** The time that the served API has. */
const NOW = Date.parse('2021-01-08T12:00:00Z')
let served: Served
let key: string
let lastSite = 0

/** Serves Plausible's API to this test file, over databases of its own. */
export function servePlausible(): void {
  beforeAll(async () => {
    served = await serveReports(NOW)
    key = await served.key('read')
    return () => served.app.close()
  })
}

export interface Event {
  readonly at: string
  readonly user?: number
  readonly name?: string
  readonly [column: string]: unknown
}

let lastUser = 1_000

/** A site with these events: visits are by user, all within half an hour. */
export async function siteWith(
  events: readonly Event[],
  { timezone = 'UTC' } = {},
): Promise<string> {
  lastSite += 1
  const site = `site-${lastSite}-example`
  await served.pool.query('insert into sites (site_id, name, timezone) values ($1, $1, $2)', [
    site,
    timezone,
  ])
  const rows = events.map(({ at, user = ++lastUser, name = 'pageview', ...columns }, index) => {
    const of = events.filter((each) => each.user === user && each.user !== undefined)
    const first = of.length > 0 ? of.toSorted((a, b) => (a.at < b.at ? -1 : 1))[0] : undefined
    return {
      path: '/',
      host: 'example.com',
      source: 'Direct / None',
      ...pick(first ?? {}, [
        'source',
        'medium',
        'campaign',
        'browser',
        'device',
        'country',
        'os',
        'channel',
      ]),
      ...columns,
      entry_page: (first ?? columns).path ?? '/',
      site_id: site,
      occurred_at: at,
      visitor: user,
      visitor_basis: 'persistent_id',
      session: user,
      session_started_at: first?.at ?? at,
      event_id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
      event_type: name,
    }
  })
  await served.clickhouse.insert({ table: 'events', values: rows, format: 'JSONEachRow' })
  return site
}

const pick = (from: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(
    names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])),
  )

/** Gives a site a goal. */
export const goal = (
  site: string,
  name: string,
  definition: object,
  currency: string | null = null,
) =>
  served.pool.query(
    'insert into goals (site_id, name, definition, currency) values ($1, $2, $3, $4)',
    [site, name, definition, currency],
  )

/** Asks the second API. */
export async function query(site: string, body: object) {
  const answered = await served.app.inject({
    method: 'POST',
    url: '/api/v2/query',
    headers: { authorization: `Bearer ${key}` },
    payload: { site_id: site, date_range: 'all', metrics: ['visitors'], ...body },
  })
  return { status: answered.statusCode, ...answered.json() }
}

/** Asks the first API. */
export async function get(path: string, params: Record<string, string>) {
  const answered = await served.app.inject({
    url: `/api/v1/stats/${path}`,
    query: params,
    headers: { authorization: `Bearer ${key}` },
  })
  return { status: answered.statusCode, body: answered.json() }
}

export const at = (time: string, day = '2021-01-01') => `${day} ${time}`

/** A request with another key, or none. */
export async function queryWith(authorization: string | undefined, site_id: string | undefined) {
  const answered = await served.app.inject({
    method: 'POST',
    url: '/api/v2/query',
    ...(authorization !== undefined && {
      headers: { authorization: authorization || `Bearer ${key}` },
    }),
    payload: { site_id, metrics: ['visitors'], date_range: 'day' },
  })
  return [answered.statusCode, answered.json()]
}

/** Gives a site a segment; its number. */
export async function segment(site: string, filters: readonly unknown[]): Promise<number> {
  const { rows } = await served.pool.query<{ id: number }>(
    `insert into segments (site_id, name, filters) values ($1, 'Segment', $2) returning segment_id::integer as id`,
    [site, JSON.stringify(filters)],
  )
  return rows[0]?.id ?? 0
}
