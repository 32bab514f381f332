import type { Filter } from '../../contract/query.ts'
import { percent, secondsOf } from './numbers.ts'
import {
  ASKED,
  type Asked,
  type Begun,
  FILTERS,
  IS_ACT,
  limitOf,
  type Opened,
  open,
  POINT,
  type Question,
  type QuestionContext,
} from './question.ts'

export interface FunnelBody extends Asked {
  readonly steps: readonly { readonly name?: string; readonly filters: readonly Filter[] }[]
  readonly order?: 'ordered' | 'strict' | 'any'
  readonly window_s?: number
  readonly by?: 'visitor' | 'visit'
  readonly breakdown?: string
  readonly limit?: number
}

export const FUNNEL_MEMBERS = {
  ...ASKED,
  steps: {
    type: 'array',
    minItems: 2,
    maxItems: 10,
    items: {
      type: 'object',
      required: ['filters'],
      additionalProperties: false,
      properties: { name: { type: 'string', maxLength: 120 }, filters: FILTERS },
    },
    description: 'what an event must be for each step: filters as in `/query`, all of them',
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
  breakdown: { type: 'string', description: 'a dimension; its value at the first step' },
} as const

/**
 * How far people get. Counting as in PostHog's funnels, whose ordered, strict
 * and unordered kinds these are; which try of several counts is our own rule,
 * so that each visitor has one time to convert and one value of a breakdown.
 */
export const funnel: Question<FunnelBody> = {
  name: 'funnel',
  summary: 'How many get how far, and how fast',
  definition:
    'Every event that a first step matches begins a try, which takes the earliest event of each next step, all within `window_s` of its beginning and within the range; an event is one step at most. `ordered`: other events may lie between; `strict`: none of what the visitor does may (what a page measures by itself does not count); `any`: the steps come in any order, and row n counts who has done n of them. The try that got furthest counts, of several the one that began last. `count`: visitors (or visits) whose try got to the step at least; `dropped`: whose try ended there; `from_previous_percent` = count ÷ count of the step before, `from_first_percent` = count ÷ count of the first. Times are from the step before, and from the first. `total` is of all breakdowns. `drop_offs`: where those went who dropped at a step: the ten pages that most saw next in the range, and with `page` null those who saw none.',
  members: { ...FUNNEL_MEMBERS, limit: limitOf(100, 10) },
  required: ['range', 'steps'],
  async answer(body, context) {
    const names = body.steps.map(({ name }, at) => name ?? `Step ${at + 1}`)
    const opened = await open(body, context, body.breakdown)
    const { limit = 10, breakdown } = body
    const columns = names.map((_, at) => stepColumns(at + 1))
    const counted = (by: string) => {
      const begun = opened.begin()
      return context.run(
        begun.sql.statement(`select ${by === '' ? '' : 'value, '}${columns.join(', ')}
from (${triesSql(begun, opened, body)})
where notEmpty(try)
${by}`),
      )
    }
    const [[total = {}], groups, nextPages] = await Promise.all([
      counted(''),
      breakdown ? counted(`group by value\norder by c1 desc, value\nlimit ${limit}`) : [],
      dropOffs(body, opened, context),
    ])
    const rowsOf = (group: Record<string, unknown>) =>
      names.map((name, at) => stepRow(group, name, at + 1, names.length))
    const all = rowsOf(total)
    return {
      rows: breakdown
        ? groups.flatMap((group) =>
            rowsOf(group).map((row) => ({ value: String(group.value), ...row })),
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
async function dropOffs(body: FunnelBody, opened: Opened, context: QuestionContext) {
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

const actorOf = ({ by = 'visitor' }: Pick<FunnelBody, 'by'>) =>
  by === 'visit' ? 'session' : 'visitor'

/**
 * One row for each visitor (or visit) that has an event of a step: `try` has
 * the time and the point of each step (and, where it is asked for, the visit),
 * `value` the breakdown at the first, `next` the page seen after the last. What
 * is not needed is left out: it would be sorted along.
 */
export function triesSql(
  { passes, meets, dimension, rows }: Begun,
  opened: Opened,
  { steps, order = 'ordered', window_s = 1_209_600, ...body }: FunnelBody,
  wants: { readonly sessions?: boolean; readonly next?: boolean } = {},
): string {
  const masks = steps.map(({ filters }, at) => {
    const condition = meets(opened.filter(filters, `steps[${at}].filters`))
    return `toUInt16(${condition}) * ${2 ** at}`
  })
  const further = [
    wants.sessions ? '(session, toUnixTimestamp64Milli(session_started_at))' : '0',
    body.breakdown === undefined ? '0' : `toString(${dimension(body.breakdown)})`,
  ]
  return `select
    actor,
    arraySort(groupArrayIf((point, mask, of_session, of_value), is_listed)) as list,
    arrayMap(e -> e.1.1, list) as times,
    arrayMap(e -> e.2, list) as masks,
    arrayEnumerate(list) as places,
    ${FOLDS[order](steps.length, window_s * 1_000)} as found,
    arrayMap(e -> (e.1, list[e.2].1, list[e.2].3), found) as try,
    list[found[1].2].4 as value${
      wants.next
        ? `,
    groupArrayIf((point, path), event_type = 'pageview') as views,
    arraySort(arrayFilter(view -> view.1 > try[-1].2, views))[1].2 as next`
        : ''
    }
  from (
    select ${actorOf(body)} as actor, ${POINT} as point, ${masks.join(' + ')} as mask,
      mask != 0${order === 'strict' ? ` or ${IS_ACT}` : ''} as is_listed,
      ${further[0]} as of_session, ${further[1]} as of_value${wants.next ? ', event_type, path' : ''}
    ${rows('events', passes)} and (is_listed${wants.next ? " or event_type = 'pageview'" : ''})
  )
  group by actor
  ${order === 'any' ? '' : 'having max(bitTest(mask, 0)) = 1'}`
}

// A try is the list of its steps: time in milliseconds, and place in the list of events.
const NO_TRY = '[]::Array(Tuple(Int64, UInt32))'
const EVENT = '(t, toUInt32(at))'
/** `tries[n]`, moved up by one: what the n-th step follows. */
const before = (tries: string) => `arrayPushFront(arrayPopBack(${tries}), ${NO_TRY})`
const events = (lambda: string, start: string) =>
  `arrayFold(${lambda}, times, masks, places, ${start})`
const better = (one: string, other: string) =>
  `if((length(${one}), ${one}[1].2) > (length(${other}), ${other}[1].2), ${one}, ${other})`

const FOLDS: Record<
  NonNullable<FunnelBody['order']>,
  (steps: number, windowMs: number) => string
> = {
  // For each number of steps, the try that has come so far and began last: it has the most of its window left.
  ordered: (steps, windowMs) =>
    `arrayLast(tried -> notEmpty(tried), ${events(
      `acc, t, mask, at -> arrayMap((tried, previous, step) ->
      if(bitTest(mask, step) and (step = 0 or (notEmpty(previous) and t - previous[1].1 <= ${windowMs}
          and (empty(tried) or tried[1].2 < previous[1].2))),
        arrayPushBack(previous, ${EVENT}), tried),
      acc, ${before('acc')}, range(${steps}))`,
      `arrayMap(step -> ${NO_TRY}, range(${steps}))`,
    )})`,
  // Those that the event before was the last step of, and the best so far.
  strict: (steps, windowMs) =>
    `tupleElement(${events(
      `acc, t, mask, at -> arrayMap(live -> (live, ${better(
        'arrayLast(tried -> notEmpty(tried), live)',
        'acc.2',
      )}), [arrayMap((previous, step) ->
        if(bitTest(mask, step) and (step = 0 or (notEmpty(previous) and t - previous[1].1 <= ${windowMs})),
          arrayPushBack(previous, ${EVENT}), ${NO_TRY}),
        ${before('acc.1')}, range(${steps}))])[1]`,
      `(arrayMap(step -> ${NO_TRY}, range(${steps})), ${NO_TRY})`,
    )}, 2)`,
  // When each step was last done, and the best moment so far. An event is the step that it could be that was done longest ago.
  any: (steps, windowMs) =>
    `tupleElement(${events(
      `acc, t, mask, at -> arrayMap(last -> (last, ${better(
        `arraySort(e -> e.2, arrayFilter(e -> e.2 > 0 and t - e.1 <= ${windowMs}, last))`,
        'acc.2',
      )}), [arrayMap((done, step) ->
        if(step = arraySort(other -> (acc.1[other + 1].2, other), arrayFilter(other -> bitTest(mask, other), range(${steps})))[1],
          ${EVENT}, done),
        acc.1, range(${steps}))])[1]`,
      `(arrayMap(step -> (0::Int64, 0::UInt32), range(${steps})), ${NO_TRY})`,
    )}, 2)`,
}
