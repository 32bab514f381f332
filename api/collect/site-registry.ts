import type { Pool } from '../../database/postgres.ts'

/** Which sites may be collected for. Known sites are kept in memory. */
export class SiteRegistry {
  readonly #pool: Pool
  readonly #createUnknown: boolean
  readonly #known = new Set<string>()

  /** `createUnknown`: in development a first event makes its site. */
  constructor(pool: Pool, createUnknown: boolean) {
    this.#pool = pool
    this.#createUnknown = createUnknown
  }

  async accepts(siteId: string): Promise<boolean> {
    if (this.#known.has(siteId)) return true
    if (this.#createUnknown) {
      await this.#pool.query(
        'insert into sites (site_id, name) values ($1, $1) on conflict do nothing',
        [siteId],
      )
    }
    const { rowCount } = await this.#pool.query('select 1 from sites where site_id = $1', [siteId])
    if (rowCount !== 1) return false
    this.#known.add(siteId)
    return true
  }
}
