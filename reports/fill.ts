import type { MetricValue, QueryRow } from '../contract/query.ts'
import { MAX_LIMIT, type Run } from './answer.ts'
import { compile } from './compile.ts'
import { dimensionOf } from './dimensions.ts'
import { metricOf } from './metrics.ts'
import { orderingOf, sortRows } from './order.ts'
import type { Part } from './parts.ts'
import type { Plan } from './plan.ts'
import { GOAL } from './plan-goals.ts'
import type { SiteScope } from './scope.ts'
import { buckets } from './time.ts'

/** What a metric is where there is nothing: a count is 0, a ratio has no value. */
export const emptyValue = (metric: string): MetricValue =>
  metricOf(metric)?.unit === 'count' ? 0 : null

const emptyRow = (plan: Plan): Record<string, MetricValue> =>
  Object.fromEntries(plan.query.metrics.map((metric) => [metric, emptyValue(metric)]))

const timesOf = ({ dimensions }: Plan) =>
  dimensions.flatMap((name, index) => (dimensionOf(name)?.of === 'time' ? [index] : []))

/** Whether there is one dimension of time. */
export const canBeFilled = (plan: Plan): boolean => timesOf(plan).length === 1

/**
 * All rows with the buckets that had no event: of time alone, or of each combination of the other dimensions
 * that there is. `rows` is absent where there would be more than an answer has.
 */
export async function withGapsFilled(
  scope: SiteScope,
  plan: Plan,
  found: readonly QueryRow[],
  run: Run,
): Promise<{ rows?: readonly QueryRow[]; warnings: readonly string[] }> {
  const { query } = plan
  const names = query.dimensions ?? []
  const at = timesOf(plan)[0] ?? 0
  const time = names[at] ?? ''
  const { grain, values = [] } = dimensionOf(plan.dimensions[at] ?? '') ?? {}
  const labels = grain ? buckets(plan.interval, grain, query.week_start) : values
  const groups = Map.groupBy(found, (row) => keyOf(row, names, [time]))
  // Of time alone there is one, also where it has no row.
  const some = names.length === 1 ? [found] : [...groups.values()]
  if (Math.max(found.length, some.length * labels.length) > MAX_LIMIT)
    return {
      warnings: [`fill: no gap is filled, as there would be more than ${MAX_LIMIT} rows.`],
    }
  const empty = await emptyRows(scope, plan, found.length > 0, run)
  const missing = some.flatMap((group) => {
    const there = new Set(group.map(({ dimensions }) => dimensions[time]))
    return labels
      .filter((label) => !there.has(label))
      .map((label) => empty({ ...group[0]?.dimensions, [time]: label }))
  })
  const rows = missing.length === 0 ? found : sortRows([...found, ...missing], orderingOf(plan))
  return { rows, warnings: [] }
}

const keyOf = (
  { dimensions }: Pick<QueryRow, 'dimensions'>,
  names: readonly string[],
  but: readonly string[] = [],
): string => JSON.stringify(names.map((name) => (but.includes(name) ? '' : dimensions[name])))

/**
 * What makes a row of nothing. A rate of what others did there is 0 then, and has no value where nobody did anything.
 * `isAny`: whether anything passes in the whole range.
 */
export async function emptyRows(
  scope: SiteScope,
  plan: Plan,
  isAny: boolean,
  run: Run,
): Promise<(dimensions: Readonly<Record<string, string>>) => QueryRow> {
  const nothing = emptyRow(plan)
  const denominators = plan.metrics.map(
    ({ name, of }) =>
      [name, of.map(([part]) => part).find((part) => part in DENOMINATORS)] as const,
  )
  const there = new Map<Part, (row: Pick<QueryRow, 'dimensions'>) => boolean>()
  for (const part of new Set(denominators.flatMap(([, of]) => of ?? []))) {
    const kept = plan.dimensions.flatMap((name, index) =>
      DENOMINATORS[part]?.(name) ? [index] : [],
    )
    const names = kept.map((index) => plan.query.dimensions?.[index] ?? '')
    const keys =
      part === 'whole'
        ? new Set(isAny ? [keyOf({ dimensions: {} }, [])] : [])
        : new Set(await keysOf(scope, plan, kept, run))
    there.set(part, (row) => keys.has(keyOf(row, names)))
  }
  return (dimensions) => ({
    dimensions,
    metrics: {
      ...nothing,
      ...Object.fromEntries(
        denominators.flatMap(([name, part]) =>
          part && there.get(part)?.({ dimensions }) ? [[name, 0]] : [],
        ),
      ),
    },
  })
}

/** Which dimensions a rate's denominator goes by, where it is of others than the row's own. */
const DENOMINATORS: { readonly [part in Part]?: (dimension: string) => boolean } = {
  base: (name) => dimensionOf(name)?.of === 'time',
  group: (name) => name !== GOAL,
  whole: () => false,
}

/** The combinations of some dimensions that have an event, whatever goals and properties are asked for. */
async function keysOf(
  scope: SiteScope,
  plan: Plan,
  kept: readonly number[],
  run: Run,
): Promise<string[]> {
  const of = <T>(list: readonly T[] = []) => kept.flatMap((index) => list[index] ?? [])
  const visitors = metricOf('visitors')
  const base: Plan = {
    ...plan,
    metrics: visitors ? [visitors] : [],
    dimensions: of(plan.dimensions),
    filters: plan.baseFilters,
    query: {
      ...plan.query,
      metrics: ['visitors'],
      dimensions: of(plan.query.dimensions),
      order_by: [],
    },
  }
  const rows = await run(compile(scope, base, 'rows', { limit: MAX_LIMIT }))
  return rows.map((row) => JSON.stringify(kept.map((_, index) => String(row[`d${index}`] ?? ''))))
}
