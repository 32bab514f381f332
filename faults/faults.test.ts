import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS } from './list.ts'
import { generator } from './random.ts'
import { compare, type Rig, sitesOf, startRig } from './rig.ts'
import { runFault } from './run-fault.ts'
import { until } from './wait.ts'

// Those that take seconds; `npm run faults` does them all.
const QUICK = ['F01', 'F03', 'F07', 'F09', 'F15', 'F16', 'F18', 'F19', 'F20', 'F21']
QUICK.push('F10', 'F13', 'F22', 'F25', 'F28', 'F29', 'F30')
// F12, F23 and F35 take long, kill.test.ts kills what F05 does one after another, and one of F34's few damages may be harmless: `npm run faults` has them.
QUICK.push('F02', 'F04', 'F24', 'F26', 'F27')

let shared: Rig
beforeAll(async () => {
  shared = await startRig(generator(1))
})
afterAll(() => shared.close())

it('the ledger sees what is lost, what is new twice and what was never sent', async () => {
  const sites = sitesOf('ledger')
  const collector = await shared.collector()
  const load = shared.load(collector.url, sites)
  await until('some events are acknowledged', () => load.ledger.acks.length >= 5)
  const ledger = await load.stop()
  const whole = await compare(shared, sites, ledger)
  expect(whole).toMatchObject({ lost: 0, dup: 0, phantom: 0, unresolved: 0 })
  expect(whole.stored).toBe(ledger.count('acked'))

  const [lost = '', unsent = '', ...others] = [...ledger.fates]
    .filter(([, fate]) => fate === 'acked')
    .map(([id]) => id)
  expect(others.length).toBeGreaterThan(0)
  await shared.query('delete from events_log where event_id = $1', [lost])
  ledger.fates.delete(unsent)
  ledger.accepted++
  expect(await compare(shared, sites, ledger)).toMatchObject({ lost: 1, dup: 1, phantom: 1 })
  await shared.clear()
}, 60_000)

describe('the ledger is whole after', () => {
  it.each(
    FAULTS.filter(({ id }) => QUICK.includes(id)).map((fault) => [fault.title, fault] as const),
  )(
    '%s',
    async (_title, fault) => {
      const { outcome } = await runFault(fault, {
        ...{ size: 'small', rounds: undefined, seed: 1 },
        ...(fault.needsOwnRig ? {} : { rig: shared }),
      })
      expect(outcome.broken).toEqual([])
      if (!outcome.skipped) expect(outcome.acked).toBeGreaterThan(0)
    },
    300_000,
  )
})
