import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../database/clickhouse.ts'
import { testClickHouse } from './databases.ts'
import { ANSWERS, type Asserted, load, type Vector, whyNot } from './posthog.ts'

// Histories with the numbers that PostHog's own tests assert; they are not part of the project.
const FILE = join(import.meta.dirname, '../../shared/vectors/behaviour.json')

const vectors: readonly Vector[] = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')).vectors ?? JSON.parse(readFileSync(FILE, 'utf8')).cases)
  : []

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await testClickHouse()
})

describe.skipIf(vectors.length === 0)(
  'PostHog’s own cases (skipped where the file of vectors is not)',
  () => {
    it.for(vectors.map((each) => [each.id, each] as const))('%s', async ([, vector], { skip }) => {
      const reason = whyNot(vector)
      skip(reason !== undefined, reason)
      await load(clickhouse, vector)
      const answers = await Promise.all(
        vector.queries.map((query) => ANSWERS[query.kind]?.(clickhouse, vector, query)),
      )
      for (const { query, path, op, value } of vector.expect) {
        const found = path.reduce(walk, sameGroups(answers[query], path, value))
        if (op === 'same_elements') expect(sorted(found)).toEqual(sorted(value))
        else if (op === 'lifecycle_rows') expect(byStatus(found)).toEqual(byStatus(value))
        else expect(found, JSON.stringify(path)).toEqual(ours(value))
      }
    })
  },
)

function walk(at: unknown, step: unknown): unknown {
  const list = at as Asserted[] // the paths are the file's
  if (typeof step !== 'object' || step === null) return (at as Asserted)[String(step)]
  const [[name, inner] = []] = Object.entries(step)
  const within = inner as unknown[]
  if (name === '$length') return list.length
  if (name === '$map') return list.map((each) => within.reduce(walk, each))
  if (name === '$slice') return list.slice(...(inner as [number, number]))
  const key = (each: Asserted) => String(within.reduce(walk, each))
  if (name === '$sorted_by') return list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  throw new Error(`a path with ${name}`)
}

/** Groups of one size have no order: that of the asserted value alone, where it names one. */
function sameGroups(answer: unknown, path: readonly unknown[], value: unknown): unknown {
  const [asserted] = (Array.isArray(value) ? ours(value) : []) as { breakdown?: string[] }[]
  if (!Array.isArray(answer) || !asserted?.breakdown || typeof path[0] === 'object') return answer
  const group = answer.find(([step]) => String(step.breakdown) === String(asserted.breakdown))
  return answer.map(() => group)
}

const sorted = (list: unknown) => [...(list as string[])].sort()
const byStatus = (rows: unknown) =>
  (rows as { status: string }[]).toSorted((a, b) => (a.status < b.status ? -1 : 1))

/** What our rows say of an asserted step. */
function ours(value: unknown): unknown {
  if (!Array.isArray(value) || value[0]?.name === undefined) return value
  return value.map(
    ({ name, count, average_conversion_time, median_conversion_time, breakdown }) => ({
      ...{ name, count, average_conversion_time, median_conversion_time },
      ...(breakdown && { breakdown: [breakdown].flat().map(String) }),
    }),
  )
}
