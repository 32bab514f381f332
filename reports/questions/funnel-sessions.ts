import { QueryError } from '../query-error.ts'
import { FUNNEL_MEMBERS, type FunnelBody } from './funnel.ts'
import { IS_ATTRIBUTED, openFunnel, triesSql } from './funnel-tries.ts'
import { limitOf, type Question } from './question.ts'
import { sessionsById } from './sessions.ts'

interface FunnelSessionsBody extends FunnelBody {
  readonly step: number
  readonly outcome?: 'reached' | 'dropped'
  readonly value?: string
}

/** Who is behind a number of a funnel. */
export const funnelSessions: Question<FunnelSessionsBody> = {
  name: 'funnel/sessions',
  summary: 'The visits behind a step of a funnel',
  definition:
    'For each visitor (or visit) that the funnel counts at `step` (`reached`), or as dropped there (`dropped`), the visit in which the step was done; those that were there last come first. `value`: of this breakdown only.',
  members: {
    ...FUNNEL_MEMBERS,
    step: { type: 'integer', minimum: 1, maximum: 10 },
    outcome: { type: 'string', enum: ['reached', 'dropped'], default: 'reached' },
    value: { type: 'string' },
    limit: limitOf(1_000, 100),
  },
  required: ['range', 'steps', 'step'],
  async answer(body, context) {
    const { step, outcome = 'reached', value, limit = 100, ...funnel } = body
    const { breakdown, ...whole } = funnel
    if (step > body.steps.length)
      throw new QueryError('step', `must be one of the funnel’s ${body.steps.length} steps.`)
    if (value !== undefined && breakdown === undefined)
      throw new QueryError('value', 'needs `breakdown`.')
    const opened = await openFunnel(body, context)
    const begun = opened.begin()
    const asked = value === undefined ? whole : funnel
    const found = await context.run(
      begun.sql.statement(`select concat(toString(try[${step}].3.2), '-', toString(try[${step}].3.1)) as id
from (${triesSql(begun, opened, asked, { sessions: true })})
where length(try) ${outcome === 'reached' ? '>=' : '='} ${step}
  ${value === undefined ? '' : `and ${IS_ATTRIBUTED} and value = ${begun.sql.bind('String', value)}`}
order by try[${step}].1 desc, id
limit ${limit}`),
    )
    const ids = [...new Set(found.map((row) => String(row.id)))]
    return { rows: await sessionsById(ids, context), meta: opened.meta }
  },
}
