// Builds the library: two scripts for a page, and the modules of the npm package.
import { join } from 'node:path'
import { build } from 'vite'

const BUILDS = [
  ['script.ts', 'tracking.js', 'iife'],
  ['pageviews.ts', 'pageviews.js', 'iife'],
  ['package.ts', 'footfall.mjs', 'es'],
]

for (const [index, [entry, fileName, format]] of BUILDS.entries())
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'warn',
    build: {
      outDir: 'dist',
      emptyOutDir: index === 0,
      target: 'es2020',
      lib: {
        entry: join(import.meta.dirname, 'js', entry),
        formats: [format],
        name: 'footfallScript',
        fileName: () => fileName,
      },
    },
  })
