import type { Pool } from '../database/postgres.ts'
import { CLAIMED, readClaimed } from '../pipeline/claim.ts'
import { eraseVisitor } from '../pipeline/erase-visitor.ts'
import { type Config, ConfigError } from './config.ts'
import { withDatabase } from './with-database.ts'

/** `footfall visitor`: what is known of a visitor, as `import events` takes it; or all of it out, with a receipt. */
export async function visitor(
  config: Config,
  verb: 'export' | 'erase',
  siteId: string,
  visitorId: string,
): Promise<void> {
  await withDatabase(config, async (pool) => {
    const { rowCount } = await pool.query('select from sites where site_id = $1', [siteId])
    if (rowCount === 0) throw new ConfigError(`The site ${siteId} is not registered.`)
    if (verb === 'erase') console.log(JSON.stringify(await eraseVisitor(pool, siteId, visitorId)))
    else await exportVisitor(pool, siteId, visitorId)
  })
}

const AT_ONCE = 1_000

async function exportVisitor(pool: Pool, siteId: string, visitorId: string): Promise<void> {
  let last: [Date | '-infinity', string] = ['-infinity', '00000000-0000-0000-0000-000000000000']
  for (;;) {
    const events = await readClaimed(
      pool,
      `/* export */ select ${CLAIMED} from events_log l
       where site_id = $1 and visitor_id = $2 and (occurred_at, event_id) > ($3, $4)
       order by occurred_at, event_id limit ${AT_ONCE}`,
      [siteId, visitorId, ...last],
    )
    for (const { event, ...of } of events)
      console.log(
        JSON.stringify({
          ...{ siteId, visitorId, sessionId: of.session_id ?? undefined },
          ...{ eventId: of.event_id, eventType: of.event_type },
          timestamp: of.occurred_at.toISOString(),
          ...event,
        }),
      )
    const end = events.at(-1)
    if (!end || events.length < AT_ONCE) return
    last = [end.occurred_at, end.event_id]
  }
}
