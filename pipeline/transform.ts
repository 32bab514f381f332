import { type Connection, inTransaction, type Pool } from '../database/postgres.ts'
import { type ClaimedEvent, claim } from './claim.ts'
import { countEvents } from './event-counts.ts'
import { process } from './process.ts'

/** What a step did. `busy`: another worker holds the lock. */
export type Outcome =
  | {
      readonly kind: 'processed'
      readonly events: number
      /** Why each was that was put aside. */
      readonly quarantined: readonly string[]
    }
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy' }

/** Claims, transforms, writes and checkpoints one batch in one transaction. */
export function transformBatch(pool: Pool): Promise<Outcome> {
  return inTransaction(pool, async (connection): Promise<Outcome> => {
    const events = await claim(connection)
    if (events === undefined) return { kind: 'busy' }
    if (events.length === 0) return { kind: 'idle' }
    await countEvents(connection, events)
    return {
      kind: 'processed',
      events: events.length,
      quarantined: await writeOrHalve(connection, events, 0, events.length),
    }
  })
}

/**
 * Writes the claimed events between two places of their order; when one of them
 * cannot be written, halves until it is alone. Answers why each was that was put aside.
 */
async function writeOrHalve(
  connection: Connection,
  claimed: readonly ClaimedEvent[],
  start: number,
  end: number,
): Promise<readonly string[]> {
  await connection.query('savepoint batch')
  try {
    await process(connection, claimed.slice(start, end), claimed.slice(end))
    await connection.query('release savepoint batch')
    return []
  } catch (error) {
    if (!isDataError(error)) throw error
    await connection.query('rollback to savepoint batch')
    const event = claimed[start]
    if (event && end - start === 1) {
      return [await quarantine(connection, event, error as Error)] // isDataError has seen that it is one
    }
    const middle = Math.ceil((start + end) / 2)
    const first = await writeOrHalve(connection, claimed, start, middle)
    return [...first, ...(await writeOrHalve(connection, claimed, middle, end))]
  }
}

/** The fault of a row: SQLSTATE 22 (data), 23 (integrity), 54 (limits), or our own code on strange input. */
function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code // any thrown value may carry one
  if (error instanceof TypeError || error instanceof RangeError) return true
  return typeof code === 'string' && /^(22|23|54)/.test(code)
}

async function quarantine(
  connection: Connection,
  event: ClaimedEvent,
  error: Error,
): Promise<string> {
  const reason = String((error as { code?: unknown }).code ?? error.name)
  await connection.query(
    `insert into quarantine (site_id, event_id, reason, detail, event) values ($1, $2, $3, $4, $5)
     on conflict (site_id, event_id) do nothing`,
    [
      event.site_id,
      event.event_id,
      reason,
      error.message.slice(0, 500),
      // As text: the driver would make SQL's null of JSON's, and an array of PostgreSQL's of a JSON one.
      JSON.stringify(event.event),
    ],
  )
  return reason
}
