import { type Listening, listen } from '../../database/listen.ts'
import type { Pool } from '../../database/postgres.ts'
import { inNetworks, isNetwork } from './networks.ts'

/** What the collector has to know of a site. */
export interface SiteRules {
  readonly status: 'active' | 'paused' | 'deleted'
  /** Empty: any. */
  readonly allowedHosts: readonly string[]
  readonly excludesAddress: (address: string) => boolean
  readonly excludedCountries: ReadonlySet<string>
  readonly excludedHosts: readonly string[]
  readonly excludedPaths: readonly RegExp[]
}

interface SiteRow {
  readonly site_id: string
  readonly status: SiteRules['status']
  readonly allowed_hosts: string[]
  readonly exclude: {
    readonly addresses?: string[]
    readonly countries?: string[]
    readonly hosts?: string[]
    readonly paths?: string[]
  }
}

const REFRESHES_MS = 60_000 // in case a notification was missed while the connection was away
const SETTLES_MS = 50
const MOST_UNKNOWN = 10_000
const ASKS_AGAIN_MS = 5_000

/**
 * The sites, in memory: read once, again when PostgreSQL tells that they have
 * changed, and every minute. While PostgreSQL is away the last answer holds.
 */
export class SiteRegistry {
  readonly #pool: Pool
  readonly #createUnknown: boolean
  readonly #now: () => number
  #sites = new Map<string, SiteRules>()
  /** Ids that are no site, with the time at which to ask again: a flood of them must not reach the database. */
  readonly #unknown = new Map<string, number>()
  #loaded: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #listening: Listening | undefined

  /** `createUnknown`: in development a first event makes its site. */
  constructor(pool: Pool, options: { createUnknown: boolean; now: () => number }) {
    this.#pool = pool
    this.#createUnknown = options.createUnknown
    this.#now = options.now
  }

  /** The rules of a site, at once when they are known; undefined when there is none of that id. */
  rulesOf(siteId: string): SiteRules | Promise<SiteRules | undefined> {
    return this.#sites.get(siteId) ?? this.#find(siteId)
  }

  async #find(siteId: string): Promise<SiteRules | undefined> {
    this.#loaded ??= this.#load().catch((error) => {
      this.#loaded = undefined // the next request asks again
      throw error
    })
    await this.#loaded
    const known = this.#sites.get(siteId)
    if (known || (this.#unknown.get(siteId) ?? 0) > this.#now()) return known
    if (this.#createUnknown)
      await this.#pool.query(
        'insert into sites (site_id, name) values ($1, $1) on conflict do nothing',
        [siteId],
      )
    // It may have been made a moment ago, before the notification came.
    const [row] = await this.#read(siteId)
    if (row) {
      this.#sites.set(siteId, rulesFrom(row))
      return this.#sites.get(siteId)
    }
    if (this.#unknown.size >= MOST_UNKNOWN) this.#unknown.clear()
    this.#unknown.set(siteId, this.#now() + ASKS_AGAIN_MS)
    return undefined
  }

  /** Keeps the rules fresh until it is closed. */
  watch(): void {
    this.#timer = setInterval(() => this.#refresh(), REFRESHES_MS)
    this.#timer.unref()
    this.#listening = listen(this.#pool, 'sites_changed', {
      notification: () => this.#refresh(),
      gap: () => this.#refresh(),
      error: () => {}, // it connects again, and the timer refreshes meanwhile
    })
    this.#listening.ready.catch(() => {})
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    this.#listening?.stop()
  }

  /** Soon, so that many changes at once are read once. */
  #refresh(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#load().catch(() => {}) // the last answer holds
    }, SETTLES_MS)
    this.#soon.unref()
  }

  async #load(): Promise<void> {
    const rows = await this.#read()
    this.#sites = new Map(rows.map((row) => [row.site_id, rulesFrom(row)]))
    for (const { site_id } of rows) this.#unknown.delete(site_id)
  }

  /** The row of a site, or all of them. */
  async #read(siteId?: string): Promise<SiteRow[]> {
    const { rows } = await this.#pool.query<SiteRow>(
      `/* sites of the collector */ select site_id, status, allowed_hosts, exclude from sites
       where $1::text is null or site_id = $1`,
      [siteId ?? null],
    )
    return rows
  }
}

/** The rules that a row of `sites` says. */
export function rulesFrom({ status, allowed_hosts, exclude }: SiteRow): SiteRules {
  return {
    status,
    allowedHosts: allowed_hosts.map((host) => host.toLowerCase()),
    // A wrong one is refused where it is set; it is never a reason to stop collecting.
    excludesAddress: inNetworks((exclude.addresses ?? []).filter(isNetwork)),
    excludedCountries: new Set(exclude.countries?.map((code) => code.toUpperCase())),
    excludedHosts: exclude.hosts?.map((host) => host.toLowerCase()) ?? [],
    excludedPaths: exclude.paths?.map(pathPattern) ?? [],
  }
}

/** `*` stands for anything; everything else for itself. */
const pathPattern = (pattern: string) =>
  new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`)
