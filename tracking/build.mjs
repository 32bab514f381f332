// Builds the library: two scripts for a page, and the modules of the npm package with their types.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'vite'

const BUILDS = [
  ['script.ts', 'tracking.js', 'iife'],
  ['pageviews.ts', 'pageviews.js', 'iife'],
  ['package.ts', 'footfall.mjs', 'es'],
]
const here = import.meta.dirname
const entryPath = (entry) => join(here, 'js', entry)

// Nearly all of it runs at the start, and Chromium then compiles it while it is
// fetched instead of on the main thread: 14 ms of a phone's (156, 4x throttled).
const COMPILE_HINT = '//# allFunctionsCalledOnLoad'

const NOTICE = '/*! Footfall, MIT; web-vitals, Google LLC, Apache-2.0 */'

for (const [index, [entry, fileName, format]] of BUILDS.entries())
  await build({
    configFile: false,
    root: here,
    logLevel: 'warn',
    build: {
      outDir: 'dist',
      emptyOutDir: index === 0,
      target: 'es2020',
      lib: {
        entry: entryPath(entry),
        formats: [format],
        name: 'footfallScript',
        fileName: () => fileName,
      },
      rolldownOptions: {
        output: { postBanner: format === 'iife' ? `${COMPILE_HINT}\n${NOTICE}` : NOTICE },
      },
    },
  })

execFileSync(
  process.execPath,
  [
    join(here, '../node_modules/typescript/bin/tsc'),
    ...['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--skipLibCheck', '--strict'],
    ...['--rewriteRelativeImportExtensions', '--rootDir', join(here, '..')],
    ...['--outDir', join(here, 'dist/types'), '--target', 'esnext', '--module', 'nodenext'],
    ...['--types', '', '--lib', 'esnext,dom,dom.iterable'],
    entryPath('package.ts'),
  ],
  { stdio: 'inherit' },
)
