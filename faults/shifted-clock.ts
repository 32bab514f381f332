// Preloaded into a collector under test: its clock is ahead of the machine's
// by an offset, which the harness sets at the start and changes by message.
let offsetMs = Number(process.env.FAULTS_CLOCK_OFFSET_MS ?? 0)

const RealDate = Date
const realNow = Date.now

class ShiftedDate extends RealDate {
  constructor(...values: []) {
    if (values.length === 0) super(realNow() + offsetMs)
    else super(...values)
  }
  static override now(): number {
    return realNow() + offsetMs
  }
}
globalThis.Date = ShiftedDate as DateConstructor // a subclass has all that a Date has

interface ClockMessage {
  readonly kind: 'clock'
  readonly offsetMs: number
}

const isClock = (message: unknown): message is ClockMessage =>
  (message as { kind?: unknown } | null)?.kind === 'clock'

process.on('message', (message) => {
  if (!isClock(message)) return
  offsetMs = message.offsetMs
  process.send?.({ kind: 'clock-shifted' })
})
