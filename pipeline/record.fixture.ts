import type { Pool } from '../database/postgres.ts'
import { type ModelEvent, sorted } from './model.fixture.ts'

/** As the collector does it: the batch and its events in one statement. */
export async function putIntoRecord(pool: Pool, events: readonly ModelEvent[]): Promise<void> {
  await pool.query(
    `with batch as (insert into events_batches (events) values ($1) returning batch_id)
     insert into events_log (site_id, event_id, id_at, batch_id, event_type, visitor_id, visitor_basis, session_id,
                             occurred_at, received_at, host, path, event)
     select e.site, e.id, '1970-01-01', batch_id, e.type, e.visitor, 'persistent_id', e.session,
            to_timestamp(e.at / 1000), now(), 'h.example', e.path, e.event
     from batch, jsonb_to_recordset($2::jsonb)
       as e(site text, id uuid, type text, visitor text, session text, at float8, path text, event jsonb)`,
    [
      events.length,
      JSON.stringify(
        events.map((event) => ({
          ...event,
          event: {
            url: `https://h.example${event.path}${event.source ? `?utm_source=${event.source}` : ''}`,
            eventData: event.data,
            ...(event.viewId && { context: { viewId: event.viewId } }),
            ...(event.isBot && { derived: { isBot: true } }),
          },
        })),
      ),
    ],
  )
}

/** The processed tables of a site, as the model has them. */
export async function tablesOf(pool: Pool, site: string) {
  const read = async (sql: string) => {
    const { rows } = await pool.query<Record<string, unknown>>(sql, [site])
    return sorted(
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            value instanceof Date ? value.getTime() : value,
          ]),
        ),
      ),
    )
  }
  return {
    user_sessions: await read(
      `select site_id, visitor_id, session_id, client_session_id, started_at, last_at, entry_page, exit_page, source, utm_source,
              pageviews, events, engaged_ms, is_bot, is_engaged from user_sessions where site_id = $1`,
    ),
    pageviews: await read(
      `select site_id, visitor_id, event_id, session_id, occurred_at, path, previous_page, next_page, engaged_ms,
              scroll_depth, is_bot from pageviews where site_id = $1`,
    ),
    user_events: await read(
      `select site_id, visitor_id, event_id, session_id, occurred_at, event_type, is_bot
       from user_events where site_id = $1`,
    ),
    form_submissions: await read(
      `select site_id, visitor_id, attempt, session_id, first_at, last_at, started_at, submitted_at, succeeded_at
       from form_submissions where site_id = $1`,
    ),
  }
}

/** The pool of a worker that ends just before each commit. */
export function withoutCommit(pool: Pool): Pool {
  return {
    connect: async () => {
      const connection = await pool.connect()
      return new Proxy(connection, {
        get(target, name) {
          if (name === 'query')
            return (text: string, values?: unknown[]) =>
              text === 'commit' ? Promise.reject(new Error('crash')) : target.query(text, values)
          const value = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
  } as unknown as Pool // as much of it as a transaction uses
}
