import { beginRebuild } from '../pipeline/rebuild.ts'
import { previewRules, type VisitTotals } from '../pipeline/rules-preview.ts'
import { type StoredRules, siteRules } from '../pipeline/site-rules.ts'
import { type Config, ConfigError } from './config.ts'
import { runRebuild } from './rebuild.ts'
import { withDatabase } from './with-database.ts'

/** `footfall rules`: shows what other rules would make of the last days, and applies them. */
export async function changeRules(
  config: Config,
  siteId: string,
  change: StoredRules,
  options: { days: number; isApplied: boolean; now: Date },
): Promise<void> {
  await withDatabase(config, async (pool) => {
    const { rows } = await pool.query<{ rules: StoredRules }>(
      'select rules from sites where site_id = $1',
      [siteId],
    )
    if (!rows[0]) throw new ConfigError(`The site ${siteId} is not registered.`)
    const { rules: before } = rows[0]
    const after = { ...before, ...change }
    const from = new Date(options.now.getTime() - options.days * 24 * 3_600_000)
    const totals = await previewRules(pool, siteId, from, options.now, [
      siteRules(before),
      siteRules(after),
    ])
    const [was, will] = totals
    if (was && will) console.log(difference(was, will, options.days))
    if (!options.isApplied) {
      console.log('Nothing is changed yet. The same with --apply yes sets the rules and rebuilds.')
      return
    }
    await pool.query('update sites set rules = $2 where site_id = $1', [
      siteId,
      JSON.stringify(after),
    ])
    await runRebuild(pool, await beginRebuild(pool, siteId, '-infinity', 'infinity'), console.log)
  })
}

function difference(was: VisitTotals, will: VisitTotals, days: number): string {
  const percent = (part: number, whole: number) =>
    whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
  const seconds = ({ durationMs, visits }: VisitTotals) =>
    visits === 0 ? '–' : `${(durationMs / visits / 1_000).toFixed(0)} s`
  const lines: (readonly [string, string, string])[] = [
    ['visits', `${was.visits}`, `${will.visits}`],
    ['bounce', percent(was.bounces, was.visits), percent(will.bounces, will.visits)],
    ['duration', seconds(was), seconds(will)],
    ['visits of bots', `${was.botVisits}`, `${will.botVisits}`],
  ]
  const channels = new Set([...was.channels.keys(), ...will.channels.keys()])
  for (const channel of [...channels].sort())
    lines.push([
      `channel ${channel}`,
      `${was.channels.get(channel) ?? 0}`,
      `${will.channels.get(channel) ?? 0}`,
    ])
  const width = Math.max(...lines.map(([name]) => name.length))
  const told = lines.map(([name, before, after]) =>
    before === after
      ? `${name.padEnd(width)}  ${before}`
      : `${name.padEnd(width)}  ${before} → ${after}`,
  )
  return [`The last ${days} days:`, ...told].join('\n')
}
