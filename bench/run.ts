import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { benchCollector } from './collector.ts'
import { benchReports } from './reports.ts'
import { type Table, textOf } from './table.ts'
import { benchTracker } from './tracker.ts'

/** A benchmark tells what it is doing as it goes, and answers with tables. Sizes are its own, where none are given. */
type Benchmark = (
  say: (line: string) => void,
  sizes: readonly number[],
) => Promise<readonly Table[]>

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  collector: benchCollector,
  reports: benchReports,
  tracker: benchTracker,
}

// `npm run bench` runs all, `npm run bench tracker` that one, `npm run bench reports 100000` of that
// size. The last output is kept in docs/.
const words = process.argv.slice(2)
const sizes = words.map(Number).filter(Number.isFinite)
const given = words.filter((word) => !Number.isFinite(Number(word)))
const unknown = given.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join(', ')}". There is: ${Object.keys(BENCHMARKS)}.`)
  process.exit(1)
}
for (const [name, bench] of Object.entries(BENCHMARKS)) {
  if (given.length > 0 && !given.includes(name)) continue
  const tables = await bench((line) => console.error(`${name}: ${line}`), sizes)
  const text = tables.map(textOf).join('\n')
  console.log(text)
  const date = new Date().toISOString().slice(0, 10)
  const head = `# Benchmark: ${name}\n\nPrinted by \`npm run bench ${[name, ...sizes].join(' ')}\` on ${date}: ${cpus()[0]?.model.trim()}, ${cpus().length} cores.`
  writeFileSync(
    join(import.meta.dirname, `../docs/bench-${name}.md`),
    `${head}\n\n\`\`\`text\n${text}\`\`\`\n`,
  )
}
