import type { Filter, Query, QueryAnswer, QueryRow } from '../../contract/query.ts'
import { renamed } from './plausible-filters.ts'

const PAGE = 'event:page'
const BOUNCES = 'plausible_bounce_rate'

/** The answer to a query; where a filter asks about a page, its bounce rate is of the visits that began there. */
export async function withEntryBounces(
  query: Query,
  filters: readonly Filter[],
  ask: (query: Query) => Promise<QueryAnswer>,
): Promise<QueryAnswer> {
  const page = filters.find((filter) => filter[1] === PAGE)
  const told = await ask(query)
  if (!page || !query.metrics.includes(BOUNCES) || query.dimensions?.includes(PAGE)) return told
  const { order_by: _, cursor: __, fill: ___, ...rest } = query
  const bounces = await ask({
    ...rest,
    metrics: [BOUNCES],
    filters: [...(query.filters ?? []), renamed(page, 'visit:entry_page')],
  })
  const keyOf = ({ dimensions }: QueryRow) => JSON.stringify(dimensions)
  const byKey = new Map(bounces.rows.map((row) => [keyOf(row), row]))
  const rows = told.rows.map((row) => {
    const of = byKey.get(keyOf(row))
    const compare = row.compare && {
      ...row.compare,
      [BOUNCES]: of?.compare?.[BOUNCES] ?? null,
    }
    return {
      ...row,
      metrics: { ...row.metrics, [BOUNCES]: of?.metrics[BOUNCES] ?? null },
      ...(compare && { compare }),
    }
  })
  return { ...told, rows }
}
