import type { Filter, Query } from '../../contract/query.ts'
import { intervalOf } from '../answer.ts'
import { compile } from '../compile.ts'
import { NO_NAMES } from '../goal.ts'
import { DEFINITIONS_VERSION } from '../metrics.ts'
import { parseQuery } from '../parse.ts'
import { planQuery } from '../plan.ts'
import { ASKED, limitOf, type Question } from './question.ts'
import { sessions } from './sessions.ts'

interface ExplainBody {
  readonly metrics: readonly string[]
  readonly dimensions?: readonly string[]
  readonly range: Query['range']
  readonly filters?: readonly Filter[]
  readonly timezone?: string
  readonly limit?: number
}

/** Where a number of a query comes from. */
export const explain: Question<ExplainBody> = {
  name: 'explain',
  summary: 'Where a number of a query comes from',
  definition:
    'For each metric its definition and the version of it, what is divided by what where it is a rate, its value over the range, and the statement that gave it (`params` are bound by name). `dimensions` are for metrics that need one, as `exit_rate` does: the value is that of `totals` in a query. `sessions`: the newest visits that began in the range and have an event that passes the filters; to see those behind one row of a query, add its dimensions as filters.',
  members: {
    metrics: { type: 'array', minItems: 1, maxItems: 10, items: { type: 'string' } },
    dimensions: { type: 'array', maxItems: 8, items: { type: 'string' } },
    ...ASKED,
    limit: { ...limitOf(100, 10), description: 'visits' },
  },
  required: ['metrics', 'range'],
  async answer({ limit = 10, ...asked }, context) {
    const query = parseQuery(asked)
    const timezone = query.timezone ?? context.timezone
    const { scope, nowMs, run, names = NO_NAMES } = context
    const interval = await intervalOf(scope, query.range, timezone, context)
    const plan = planQuery(query, { interval, timezone, nowMs, names })
    const rows = await Promise.all(
      plan.metrics.map(async (metric) => {
        const one = { ...plan, metrics: [metric], query: { ...query, metrics: [metric.name] } }
        const statement = compile(scope, one, 'totals')
        const [found] = await run(statement)
        const value = found?.m0
        return {
          metric: metric.name,
          unit: metric.unit,
          definition: metric.definition,
          version: DEFINITIONS_VERSION,
          numerator: metric.numerator ?? null,
          denominator: metric.denominator ?? null,
          value: value === null || value === undefined ? null : Number(value),
          sql: statement.sql,
          params: statement.params,
        }
      }),
    )
    const { metrics: _, dimensions: __, ...rest } = asked
    const sample = await sessions.answer({ ...rest, limit } as never, context) // checked by parseQuery
    return { rows, sessions: sample.rows, meta: { ...sample.meta, warnings: plan.warnings } }
  },
}
