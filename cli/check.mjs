// `npm run check`: types, lint and format, tests; ends at the first that fails.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const steps = [
  ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '--project', 'dashboard/tsconfig.json'],
  ['node_modules/@biomejs/biome/bin/biome', 'ci', '.'],
  ['node_modules/vitest/vitest.mjs', 'run'],
]
for (const [program, ...args] of steps) {
  const { status } = spawnSync(process.execPath, [join(root, program), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
