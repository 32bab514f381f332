import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres } from '../database/postgres.ts'
import { until } from '../faults/wait.ts'
import { type Product, runCommand, startProduct } from '../test/product.ts'
import { readConfig } from './config.ts'
import { findRunning } from './data-folder.ts'
import { findingsOfSettings } from './doctor-settings.ts'

let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await product?.stop()
  await product?.remove()
})

const doctor = (env: object = {}) =>
  runCommand(['doctor'], { DATA_DIR: product.dataDir, PUBLIC_URL: product.url, ...env })

describe('footfall doctor', () => {
  it('finds nothing bad in a fresh installation, and ends with 0', async () => {
    const { code, stdout } = await doctor()
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing is bad.')])
    for (const line of [
      /ok .* PostgreSQL 1\d/,
      /ok .* schema \d+/,
      /ok .* pipeline keeps up/,
      /ok .* can be stored/,
      /note .* no backup/,
    ])
      expect(stdout).toMatch(line)
  })

  it('finds what is behind, what is aside and who can read the secrets, and ends with 1', async () => {
    const url = findRunning(product.dataDir)?.databaseUrl ?? ''
    const pool = openPostgres(url, { max: 2, statementTimeoutMs: 10_000, onError: () => {} })
    await pool.query(
      `insert into quarantine (site_id, event_id, reason, detail, event) values ('a', gen_random_uuid(), '22P02', '', '{}')`,
    )
    // Another worker of the pipeline, as far as ours can tell: it holds the lock and does nothing.
    const stuck = await pool.connect()
    await stuck.query('begin')
    await stuck.query("select pg_advisory_xact_lock(x'70697065'::int)")
    await pool.query(
      `insert into events_batches (received_at, events) values (now() - interval '10 minutes', 7)`,
    )
    await chmod(join(product.dataDir, 'footfall.json'), 0o644)
    const { code, stdout } = await doctor()
    await stuck.query('rollback')
    stuck.release()
    await pool.end()
    expect(code).toBe(1)
    expect(stdout).toMatch(/BAD .* events wait for the pipeline, the first for 6\d\d s/)
    expect(stdout).toMatch(/note .* 1 events are in quarantine/)
    expect(stdout).toMatch(/BAD .* others can read footfall.json/)
  })

  it('says so when the database does not answer', async () => {
    const { code, stdout } = await doctor({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' })
    expect([code, stdout]).toEqual([1, expect.stringMatching(/BAD .* database does not answer/)])
    await until('the product still answers', async () => (await fetch(`${product.url}/health`)).ok)
  })

  it.each([
    [{ ENVIRONMENT: 'development', HOST: '0.0.0.0' }, 'ENVIRONMENT is development, and HOST'],
    [{ ENVIRONMENT: 'production', PUBLIC_URL: 'http://stats.example' }, 'is not https'],
    [{ ENVIRONMENT: 'production', PUBLIC_URL: 'https://localhost' }, 'own name'],
    [
      { ENVIRONMENT: 'production', HOST: '0.0.0.0', PUBLIC_URL: 'https://a.example' },
      'TRUST_PROXY is empty',
    ],
    [{ TRUST_PROXY: '0.0.0.0/0' }, 'trusts every address'],
    [{ DATABASE_URL: 'postgres://postgres:postgres@db.example/footfall' }, 'tried first'],
  ])('finds %j unsafe', (env, what) => {
    const unsafe = findingsOfSettings(readConfig(env)).filter(({ level }) => level === 'bad')
    expect(unsafe.map((finding) => finding.what).join()).toContain(what)
  })

  it('finds nothing unsafe in what docs/install.md sets', () => {
    const env = {
      ENVIRONMENT: 'production',
      HOST: '127.0.0.1',
      TRUST_PROXY: '127.0.0.1',
      PUBLIC_URL: 'https://stats.example',
    }
    expect(findingsOfSettings(readConfig(env)).filter(({ level }) => level === 'bad')).toEqual([])
  })
})
