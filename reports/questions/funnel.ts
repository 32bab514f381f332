import { type FunnelAsked, IS_ATTRIBUTED, openFunnel, triesSql } from './funnel-tries.ts'
import { OTHER, percent, secondsOf } from './numbers.ts'
import {
  ASKED,
  FILTERS,
  limitOf,
  type Opened,
  type Question,
  type QuestionContext,
} from './question.ts'

export interface FunnelBody extends FunnelAsked {
  readonly limit?: number
}

export const FUNNEL_MEMBERS = {
  ...ASKED,
  steps: {
    type: 'array',
    minItems: 1,
    maxItems: 10,
    items: {
      type: 'object',
      required: ['filters'],
      additionalProperties: false,
      properties: { name: { type: 'string', maxLength: 120 }, filters: FILTERS },
    },
    description: 'what an event must be for each step: filters as in `/query`, all of them',
  },
  exclusions: {
    type: 'array',
    maxItems: 5,
    items: {
      type: 'object',
      required: ['filters'],
      additionalProperties: false,
      properties: {
        filters: FILTERS,
        from: { type: 'integer', minimum: 1, maximum: 9, default: 1 },
        to: { type: 'integer', minimum: 2, maximum: 10, description: 'the last when absent' },
      },
    },
    description: 'what must not happen after step `from` and before step `to`',
  },
  order: { type: 'string', enum: ['ordered', 'strict', 'any'], default: 'ordered' },
  window_s: {
    type: 'integer',
    minimum: 1,
    maximum: 31_536_000,
    default: 1_209_600,
    description: 'seconds from the first step to the last; 14 days',
  },
  by: { type: 'string', enum: ['visitor', 'visit'], default: 'visitor' },
  breakdown: { type: 'string', description: 'a dimension' },
  attribution: {
    type: 'string',
    enum: ['step', 'first_touch', 'last_touch', 'all_steps'],
    default: 'step',
    description: 'which of a visitor’s values of the breakdown counts',
  },
  attribution_step: {
    type: 'integer',
    minimum: 1,
    maximum: 10,
    default: 1,
    description: 'with `attribution: step`: at which',
  },
} as const

/** How a try counts: the same for every question about a funnel. */
export const TRIES =
  'Every event that a first step matches begins a try, which takes the earliest event of each next step, all within `window_s` of its beginning and within the range; an event is one step at most. `ordered`: other events may lie between; `strict`: none of what the visitor does may (what a page measures by itself does not count); `any`: the steps come in any order, any of them begins a try, an event that could be several is the one that is next done latest, and row n counts who has done n of them. A try does not count when an event of an exclusion lies after its step `from` and before its step `to`, or where it did not get to that, in its window; with `any`, before all are done. The try that got furthest counts, of several the one that began last.'

const ATTRIBUTION =
  'A breakdown has the value that the dimension has at step `attribution_step` of the try (who did not get there is under none; with `any`, the step that was done so many-th); with `first_touch` (`last_touch`) the first (last) value that is not empty of all of the visitor’s events that match a step, with `all_steps` every value as a funnel of its own, of the events that have it.'

/**
 * How far people get. Counting as in PostHog's funnels, whose ordered, strict
 * and unordered kinds these are; which try of several counts is our own rule,
 * so that each visitor has one time to convert.
 */
