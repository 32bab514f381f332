import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS } from './list.ts'
import { generator } from './random.ts'
import { type Rig, startRig } from './rig.ts'
import { runFault } from './run-fault.ts'

// Those that take seconds; `npm run faults` does them all.
const QUICK = ['F01', 'F03', 'F07', 'F09', 'F15', 'F16', 'F18', 'F19', 'F20', 'F21']
QUICK.push('F10', 'F13', 'F22', 'F25', 'F28', 'F29', 'F30')

describe('the ledger is whole after', () => {
  let shared: Rig
  beforeAll(async () => {
    shared = await startRig(generator(1))
  })
  afterAll(() => shared.close())

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
    120_000,
  )
})
