import { hash } from 'node:crypto'
import { inTransaction, type Pool } from '../../database/postgres.ts'

/** What clients make up and reports group by. */
export type Kind = 'name' | 'property' | 'path'

/** How many different values a site may have on a day: 1 000, 500 and 50 000 with `(other)`. */
const MOST: Readonly<Record<Kind, number>> = { name: 999, property: 499, path: 49_999 }

/** Stands for every value beyond the limit. */
export const OTHER = '(other)'

const DAY_MS = 86_400_000

/**
 * Bounds how many different names, property keys and paths a site can make in
 * a UTC day, whatever it is sent: what is new beyond the limit becomes
 * `(other)`, so that totals stay exact. The values stand in PostgreSQL, so
 * that all collectors agree and a restart forgets nothing; each is asked for
 * once.
 */
export class Dictionary {
  readonly #pool: Pool
  readonly #most: Readonly<Record<Kind, number>>
  #day = 0
  #sites = new Map<string, SiteDay>()

  constructor(pool: Pool, most: Readonly<Record<Kind, number>> = MOST) {
    this.#pool = pool
    this.#most = most
  }

  /** The values of a site on the day of this time. */
  of(siteId: string, nowMs: number): SiteDay {
    const day = Math.floor(nowMs / DAY_MS)
    if (day !== this.#day) {
      this.#day = day
      this.#sites = new Map()
    }
    let site = this.#sites.get(siteId)
    if (!site) {
      const date = new Date(day * DAY_MS).toISOString().slice(0, 10)
      site = new SiteDay(this.#pool, this.#most, siteId, date)
      this.#sites.set(siteId, site)
    }
    return site
  }
}

interface Known {
  readonly values: Set<string>
  /** There is no room for more, and all of them are known here. */
  isFull: boolean
  /** What is asked of the database: one question at a time, or each would see the same room. */
  asking: Promise<void>
  /** The next question: what has come since the last one was put. */
  next: { readonly entries: Set<string>; readonly asked: Promise<void> } | undefined
}

const nothing = (): Known => ({
  values: new Set(),
  isFull: false,
  asking: Promise.resolve(),
  next: undefined,
})

/** The values of a site's day that are stored as they are. */
export class SiteDay {
  readonly #pool: Pool
  readonly #most: Readonly<Record<Kind, number>>
  readonly #siteId: string
  readonly #date: string
  readonly #known: Readonly<Record<Kind, Known>> = {
    name: nothing(),
    property: nothing(),
    path: nothing(),
  }

  constructor(pool: Pool, most: Readonly<Record<Kind, number>>, siteId: string, date: string) {
    this.#pool = pool
    this.#most = most
    this.#siteId = siteId
    this.#date = date
  }

  /** Whether a value has its place. */
  has(kind: Kind, value: string): boolean {
    return this.#known[kind].values.has(entryOf(kind, value))
  }

  /** Whether a value may get a place that it has not. */
  isNew(kind: Kind, value: string): boolean {
    return !this.#known[kind].isFull && !this.has(kind, value)
  }

  /** Gives the values their places, as long as there are any. Those that wait at the same time are one question. */
  async admit(kind: Kind, values: readonly string[]): Promise<void> {
    const known = this.#known[kind]
    if (!known.next) {
      const entries = new Set<string>()
      const asked = known.asking.then(() => {
        known.next = undefined
        return this.#ask(kind, entries, known)
      })
      known.next = { entries, asked }
      known.asking = asked.catch(() => {}) // who asked hears of it; the next asks again
    }
    for (const value of values) known.next.entries.add(entryOf(kind, value))
    await known.next.asked
  }

  async #ask(kind: Kind, entries: ReadonlySet<string>, known: Known): Promise<void> {
    const unknown = [...entries].filter((entry) => !known.values.has(entry))
    if (unknown.length === 0 || known.isFull) return
    await inTransaction(this.#pool, async (connection) => {
      const query = async (text: string, values: readonly unknown[]) =>
        (
          await connection.query<{ value: string; n: number }>(text, [
            this.#siteId,
            this.#date,
            kind,
            ...values,
          ])
        ).rows
      // The row of the size is the lock: collectors look for room one after the other.
      const [size] = await query(
        `/* dictionary size */ insert into dictionary_sizes as s (site_id, day, kind, n) values ($1, $2, $3, 0)
         on conflict (site_id, day, kind) do update set n = s.n returning n`,
        [],
      )
      const taken = size?.n ?? 0
      const added = await query(
        `/* dictionary */ insert into dictionary (site_id, day, kind, value)
         select $1, $2, $3, v from unnest($4::text[]) as v
         where not exists (select from dictionary d where (d.site_id, d.day, d.kind, d.value) = ($1, $2::date, $3, v))
         limit $5 returning value`,
        [unknown, Math.max(this.#most[kind] - taken, 0)],
      )
      await query(
        '/* dictionary grows */ update dictionary_sizes set n = n + $4 where (site_id, day, kind) = ($1, $2::date, $3)',
        [added.length],
      )
      const isFull = taken + added.length >= this.#most[kind]
      const present = await query(
        `/* dictionary present */ select value from dictionary
         where site_id = $1 and day = $2 and kind = $3 and ($4 or value = any($5::text[]))`,
        [isFull, unknown],
      )
      for (const { value } of present) known.values.add(value)
      known.isFull = isFull
    })
  }
}

/** A path may be longer than an index can hold: its hash stands for it. */
const entryOf = (kind: Kind, value: string) =>
  kind === 'path' && value.length > 64 ? hash('sha1', value).slice(0, 16) : value
