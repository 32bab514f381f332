import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../api/errors.ts'
import { DIMENSIONS } from '../reports/dimensions.ts'
import { METRICS } from '../reports/metrics.ts'

const ROOT = resolve(import.meta.dirname, '..')
const SKIPPED = new Set(['node_modules', 'dist', 'data', '.git'])

/** Who may import whom; everyone may import contract and redact. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  contract: [],
  redact: [],
  tracking: ['contract', 'redact'],
  reports: ['contract'],
  database: ['contract'],
  api: ['contract', 'redact', 'reports', 'database'],
  pipeline: ['contract', 'redact', 'database'],
  importers: ['contract', 'redact', 'database'],
  dashboard: ['contract'],
  cli: ['contract', 'redact', 'reports', 'database', 'api', 'pipeline', 'importers'],
}

/** Files over 400 lines, with the reason. */
const LONG_FILES: Record<string, string> = {
  'pipeline/source-lists.ts': 'names and hosts of sources: data',
  'reports/model.fixture.ts': 'every definition once more, to be read in one place',
  'test/hostile-inputs.ts': 'inputs and what becomes of them: data',
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(path) : /\.(ts|tsx|mjs)$/.test(entry.name) ? [path] : []
  })
}

const files = sources(ROOT).map((path) => ({
  path: relative(ROOT, path),
  text: readFileSync(path, 'utf8'),
}))
const product = files.filter(
  ({ path }) =>
    !path.endsWith('.test.ts') && !/^(test|faults|bench|demo|deploy|tracking\/cases)\//.test(path),
)

const imports = (text: string) =>
  [
    ...text.matchAll(
      /^(import|export) (type )?[^'"]*?from ['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/gm,
    ),
  ].map((match) => ({ target: match[3] ?? match[4] ?? '', isType: match[2] !== undefined }))

describe('the shape of the code', () => {
  it('imports follow the picture in ARCHITECTURE.md', () => {
    const wrong = product.flatMap(({ path, text }) => {
      const folder = path.split('/')[0] ?? ''
      return imports(text)
        .filter(({ target }) => target.startsWith('.'))
        .map(({ target }) => relative(ROOT, resolve(ROOT, path, '..', target)).split('/')[0] ?? '')
        .filter(
          (other) =>
            other !== folder && other in MAY_IMPORT && !MAY_IMPORT[folder]?.includes(other),
        )
        .map((other) => `${path} imports ${other}`)
    })
    expect(wrong, 'move the code, or pass what is needed as an argument').toEqual([])
  })

  it('tracking imports contract as types only, and no package but web-vitals', () => {
    const wrong = product
      .filter(({ path }) => path.startsWith('tracking/js/'))
      .flatMap(({ path, text }) =>
        imports(text)
          .filter(
            ({ target, isType }) =>
              (!target.startsWith('.') && target !== 'web-vitals') ||
              (target.includes('contract') && !isType),
          )
          .map(({ target }) => `${path}: ${target}`),
      )
    expect(wrong, 'use "import type", or write it in tracking').toEqual([])
  })

  it('reports and redact import no package', () => {
    const wrong = product
      .filter(({ path }) => /^(reports|redact)\//.test(path))
      .flatMap(({ path, text }) =>
        imports(text)
          .filter(({ target }) => !target.startsWith('.'))
          .map(({ target }) => `${path}: ${target}`),
      )
    expect(wrong, 'they are pure: take what you need as an argument').toEqual([])
  })

  it('only cli/config.ts reads the environment', () => {
    const readers = product
      .filter(({ path, text }) => text.includes('process.env') && !path.endsWith('.mjs'))
      .map(({ path }) => path)
    expect(readers, 'add a setting to cli/config.ts and pass it on').toEqual(['cli/config.ts'])
  })

  it('no file is a bin or a barrel', () => {
    const bins = product
      .filter(({ path }) => /\/(utils?|helpers?|types|index)\.tsx?$/.test(path))
      .map(({ path }) => path)
    expect(bins, 'name the file after its one idea').toEqual([])
  })

  it('no file is longer than 400 lines without a reason', () => {
    const long = files
      .filter(({ path, text }) => text.split('\n').length > 400 && !(path in LONG_FILES))
      .map(({ path }) => path)
    expect(long, 'find the second idea in it').toEqual([])
  })

  it('migrations are numbered without gaps', () => {
    for (const engine of ['postgres', 'clickhouse']) {
      const numbers = readdirSync(join(ROOT, 'database', engine)).map((name) =>
        Number.parseInt(name, 10),
      )
      expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1))
    }
  })

  // Brotli bytes of what runs at once; what comes when the page is idle is not among it.
  it.each([
    ['tracking.js', 8_192],
    ['pageviews.js', 2_560],
  ])('%s is no larger than %d bytes', (name, most) => {
    const size = brotliCompressSync(readFileSync(join(ROOT, 'tracking/dist', name))).length
    expect(size, 'take something out, or say why not').toBeLessThanOrEqual(most)
  })
})

describe('the documentation', () => {
  const docs = ['docs/api.md', 'docs/metrics.md']
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')
  it.each([
    ['metric', METRICS.map(({ name }) => name)],
    ['dimension', DIMENSIONS.map(({ name }) => name)],
    ['error code', Object.keys(ERRORS)],
  ])('names every %s', (_what, names) => {
    expect(names.filter((name) => !docs.includes(`\`${name}\``))).toEqual([])
  })
})
