import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLoad } from '../../faults/ledger.ts'
import { generator } from '../../faults/random.ts'
import { sleep } from '../../faults/wait.ts'
import { type Installation, runIn, startInstallation } from './installation.ts'
import { reportedEvents } from './reader.ts'

const ROOT = join(import.meta.dirname, '../..')
const SITES = ['one.example', 'two.example']

/** The commit before the newest migration came: what an operator runs who has not upgraded yet. */
function previousVersion(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    // First parents: what was on the main line, and not on the way to it.
    const added = git(
      ...['log', '--first-parent', '-m', '--diff-filter=A', '--format=%H'],
      ...['--', 'database/postgres'],
    )
    const newest = added.split('\n')[0]
    return newest && git('rev-parse', `${newest}^`).trim()
  } catch {
    return undefined // a copy without its history
  }
}

const previous = previousVersion()

describe.skipIf(previous === undefined)(
  `from the version before the newest migration (${previous?.slice(0, 7) ?? 'skipped: there is no history'}) to this one`,
  () => {
    let product: Installation
    let program = ''
    beforeAll(async () => {
      program = mkdtempSync(join(tmpdir(), 'footfall-previous-'))
      const archive = execFileSync('git', ['archive', previous ?? ''], {
        cwd: ROOT,
        maxBuffer: 1 << 28,
      })
      execFileSync('tar', ['-x', '-C', program], { input: archive })
      symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'))
      for (const folder of ['tracking/dist', 'dashboard/dist'])
        cpSync(join(ROOT, folder), join(program, folder), { recursive: true })
      product = await startInstallation({
        collectors: 2,
        sites: SITES,
        program,
        env: { LIMIT_NETWORK: '0' },
        nginx: { RATE_COLLECT: '1000', RATE_DASHBOARD: '1000' },
      })
    })
    afterAll(async () => {
      await product?.close()
      rmSync(program, { recursive: true, force: true })
    })

    it('loses and doubles nothing under load: migrate while the app stands still, then the app, then collectors one by one', async () => {
      const { nginx, collectors, app } = product
      const load = startLoad(
        { url: nginx.url, sites: SITES, eventsPerSecond: 300, clients: 6, maxBatch: 20 },
        generator(5),
      )
      await sleep(2_000)
      // The order of docs/operate.md: an app of the version before would put aside what
      // it cannot write into the new tables, a collector of it goes on.
      await app.stop()
      await runIn(ROOT, 'migrate', product.env)
      await sleep(1_000)
      await app.start(ROOT)
      for (const collector of collectors) {
        await collector.stop()
        await collector.start(ROOT)
      }
      await sleep(1_000)
      const ledger = await load.stop()
      console.log(
        `${ledger.sent} events; failed once ${ledger.failed.once}, twice ${ledger.failed.twice}; ` +
          `longest ${ledger.longestMs.toFixed(0)} ms`,
      )
      await product.caughtUp()
      const { rows } = await product.pool.query<{ event_id: string }>(
        'select event_id from events_log',
      )
      const recorded = new Set(rows.map((row) => row.event_id))
      expect(rows).toHaveLength(recorded.size)
      expect(
        [...ledger.fates].filter(([id, fate]) => fate === 'acked' && !recorded.has(id)),
      ).toEqual([])
      expect([...recorded].filter((id) => ledger.fates.get(id) !== 'acked')).toEqual([])
      const { rows: aside } = await product.pool.query(
        'select reason, detail, count(*) from quarantine group by 1, 2',
      )
      expect(aside).toEqual([])
      let reported = 0
      for (const site of SITES) reported += await reportedEvents(nginx.url, site, product.key)
      expect(reported).toBe(ledger.count('acked'))
    }, 180_000)
  },
)
