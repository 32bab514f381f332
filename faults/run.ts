import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Outcome, skipped } from './fault.ts'
import { FAULTS } from './list.ts'
import { keepOnPage } from './page.ts'
import type { Rig } from './rig.ts'
import { runFault } from './run-fault.ts'
import { type Row, TABLE_HEAD, tableLine, verdictOf } from './table.ts'

// `npm run faults -- [F13 F15 …] [--rounds 20] [--seed 1] [--small]`: prints a table, and keeps it in docs/faults.md unless it is small.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    small: { type: 'boolean' },
  },
})
const wanted = positionals.map((id) => id.toLowerCase())
const unknown = wanted.filter((id) => !FAULTS.some((fault) => fault.id.toLowerCase() === id))
if (unknown.length > 0) {
  console.error(
    `Unknown: ${unknown.join(', ')}. There are ${FAULTS.map(({ id }) => id).join(' ')}.`,
  )
  process.exit(2)
}
const chosen = FAULTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id.toLowerCase()))
const PAGE = join(import.meta.dirname, '../docs/faults.md')
const RUN = `npm run faults${process.argv.length > 2 ? ' -- ' : ''}${process.argv.slice(2).join(' ')}`
const rows: Row[] = []
let rig: Rig | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const leave = () => process.exit(130)
    if (rig) rig.close().then(leave, leave)
    else leave()
  })
}
for (const fault of chosen) {
  process.stdout.write(`${fault.id} ${fault.title} … `)
  const row = await runFault(fault, {
    size: values.small ? 'small' : 'full',
    rounds: values.rounds ? Number(values.rounds) : undefined,
    seed: Number(values.seed ?? 1),
    onRig: (started) => {
      rig = started
    },
  }).catch((error: unknown) => ({ fault, outcome: brokenOff(error), tookMs: 0 }))
  console.log(`${verdictOf(row.outcome)} (${(row.tookMs / 1_000).toFixed(0)} s)`)
  rows.push(row)
  if (!values.small) keepOnPage(PAGE, [row], RUN, new Date())
}
console.log(['', TABLE_HEAD, ...rows.map(tableLine)].join('\n'))
process.exit(rows.every(({ outcome }) => outcome.broken.length === 0) ? 0 : 1)

function brokenOff(error: unknown): Outcome {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { ...skipped('broken off'), skipped: '', broken: [message] }
}
