import type { MetricValue, QueryRow } from '../contract/query.ts'
import { MAX_LIMIT, type Run } from './answer.ts'
import { compilePart, JOINED, keysOfPart } from './compile.ts'
import { dimensionOf } from './dimensions.ts'
import { metricOf } from './metrics.ts'
import { orderingOf, sortRows } from './order.ts'
import type { Plan } from './plan.ts'
import type { SiteScope } from './scope.ts'
import { buckets } from './time.ts'

/** What a metric is where the engine has none: a count is 0, a ratio has no value. */
export const emptyValue = (metric: string): MetricValue =>
  metricOf(metric)?.unit === 'count' ? 0 : null

/**
 * All rows that `ask` finds, and those of buckets that had no event: of time alone, or of each combination of
 * the other dimensions that there is. Where that cannot be, a warning says so, and `rows` is absent or without them.
 */
export async function withGapsFilled(
  scope: SiteScope,
  plan: Plan,
  ask: (limit: number) => Promise<readonly QueryRow[]>,
  run: Run,
): Promise<{ rows?: readonly QueryRow[]; warnings: readonly string[] }> {
  const names = plan.query.dimensions ?? []
  const [at, second] = plan.dimensions.flatMap((name, index) =>
    dimensionOf(name)?.of === 'time' ? [index] : [],
  )
  if (at === undefined || second !== undefined)
    return { warnings: ['fill: no gap is filled, as there is not one dimension of time.'] }
  const found = await ask(MAX_LIMIT + 1)
  const tooMany = [`fill: no gap is filled, as there would be more than ${MAX_LIMIT} rows.`]
  if (found.length > MAX_LIMIT) return { warnings: tooMany }
  const time = names[at] ?? ''
  const { grain, values = [] } = dimensionOf(plan.dimensions[at] ?? '') ?? {}
  const labels = grain ? buckets(plan.interval, grain, plan.query.week_start) : values
  const groups = Map.groupBy(found, ({ dimensions }) =>
    JSON.stringify(names.map((name) => (name === time ? '' : dimensions[name]))),
  )
  // Of time alone there is one, also where it has no row.
  const some = names.length === 1 ? [found] : [...groups.values()]
  const ordering = orderingOf(plan)
  if (some.length * labels.length > MAX_LIMIT)
    return { rows: sortRows(found, ordering), warnings: tooMany }
  const missing = some.flatMap((group) => {
    const there = new Set(group.map(({ dimensions }) => dimensions[time]))
    return labels
      .filter((label) => !there.has(label))
      .map((label) => ({ ...group[0]?.dimensions, [time]: label }))
  })
  const rows = [...found, ...(await emptyRows(scope, plan, missing, run))]
  return { rows: sortRows(rows, ordering), warnings: [] }
}

/**
 * Rows of which nothing passes. A rate of what others did there is 0, and has no value where nobody did anything:
 * what it would be divided by is asked for.
 */
export async function emptyRows(
  scope: SiteScope,
  plan: Plan,
  missing: readonly QueryRow['dimensions'][],
  run: Run,
): Promise<readonly QueryRow[]> {
  if (missing.length === 0) return []
  const names = plan.query.dimensions ?? []
  const partOf = new Map(
    plan.metrics.flatMap(({ name, of }) => {
      const part = of.map(([each]) => each).find((each) => JOINED.includes(each))
      return part ? [[name, part] as const] : []
    }),
  )
  const denominators = new Map(
    await Promise.all(
      [...new Set(partOf.values())].map(async (part) => {
        const kept = keysOfPart(plan, part).map((index) => names[index] ?? '')
        const keyOf = (row: QueryRow['dimensions']) => kept.map((name) => row[name] ?? '')
        const only = new Map(missing.map((row) => [JSON.stringify(keyOf(row)), keyOf(row)]))
        const rows = await run(compilePart(scope, plan, part, [...only.values()]))
        const keys = new Set(
          rows
            .filter(({ n }) => Number(n) > 0)
            .map((row) => JSON.stringify(kept.map((_, index) => String(row[`k${index}`] ?? '')))),
        )
        return [
          part,
          (row: QueryRow['dimensions']) => keys.has(JSON.stringify(keyOf(row))),
        ] as const
      }),
    ),
  )
  const isDivided = (name: string, row: QueryRow['dimensions']) => {
    const part = partOf.get(name)
    return part !== undefined && denominators.get(part)?.(row) === true
  }
  return missing.map((dimensions) => ({
    dimensions,
    metrics: Object.fromEntries(
      plan.metrics.map(({ name, isSum }) => [
        name,
        isSum || isDivided(name, dimensions) ? 0 : emptyValue(name),
      ]),
    ),
  }))
}
