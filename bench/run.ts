import { benchCollector } from './collector.ts'
import { type Table, textOf } from './table.ts'
import { benchTracker } from './tracker.ts'

/** A benchmark tells what it is doing as it goes, and answers with tables. */
type Benchmark = (say: (line: string) => void) => Promise<readonly Table[]>

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  collector: benchCollector,
  tracker: benchTracker,
}

// `npm run bench` runs all, `npm run bench tracker` that one.
const given = process.argv.slice(2)
const unknown = given.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join(', ')}". There is: ${Object.keys(BENCHMARKS)}.`)
  process.exit(1)
}
for (const [name, bench] of Object.entries(BENCHMARKS)) {
  if (given.length > 0 && !given.includes(name)) continue
  const tables = await bench((line) => console.error(`${name}: ${line}`))
  for (const table of tables) console.log(textOf(table))
}
