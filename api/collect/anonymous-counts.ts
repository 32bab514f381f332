import type { Pool } from '../../database/postgres.ts'

const WRITES_EVERY_MS = 1_000

/** Why an event was not stored, though it is well: the visitor said no, in one of three ways. */
export type Objection = 'gpc' | 'dnt' | 'consent'

/**
 * Counts what is not stored because visitors have objected: numbers without
 * anything of who or what. Written once a second; a crash may lose the last
 * second of them, as they were promised to nobody.
 */
export class AnonymousCounts {
  readonly #pool: Pool
  #counts = new Map<
    string,
    { site: string; day: string; reason: string; views: number; all: number }
  >()
  readonly #timer: NodeJS.Timeout

  constructor(pool: Pool) {
    this.#pool = pool
    this.#timer = setInterval(() => void this.write(), WRITES_EVERY_MS)
    this.#timer.unref()
  }

  add(siteId: string, reason: Objection, isPageview: boolean, nowMs: number): void {
    const day = new Date(nowMs).toISOString().slice(0, 10)
    const key = `${siteId} ${day} ${reason}`
    const count = this.#counts.get(key) ?? { site: siteId, day, reason, views: 0, all: 0 }
    count.all++
    if (isPageview) count.views++
    this.#counts.set(key, count)
  }

  /** Writes what has gathered; keeps it for the next time when the database is away. */
  async write(): Promise<void> {
    const written = [...this.#counts.values()].sort((a, b) => (a.site < b.site ? -1 : 1))
    if (written.length === 0) return
    this.#counts = new Map()
    try {
      await this.#pool.query(
        `/* anonymous counts */
         insert into anonymous_counts as c (site_id, day, reason, pageviews, events)
         select * from unnest($1::text[], $2::date[], $3::text[], $4::bigint[], $5::bigint[])
         on conflict (site_id, day, reason)
         do update set pageviews = c.pageviews + excluded.pageviews, events = c.events + excluded.events`,
        [
          written.map(({ site }) => site),
          written.map(({ day }) => day),
          written.map(({ reason }) => reason),
          written.map(({ views }) => views),
          written.map(({ all }) => all),
        ],
      )
    } catch {
      for (const count of written) {
        const key = `${count.site} ${count.day} ${count.reason}`
        const newer = this.#counts.get(key)
        this.#counts.set(key, {
          ...count,
          views: count.views + (newer?.views ?? 0),
          all: count.all + (newer?.all ?? 0),
        })
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.write()
  }
}
