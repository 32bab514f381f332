import type { Fault, Size } from './fault.ts'
import { generator } from './random.ts'
import { type Rig, startRig } from './rig.ts'
import type { Row } from './table.ts'

/** Does one fault, to the given rig or to one of its own. Throws when the fault could not be done. */
export async function runFault(
  fault: Fault,
  options: {
    readonly size: Size
    readonly rounds: number | undefined
    readonly seed: number
    readonly rig?: Rig
    /** Told of the rig that was started, so that it can be ended from outside. */
    readonly onRig?: (rig: Rig) => void
  },
): Promise<Row> {
  const startedAt = performance.now()
  const rig = options.rig ?? (await startRig(generator(options.seed)))
  options.onRig?.(rig)
  const rounds = options.rounds ?? fault.rounds[options.size]
  try {
    const outcome = await fault.run(rig, { size: options.size, rounds })
    return { fault, outcome, tookMs: performance.now() - startedAt }
  } finally {
    await (options.rig ? rig.clear() : rig.close())
  }
}
