import { QueryError } from '../query-error.ts'
import { FUNNEL_MEMBERS, TRIES } from './funnel.ts'
import { type FunnelAsked, openFunnel, triesSql } from './funnel-tries.ts'
import { secondsOf } from './numbers.ts'
import type { Question } from './question.ts'

export interface FunnelTimesBody extends Omit<FunnelAsked, keyof typeof BREAKDOWN> {
  readonly from_step?: number
  readonly to_step?: number
  readonly bins?: number
}

const { breakdown, attribution, attribution_step, ...MEMBERS } = FUNNEL_MEMBERS
const BREAKDOWN = { breakdown, attribution, attribution_step }

const step = (description: string) => ({ type: 'integer', minimum: 1, maximum: 10, description })

/** How long it takes from one step of a funnel to another: PostHog’s time to convert, with its bins. */
export const funnelTimes: Question<FunnelTimesBody> = {
  name: 'funnel/times',
  summary: 'How long it takes from one step of a funnel to another',
  definition: `${TRIES} A sample is the time from \`from_step\` to \`to_step\` of the try that counts, of those that got to \`to_step\`. Rows are bins of equal width in whole seconds: \`count\` has the samples of at least \`from_s\` and less than \`to_s\`. The first begins with the shortest sample, rounded down; there are \`bins\` of them, or the cube root of the samples’ number, rounded up, between 3 and 60; one more takes up the longest. The width is what is between the shortest and the longest sample, rounded down and up, ÷ bins, rounded up; a minute where that is nothing. No sample, no row.`,
  members: {
    ...MEMBERS,
    from_step: { ...step('where the time begins'), default: 1 },
    to_step: step('where it ends; the last step when absent'),
    bins: { type: 'integer', minimum: 1, maximum: 90 },
  },
  required: ['range', 'steps'],
  async answer({ from_step: from = 1, to_step, bins, ...body }, context) {
    const to = to_step ?? body.steps.length
    if (to > body.steps.length)
      throw new QueryError('to_step', `must be one of the funnel’s ${body.steps.length} steps.`)
    if (from >= to) throw new QueryError('from_step', `must be before \`to_step\`, which is ${to}.`)
    const opened = await openFunnel(body, context)
    const begun = opened.begin()
    const found = await context.run(
      begun.sql.statement(`select floor((took / 1000 - shortest) / width) as bin, count() as count,
  any(samples) as all_samples, any(mean) as all_mean, any(median) as all_median,
  any(shortest) as first, any(width) as wide, any(bins) as many
from (
  select took, count() over () as samples, avg(took) over () as mean,
    quantileExactInclusive(0.5)(took) over () as median,
    floor(min(took) over () / 1000) as shortest, ceil(max(took) over () / 1000) as longest,
    ${bins ?? 'least(60, greatest(3, ceil(cbrt(samples))))'} as bins,
    ceil((longest - shortest) / bins) as whole, if(whole = 0, 60, whole) as width
  from (
    select try[${to}].1 - try[${from}].1 as took
    from (${triesSql(begun, opened, body)})
    where length(try) >= ${to}
  )
)
group by bin`),
    )
    const counts = new Map(found.map((row) => [Number(row.bin), Number(row.count)]))
    const [one] = found
    const [first = 0, width = 0, many = 0] = [one?.first, one?.wide, one?.many].map(Number)
    return {
      rows: Array.from({ length: one ? many + 1 : 0 }, (_, bin) => ({
        from_s: first + bin * width,
        to_s: first + (bin + 1) * width,
        count: counts.get(bin) ?? 0,
      })),
      samples: Number(one?.all_samples ?? 0),
      mean_s: secondsOf(one?.all_mean),
      median_s: secondsOf(one?.all_median),
      meta: opened.meta,
    }
  },
}
