import { createHmac, randomBytes } from 'node:crypto'
import type { Pool } from '../../database/postgres.ts'
import { networkOf } from './networks.ts'

/**
 * Visitors without an id: a keyed hash of the address's network and the user
 * agent, with a random salt per UTC day. The address goes no further.
 */
export class DailyVisitor {
  readonly #pool: Pool
  readonly #salts = new Map<string, Promise<Buffer>>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async idOf(siteId: string, address: string, userAgent: string, nowMs: number): Promise<string> {
    const salt = await this.#saltOf(new Date(nowMs).toISOString().slice(0, 10))
    return createHmac('sha256', salt)
      .update(`${siteId}\n${networkOf(address, 48)}\n${userAgent.slice(0, 512)}`)
      .digest('hex')
      .slice(0, 16)
  }

  #saltOf(day: string): Promise<Buffer> {
    const known = this.#salts.get(day)
    if (known) return known
    this.#salts.clear()
    const salt = this.#readOrMake(day)
    this.#salts.set(day, salt)
    // A failed read is asked again by the next request.
    salt.catch(() => this.#salts.delete(day))
    return salt
  }

  async #readOrMake(day: string): Promise<Buffer> {
    await this.#pool.query(
      'insert into visitor_salts (day, salt) values ($1, $2) on conflict do nothing',
      [day, randomBytes(32)],
    )
    const { rows } = await this.#pool.query<{ salt: Buffer }>(
      'select salt from visitor_salts where day = $1',
      [day],
    )
    const row = rows[0]
    if (!row) throw new Error('the salt of the day is missing')
    return row.salt
  }
}