export const funnel: Question<FunnelBody> = {
  name: 'funnel',
  summary: 'How many get how far, and how fast',
  definition: `${TRIES} ${ATTRIBUTION} Beyond \`limit\` values, the others are "(other)". \`count\`: visitors (or visits) whose try got to the step at least; \`dropped\`: whose try ended there; \`from_previous_percent\` = count ÷ count of the step before, \`from_first_percent\` = count ÷ count of the first. Times are from the step before, and from the first. \`total\` is the funnel without its breakdown. \`drop_offs\`: where those went who dropped at a step: the ten pages that most saw next in the range, and with \`page\` null those who saw none.`,
  members: {
    ...FUNNEL_MEMBERS,
    limit: { ...limitOf(100, 10), description: 'values of the breakdown' },
  },
  required: ['range', 'steps'],
  async answer(body, context) {
    const names = body.steps.map(({ name }, at) => name ?? `Step ${at + 1}`)
    const opened = await openFunnel(body, context)
    const { limit = 10, breakdown, ...whole } = body
    const columns = names.map((_, at) => stepColumns(at + 1))
    const counted = (of: FunnelAsked, end: string, without: readonly string[] = []) => {
      const begun = opened.begin()
      const isOther = `not has(${begun.sql.bind('Array(String)', without)}, value)`
      return context.run(
        begun.sql.statement(`select ${end ? 'value, ' : ''}${columns.join(', ')}
from (${triesSql(begun, opened, of)})
where notEmpty(try) and ${IS_ATTRIBUTED}${without.length > 0 ? ` and ${isOther}` : ''}
${end}`),
      )
    }
    const [[total = {}], found, nextPages] = await Promise.all([
      counted(whole, ''),
      breakdown ? counted(body, `group by value\norder by c1 desc, value\nlimit ${limit + 1}`) : [],
      dropOffs(whole, opened, context),
    ])
    const groups = found.slice(0, limit)
    const values = groups.map(({ value }) => String(value))
    const others = found.length > limit ? await counted(body, '', values) : []
    const rowsOf = (group: Record<string, unknown>) =>
      names.map((name, at) => stepRow(group, name, at + 1, names.length))
    const all = rowsOf(total)
    return {
      rows: breakdown
        ? [...groups, ...others].flatMap((group) =>
            rowsOf(group).map((row) => ({ value: String(group.value ?? OTHER), ...row })),
          )
        : all,
      total: all,
      drop_offs: withEnds(
        nextPages,
        all.map(({ dropped }) => dropped),
      ),
      meta: opened.meta,
    }
  },
}

const stepColumns = (step: number) =>
  [
    `countIf(length(try) >= ${step}) as c${step}`,
    ...(step === 1 ? [] : [...times(step, step - 1, ''), ...times(step, 1, '_first')]),
  ].join(', ')

const times = (step: number, since: number, suffix: string) =>
  ['avg', 'quantileExactInclusive'].map(
    (aggregate, isMedian) =>
      `${aggregate}OrNullIf${isMedian ? '(0.5)' : ''}(try[${step}].1 - try[${since}].1, length(try) >= ${step}) as ${isMedian ? 'median' : 'mean'}${suffix}${step}`,
  )

function stepRow(group: Record<string, unknown>, name: string, step: number, steps: number) {
  const count = (at: number) => Number(group[`c${at}`])
  return {
    step,
    name,
    count: count(step),
    dropped: step === steps ? 0 : count(step) - count(step + 1),
    from_previous_percent: percent(count(step), count(Math.max(step - 1, 1))),
    from_first_percent: percent(count(step), count(1)),
    mean_s: secondsOf(group[`mean${step}`]),
    median_s: secondsOf(group[`median${step}`]),
    mean_from_first_s: secondsOf(group[`mean_first${step}`]),
    median_from_first_s: secondsOf(group[`median_first${step}`]),
  }
}

/** Where those went who got no further than a step: the next pages that they saw in the range, and how many saw none. */
async function dropOffs(body: FunnelAsked, opened: Opened, context: QuestionContext) {
  const begun = opened.begin()
  const rows = await context.run(
    begun.sql.statement(`select length(try) as step, next as page, count() as count,
  sum(count) over (partition by step) as went_on
from (${triesSql(begun, opened, body, { next: true })})
where step between 1 and ${body.steps.length - 1} and next != ''
group by step, page
order by step, count desc, page
limit 10 by step`),
  )
  return rows.map((row) => ({
    step: Number(row.step),
    page: String(row.page),
    count: Number(row.count),
    wentOn: Number(row.went_on),
  }))
}

/** With those who saw no further page, of each step that was not the last. */
function withEnds(nextPages: Awaited<ReturnType<typeof dropOffs>>, dropped: readonly number[]) {
  return dropped.slice(0, -1).flatMap((all, at) => {
    const pages = nextPages.filter(({ step }) => step === at + 1)
    const ended = all - (pages[0]?.wentOn ?? 0)
    return [
      ...pages.map(({ step, page, count }) => ({ step, page, count })),
      ...(ended > 0 ? [{ step: at + 1, page: null, count: ended }] : []),
    ]
  })
}
