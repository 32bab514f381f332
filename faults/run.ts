import { parseArgs } from 'node:util'
import { killUnderLoad } from './kill.ts'

// `npm run faults -- --rounds 10 --seed 1`: kills under load, and the ledger.
const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } })
const report = await killUnderLoad({
  rounds: Number(values.rounds ?? 10),
  clients: 8,
  seed: Number(values.seed ?? 1),
  say: console.log,
})
console.log(JSON.stringify(report, null, 2))
const { lost, phantom, wrong } = report
process.exit(lost + phantom + wrong.processed + wrong.daily + wrong.clickhouse === 0 ? 0 : 1)
