import { deepEqual, equal } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { type Case, counts } from './world.ts'

const TRACKING = join(import.meta.dirname, '..')

/** Every export, with the types that an editor shows. */
const SOURCE = `
  import { consent, flush, formSuccess, identify, init, track, type Options } from 'footfall-tracking'
  const options: Partial<Options> = { siteId: SITE, endpoint: ENDPOINT, consent: 'unknown', identify: true }
  track('before-init')
  init(options)
  init({ ...options, siteId: 'another' })
  track('signup', { plan: 'pro', revenue: { amount: 12.5, currency: 'EUR' } })
  consent('granted')
  identify('customer-7')
  formSuccess('#none')
  flush()
  // @ts-expect-error a number is no state of consent
  if (SITE === '') consent(5)
  declare const SITE: string, ENDPOINT: string
`

export const PACKAGE_CASES: readonly Case[] = [
  {
    id: 'P01',
    title: 'the npm package, from its tarball, in a page that Vite has built: typed, once, consent',
    async run(world) {
      const folder = mkdtempSync(join(tmpdir(), 'footfall-package-'))
      try {
        const bundle = await bundleOf(folder, {
          SITE: JSON.stringify(world.site),
          ENDPOINT: JSON.stringify(`${world.gate.url}/collect`),
        })
        const body = `<script type="module">${bundle}</script>`
        const page = await world.open(world.put('/', { script: false, body }))
        const { pageview, signup, identify, ...rest } = counts(await world.settled(page))
        deepEqual([pageview, signup, identify], [1, 1, 1])
        equal(rest['before-init'], undefined)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  },
]

/** Installs the packed package into a folder as npm would, checks the types, and bundles. */
async function bundleOf(folder: string, define: Record<string, string>): Promise<string> {
  const run = (file: string, args: string[]) =>
    execFileSync(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] }).toString()
  const [packed] = JSON.parse(
    run('npm', ['pack', TRACKING, '--json', '--ignore-scripts', '--loglevel=error']),
  ) as { filename: string }[] // npm's own form
  const installed = join(folder, 'node_modules/footfall-tracking')
  mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', packed?.filename ?? '', '-C', installed, '--strip-components=1'])
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'main.ts'), SOURCE)
  run(process.execPath, [
    join(TRACKING, '../node_modules/typescript/bin/tsc'),
    ...['--ignoreConfig', '--noEmit', '--strict', '--types', '', '--lib', 'esnext,dom'],
    ...['--target', 'esnext', '--module', 'esnext', '--moduleResolution', 'bundler', 'main.ts'],
  ])
  // Where pages are rendered, it is imported too.
  const onServer = "const { init, track } = await import('footfall-tracking'); init(); track('x')"
  run(process.execPath, ['--input-type=module', '--eval', onServer])
  const result = await build({
    configFile: false,
    root: folder,
    logLevel: 'warn',
    define,
    build: { write: false, lib: { entry: join(folder, 'main.ts'), formats: ['es'] } },
  })
  // One build of one format, which is not watched.
  if (!Array.isArray(result) || !result[0]) throw new Error('nothing was built')
  return result[0].output[0].code
}
