import { replayQuarantined } from '../pipeline/quarantine.ts'
import { type Config, ConfigError } from './config.ts'
import { withDatabase } from './with-database.ts'

/** `footfall quarantine`: what could not be processed, and why; and again. */
export async function quarantine(
  config: Config,
  verb: 'list' | 'replay',
  options: { siteId: string | undefined; eventId: string | undefined; event: string | undefined },
): Promise<void> {
  await withDatabase(config, async (pool) => {
    if (verb === 'replay') {
      const { siteId, eventId, event } = options
      const mended: unknown = event === undefined ? undefined : parsed(event)
      const events = await replayQuarantined(pool, { siteId, eventId, event: mended })
      console.log(`${events} events are on the pipeline's list again.`)
      return
    }
    const { rows } = await pool.query(
      `select site_id, event_id, reason, detail, created_at, event from quarantine
       where ($1::text is null or site_id = $1) and ($2::uuid is null or event_id = $2) order by created_at limit 100`,
      [options.siteId, options.eventId],
    )
    for (const row of rows) console.log(JSON.stringify(row))
    if (rows.length === 0) console.log('Nothing is in quarantine.')
  })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new ConfigError('--event must be JSON: the event as it is to be.')
  }
}
