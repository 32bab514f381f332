import { randomUUIDv7 } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createCollector } from '../api/collector.ts'
import { readTrackerScripts } from '../cli/tracker-scripts.ts'
import type { Pool } from '../database/postgres.ts'
import { testPostgres } from '../test/databases.ts'
import type { Browser } from './cases/browser.ts'
import { foundBrowsers, launch } from './cases/browsers.ts'
import { Gate } from './cases/gate.ts'
import { CASES } from './cases/list.ts'
import { caseTable, type Result } from './cases/table.ts'
import { PageServer, World } from './cases/world.ts'

let pool: Pool
let collector: FastifyInstance
const pages = new PageServer()
const results: Result[] = []

beforeAll(async () => {
  pool = (await testPostgres()).pool
  collector = await createCollector({
    pool,
    environment: 'development',
    appUrl: undefined,
    trackerScripts: readTrackerScripts(),
    trustProxy: ['127.0.0.1'],
    now: Date.now,
    newEventId: randomUUIDv7,
    log: false,
  })
  await collector.listen({ host: '127.0.0.1', port: 0 })
  await pages.listen()
})
afterAll(async () => {
  await Promise.all([pages.close(), collector?.close()])
  if (!isFullMatrix) return
  const table = caseTable(CASES, results)
  writeFileSync(join(import.meta.dirname, 'BROWSERS.md'), table)
  console.log(table)
})

// `npm run browsers`; `npm test` leaves out what takes minutes more.
const isFullMatrix = process.env.FOOTFALL_CASE_TABLE !== undefined
const browserNames = foundBrowsers.filter((name) => isFullMatrix || name !== 'webkit')

// Cases mostly wait, so that the browsers run beside each other. A busy machine may be late once; what
// fails twice fails.
describe.concurrent.each(browserNames)('in %s', { retry: 1, timeout: 180_000 }, (browserName) => {
  let browser: Browser
  let gate: Gate
  beforeAll(async () => {
    gate = new Gate((collector.server.address() as AddressInfo).port) // it listens on a port
    await gate.listen()
    browser = await launch(browserName)
  })
  afterAll(() => Promise.all([browser?.close(), gate.close()]))

  it.sequential.each(
    CASES.filter(({ not }) => not?.[browserName] === undefined).map(
      (found) => [found.id, found.title, found] as const,
    ),
  )('%s: %s', async (id, _title, { run }) => {
    const site = `${id}-${browserName}-${results.length}`.toLowerCase()
    const world = new World({ browserName, gate, pages, pool, site, isFullMatrix })
    world.context = await browser.createBrowserContext()
    const version = await browser.version()
    try {
      await run(world)
      results.push({ id, browserName, version, passed: true })
    } catch (error) {
      results.push({ id, browserName, version, passed: false })
      throw error
    } finally {
      gate.behave = gate.serve = () => 'pass'
      await world.context.close()
    }
  })
})
