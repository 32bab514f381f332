import type { Pool } from '../database/postgres.ts'
import { visitorHash } from './erasures.ts'
import { forgetAll } from './forget.ts'

/** What was erased, for who asked for it. It names nobody. */
export interface Receipt {
  readonly siteId: string
  /** SHA-256 of the site's id, a newline and the visitor's id; hexadecimal. */
  readonly visitorHash: string
  /** ISO 8601. Events that occurred, or came, until then are in no table; the visitor's later ones are new. */
  readonly erasedTo: string
  /** Events that were taken out, those that came too late among them. */
  readonly events: number
}

/**
 * Takes all of a visitor out of the record and what was made of it: the
 * processed tables, the daily metrics and ClickHouse. That they are to go is
 * written first, so that what comes late, is imported or restored goes too, and
 * the same call goes on where one was stopped.
 */
export async function eraseVisitor(
  pool: Pool,
  siteId: string,
  visitorId: string,
): Promise<Receipt> {
  const hash = visitorHash('$1::text', '$2::text')
  const { rows } = await pool.query<{ erased_to: Date }>(
    `insert into erasures (site_id, visitor_hash, erased_to)
     select site_id, ${hash}, now() from sites where site_id = $1
     on conflict (site_id, visitor_hash) do update set erased_to = excluded.erased_to, finished_at = null
     returning erased_to`,
    [siteId, visitorId],
  )
  if (!rows[0]) throw new Error(`The site ${siteId} is not registered.`)
  const events = await forgetAll(
    pool,
    siteId,
    'l.visitor_id = $2 and least(l.occurred_at, l.received_at) <= $3',
    [visitorId, rows[0].erased_to],
  )
  const { rows: done } = await pool.query<{ hash: string; erased_to: Date; events: number }>(
    `update erasures set events = events + $3, finished_at = now()
     where site_id = $1 and visitor_hash = ${hash}
     returning encode(visitor_hash, 'hex') as hash, erased_to, events`,
    [siteId, visitorId, events],
  )
  const [row] = done
  if (!row) throw new Error('The erasure was taken back meanwhile.')
  return {
    ...{ siteId, visitorHash: row.hash },
    ...{ erasedTo: row.erased_to.toISOString(), events: row.events },
  }
}
