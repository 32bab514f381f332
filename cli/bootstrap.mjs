#!/usr/bin/env node
// Runs on whatever Node the machine has (20 or newer): installs what is
// missing, builds what is stale, then hands over to the pinned Node.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = join(root, 'node_modules/node/bin/node')
// Events live for a batch: with the usual 16 MB a fifth of the pipeline's time went into moving them (2026-11-30).
// Processes that are started from there have it too; so have those of deploy/systemd and the Dockerfile.
const NODE_FLAGS = ['--max-semi-space-size=64']
const [command, ...args] = process.argv.slice(2)

const PROGRAMS = {
  browsers: ['node_modules/vitest/vitest.mjs', 'run', 'tracking/browsers.test.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  'test:deploy': ['node_modules/vitest/vitest.mjs', 'run', '--config', 'deploy/vitest.config.ts'],
  check: ['cli/check.mjs'],
  faults: ['faults/run.ts'],
  bench: ['bench/run.ts'],
}

const say = (line) => process.stderr.write(`${line}\n`)

try {
  install()
  if (command === 'install') process.exit(0) // an image's layer, before the sources are there
  buildWhatIsStale()
  if (['test', 'check', 'browsers', 'bench', 'test:deploy'].includes(command)) prepareBrowsers()
  if (command === 'test:deploy' || (command === 'bench' && args.includes('load'))) prepareServers()
} catch (error) {
  say(`footfall: ${error.message}`)
  process.exit(1)
}
handOver(
  PROGRAMS[command] ? [...PROGRAMS[command], ...args] : ['cli/main.ts', ...process.argv.slice(2)],
)

function install() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const stamp = join(root, 'node_modules/.footfall-installed')
  const wanted = createHash('sha256')
    .update(lock)
    .update(`${process.platform}-${process.arch}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(node)) return
  say('Installing dependencies (once) …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!existsSync(node)) {
    // npm 10 and older run every script; newer ones those that package.json allows.
    run('npm', ['rebuild', 'node', '--loglevel=error'])
    if (!existsSync(node))
      throw new Error('the pinned Node runtime was not installed: see the lines above')
  }
  writeFileSync(stamp, wanted)
}

function buildWhatIsStale() {
  const vite = [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    '--logLevel',
    'warn',
    '--config',
  ]
  for (const [name, folder, build, sources] of [
    ['tracker', 'tracking', [join(root, 'tracking/build.mjs')], ['tracking', 'contract', 'redact']],
    [
      'dashboard',
      'dashboard',
      [...vite, join(root, 'dashboard/vite.config.ts')],
      ['dashboard', 'contract'],
    ],
  ]) {
    const stamp = join(root, folder, 'dist/.built-from')
    const wanted = hashOf([...sources, 'package-lock.json'])
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue
    say(`Building the ${name} …`)
    run(node, build)
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, wanted)
  }
}

function hashOf(paths) {
  const hash = createHash('sha256')
  const add = (path) => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort())
        if (name !== 'dist' && name !== 'node_modules') add(join(path, name))
    } else hash.update(relative(root, path)).update(readFileSync(path))
  }
  for (const path of paths) add(join(root, path))
  return hash.digest('hex')
}

/**
 * A system Chromium, else Playwright's download, else Debian's package: the
 * tests find it the same way. Firefox, and WebKit for the browser cases, where
 * Debian's packages can be had.
 */
function prepareBrowsers() {
  const isThere = (paths) => paths.some((path) => existsSync(path))
  const { chromium, firefox } = JSON.parse(
    readFileSync(join(root, 'test/browser-paths.json'), 'utf8'),
  )
  const playwright = join(root, 'node_modules/playwright/cli.js')
  const missing = []
  if (!isThere(chromium) && !attempt(node, [playwright, 'install', 'chromium']))
    missing.push('chromium')
  if (!isThere(firefox)) missing.push('firefox-esr')
  if (command === 'browsers' && !existsSync('/usr/bin/WebKitWebDriver'))
    missing.push('webkit2gtk-driver', 'xvfb')
  if (missing.length === 0) return
  if (process.getuid?.() === 0 && attempt('apt-get', ['update', '-qq']))
    for (const name of missing) attempt('apt-get', ['install', '-y', '-qq', name])
  if (missing.includes('chromium') && !isThere(chromium))
    throw new Error('no Chromium: install one, e.g. "apt-get install chromium" as root')
}

/** Debian's nginx and Prometheus, as programs: their services are not started. */
function prepareServers() {
  const packages = {
    nginx: '/usr/sbin/nginx',
    'libnginx-mod-http-brotli-filter': '/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so',
    prometheus: '/usr/bin/promtool',
  }
  const missing = Object.keys(packages).filter((name) => !existsSync(packages[name]))
  if (missing.length === 0) return
  if (process.getuid?.() === 0 && attempt('apt-get', ['update', '-qq'])) {
    const policy = '/usr/sbin/policy-rc.d'
    const isOurs = !existsSync(policy)
    if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    attempt('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing])
    if (isOurs) rmSync(policy)
  }
  const still = missing.filter((name) => !existsSync(packages[name]))
  if (still.length > 0)
    throw new Error(`install what is missing: "apt-get install ${still.join(' ')}" as root`)
}

function attempt(file, parameters) {
  try {
    run(file, parameters)
    return true
  } catch {
    return false
  }
}

function run(file, parameters) {
  // Its output goes to stderr: stdout belongs to the command that was asked for.
  execFileSync(file, parameters, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] })
}

function handOver(parameters) {
  const path = `${join(root, 'node_modules/node/bin')}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`
  const child = spawn(node, [...NODE_FLAGS, join(root, parameters[0]), ...parameters.slice(1)], {
    cwd: PROGRAMS[command] ? root : process.cwd(),
    // The channel tells the child when we are gone, even by kill -9.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      PATH: path,
      ...(command === 'browsers' && { FOOTFALL_CASE_TABLE: 'yes' }),
    },
  })
  // Ctrl-C reaches the child by itself, through the terminal's group.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
  // npm may be killed without telling anyone: then nobody can stop us any more.
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) child.disconnect?.()
  }, 1_000).unref()
}
