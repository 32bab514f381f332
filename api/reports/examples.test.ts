import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { type Served, serveReports } from './served.fixture.ts'

const DOCS = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
/** The requests that docs/api.md shows, in their order: a line with method and address, and a body. */
const EXAMPLES = [...DOCS.matchAll(/```http\n(\w+) (\S+)\n([\s\S]*?)```/g)].map(
  ([, method = '', url = '', body = '']) => ({ method, url, body: body.trim() }),
)

let served: Served
let key: string
beforeAll(async () => {
  served = await serveReports(Date.parse('2026-11-24T12:00:00Z'))
  key = await served.key('admin')
  await served.pool.query(`insert into sites (site_id, name) values ('example-com', 'Example')`)
  return () => served.app.close()
})

it('the documentation shows a good number of requests', () => {
  expect(EXAMPLES.length).toBeGreaterThan(8)
})

it.each(EXAMPLES)(
  'the documented request is answered: $method $url $body',
  async ({ method, url, body }) => {
    const answered = await served.inject(
      {
        method: method as 'GET', // or another that fetch knows
        url,
        ...(body && { payload: body, headers: { 'content-type': 'application/json' } }),
      },
      key,
    )
    expect([200, 201, 204], answered.body).toContain(answered.statusCode)
  },
)
