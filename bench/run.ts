import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { benchCollector } from './collector.ts'
import { benchLoad } from './load.ts'
import { benchOrder } from './order.ts'
import { benchPipeline } from './pipeline.ts'
import { type Table, textOf } from './table.ts'
import { benchTracker } from './tracker.ts'

/** A benchmark tells what it is doing as it goes, and answers with tables. */
type Benchmark = (say: (line: string) => void, minutes: number) => Promise<readonly Table[]>

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  collector: benchCollector,
  order: benchOrder,
  pipeline: benchPipeline,
  load: benchLoad,
  tracker: benchTracker,
}

const SOAK_MINUTES = 30
/** Only when they are named. */
const LONG = ['load']

// `npm run bench` runs all but the long ones, `npm run bench tracker` that one, `npm run bench load 120` for
// two hours. The last output is kept in docs/.
const args = process.argv.slice(2)
const given = args.filter((each) => !/^\d+$/.test(each))
const minutes = Number(args.find((each) => /^\d+$/.test(each)) ?? SOAK_MINUTES)
const unknown = given.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join(', ')}". There is: ${Object.keys(BENCHMARKS)}.`)
  process.exit(1)
}
for (const [name, bench] of Object.entries(BENCHMARKS)) {
  if (given.length > 0 ? !given.includes(name) : LONG.includes(name)) continue
  const tables = await bench((line) => console.error(`${name}: ${line}`), minutes)
  const text = tables.map(textOf).join('\n')
  console.log(text)
  const date = new Date().toISOString().slice(0, 10)
  const head = `# Benchmark: ${name}\n\nPrinted by \`npm run bench ${[name, ...args.filter((each) => each === `${minutes}`)].join(' ')}\` on ${date}: ${cpus()[0]?.model.trim()}, ${cpus().length} cores.`
  writeFileSync(
    join(import.meta.dirname, `../docs/bench-${name}.md`),
    `${head}\n\n\`\`\`text\n${text}\`\`\`\n`,
  )
}
