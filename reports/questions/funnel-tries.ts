import type { Filter } from '../../contract/query.ts'
import { QueryError } from '../query-error.ts'
import {
  type Asked,
  type Begun,
  IS_ACT,
  type Opened,
  open,
  POINT,
  type QuestionContext,
} from './question.ts'

/** What every question about a funnel is asked of. */
export interface FunnelAsked extends Asked {
  readonly steps: readonly { readonly name?: string; readonly filters: readonly Filter[] }[]
  readonly exclusions?: readonly {
    readonly filters: readonly Filter[]
    readonly from?: number
    readonly to?: number
  }[]
  readonly order?: 'ordered' | 'strict' | 'any'
  readonly window_s?: number
  readonly by?: 'visitor' | 'visit'
  readonly breakdown?: string
  readonly attribution?: 'step' | 'first_touch' | 'last_touch' | 'all_steps'
  readonly attribution_step?: number
}

/** Reads what a schema cannot check of a funnel. */
export async function openFunnel(body: FunnelAsked, context: QuestionContext): Promise<Opened> {
  const { steps, order = 'ordered', attribution = 'step', attribution_step: nth = 1 } = body
  const must = (is: boolean, part: string, what: string) => {
    if (!is) throw new QueryError(part, `must be ${what}.`)
  }
  for (const [index, { from = 1, to = steps.length }] of (body.exclusions ?? []).entries()) {
    const part = `exclusions[${index}]`
    must(steps.length > 1, part, 'absent of a funnel of one step')
    must(from < steps.length, `${part}.from`, `before the last of ${steps.length} steps`)
    must(to > from, `${part}.to`, `after \`from\`, which is ${from}`)
    must(to <= steps.length, `${part}.to`, `one of the funnel’s ${steps.length} steps`)
    must(
      order !== 'any' || (from === 1 && to === steps.length),
      part,
      'from the first to the last step, or without `from` and `to`, where steps have no order',
    )
  }
  // What is as it would be anyway may be said.
  must(
    body.breakdown !== undefined || (attribution === 'step' && nth === 1),
    'attribution',
    'absent without `breakdown`',
  )
  must(attribution === 'step' || nth === 1, 'attribution_step', 'absent with this `attribution`')
  must(nth <= steps.length, 'attribution_step', `one of the funnel’s ${steps.length} steps`)
  return open(body, context, body.breakdown)
}

/** Of a row of tries: that its breakdown has a value. */
export const IS_ATTRIBUTED = 'is_attributed'

/**
 * One row for each visitor (or visit) that has an event of a step: `try` has
 * the time and the point of each step (and, where it is asked for, the visit),
 * `value` the breakdown, `next` the page seen after the last step. What is not
 * needed is left out: it would be sorted along.
 */
export function triesSql(
  { passes, meets, dimension, rows }: Begun,
  opened: Opened,
  { steps, exclusions = [], order = 'ordered', window_s = 1_209_600, ...body }: FunnelAsked,
  wants: { readonly sessions?: boolean; readonly next?: boolean } = {},
): string {
  const { attribution = 'step', attribution_step: nth = 1, breakdown } = body
  const met = (filters: readonly Filter[], part: string) => meets(opened.filter(filters, part))
  const [first = '1', ...others] = steps.map(({ filters }, at) =>
    met(filters, `steps[${at}].filters`),
  )
  const actor = body.by === 'visit' ? 'session' : 'visitor'
  const bits = [
    first,
    ...others,
    ...exclusions.map(({ filters }, at) => met(filters, `exclusions[${at}].filters`)),
    ...(order === 'strict' ? [IS_ACT] : []),
  ].map((condition, bit) => `toUInt32(${condition}) * ${2 ** bit}`)
  const isApart = breakdown !== undefined && attribution === 'all_steps'
  const isValued = `e -> e.4 != '' and ${isStep('e.2', steps.length)}`
  const value = {
    step: `list[found[${nth}].2].4`,
    first_touch: `arrayFirst(${isValued}, list).4`,
    last_touch: `arrayLast(${isValued}, list).4`,
    all_steps: 'of_value',
  }[attribution]
  const further = [
    wants.sessions ? '(session, toUnixTimestamp64Milli(session_started_at))' : '0',
    breakdown === undefined ? "''" : `toString(${dimension(breakdown)})`,
  ]
  const fold = (order === 'any' ? anyFold : chainFold)({
    ...{ steps: steps.length, windowMs: window_s * 1_000, isStrict: order === 'strict' },
    exclusions: exclusions.map(({ from = 1, to = steps.length }) => ({ from, to })),
  })
  return `select
    actor,
    arraySort(groupArrayIf((point, mask, of_session, of_value), mask != 0)) as list,
    arrayReverse(list) as back,
    arrayMap(e -> e.1.1, back) as times,
    arrayMap(e -> e.2, back) as masks,
    arrayReverse(arrayEnumerate(list)) as places,
    ${fold} as found,
    arrayMap(e -> (e.1, list[e.2].1, list[e.2].3), found) as try,
    ${breakdown === undefined ? "''" : value} as value,
    ${breakdown !== undefined && attribution === 'step' ? `length(found) >= ${nth}` : '1'} as ${IS_ATTRIBUTED}${
      wants.next
        ? `,
    groupArrayIf((point, path), event_type = 'pageview') as views,
    arraySort(arrayFilter(view -> view.1 > try[-1].2, views))[1].2 as next`
        : ''
    }
  from (
    select ${actor} as actor, ${POINT} as point, ${bits.join(' + ')} as mask,
      ${further[0]} as of_session, ${further[1]} as of_value${wants.next ? ', event_type, path' : ''}
    ${rows('events', passes)} and (mask != 0${wants.next ? " or event_type = 'pageview'" : ''})${
      order === 'any'
        ? ''
        : `\n      and ${actor} in (select ${actor} ${rows('events', passes)} and ${first})`
    }
  )
  group by actor${isApart ? ', of_value' : ''}
  ${order === 'any' ? '' : 'having max(bitTest(mask, 0)) = 1'}`
}

interface Fold {
  readonly steps: number
  readonly windowMs: number
  readonly isStrict: boolean
  readonly exclusions: readonly { readonly from: number; readonly to: number }[]
}

/*
 * A visitor's events are read from the last to the first, so that whatever
 * comes after an event is known when it begins a try, and each event costs the
 * same however long the history is. A try is the list of its steps: time in
 * milliseconds, place in the list of events and, where there are exclusions,
 * when each of them next happens.
 */
const NEVER = '(9000000000000000::Int64, 4294967295::UInt32)'
const HERE = '(t, toUInt32(at))'
const folded = (acc: string, start: string) =>
  `tupleElement(arrayFold(acc, t, mask, at -> ${acc}, times, masks, places, ${start}), 2)`
const isStep = (mask: string, steps: number) => `bitAnd(${mask}, ${2 ** steps - 1}) != 0`
/** Of several that got equally far, the one that began last was met first. */
const better = (tried: string, spoiled: string) =>
  `arrayMap(tried -> if(length(tried) > length(acc.2)${spoiled}, tried, acc.2), [${tried}])[1]`
const next = ({ steps, exclusions }: Fold) =>
  `arrayMap((then, which) -> if(bitTest(mask, ${steps} + which), ${HERE}, then), acc.3, range(${exclusions.length}))`
const never = (count: number) => `arrayMap(which -> ${NEVER}, range(${count}))`
const within = (since: string, windowMs: number) => `${since} - t <= ${windowMs}`

/** For each step, the chain of earliest events from the next one that is that step. */
function chainFold(fold: Fold): string {
  const { steps, windowMs, isStrict, exclusions } = fold
  const isExcluding = exclusions.length > 0
  const none = `[]::Array(Tuple(Int64, UInt32${isExcluding ? ', Array(Tuple(Int64, UInt32))' : ''}))`
  const event = isExcluding ? '(t, toUInt32(at), acc.3)' : HERE
  // What only an exclusion matches is nothing that the visitor does.
  const isNothing = `bitAnd(mask, ${2 ** steps - 1 + 2 ** (steps + exclusions.length)}) = 0`
  const otherwise = isStrict ? `if(${isNothing}, chain, ${none})` : 'chain'
  const chains = `arrayMap((chain, later, step) -> if(bitTest(mask, step), arrayPushFront(later, ${event}), ${otherwise}), acc.1, arrayPushBack(arrayPopFront(acc.1), ${none}), range(${steps}))`
  const spoiled = exclusions.map(({ from, to }, which) => {
    const then = `tried[${from}].3[${which + 1}]`
    return ` and not (length(tried) >= ${from} and if(length(tried) >= ${to}, ${then}.2 < tried[${to}].2, ${within(`${then}.1`, windowMs)}))`
  })
  const tried = `if(bitTest(mask, 0), arrayFilter(e -> ${within('e.1', windowMs)}, chains[1]), ${none})`
  const acc = ['chains', better(tried, spoiled.join('')), ...(isExcluding ? [next(fold)] : [])]
  const start = [
    `arrayMap(step -> ${none}, range(${steps}))`,
    none,
    ...(isExcluding ? [never(exclusions.length)] : []),
  ]
  return folded(`arrayMap(chains -> (${acc.join(', ')}), [${chains}])[1]`, `(${start.join(', ')})`)
}

/** When each step is next done. An event is the step that it could be that is next done latest. */
function anyFold(fold: Fold): string {
  const { steps, windowMs, exclusions } = fold
  const isExcluding = exclusions.length > 0
  const none = '[]::Array(Tuple(Int64, UInt32))'
  const which = `arraySort(other -> (-toInt64(acc.1[other + 1].2), other), arrayFilter(other -> bitTest(mask, other), range(${steps})))[1]`
  const dones = `arrayMap((then, step) -> if(bitTest(mask, step) and step = ${which}, ${HERE}, then), acc.1, range(${steps}))`
  const spoiled = exclusions.map(
    (_, at) =>
      ` and not if(length(tried) = ${steps}, acc.3[${at + 1}].2 < tried[${steps}].2, ${within(`acc.3[${at + 1}].1`, windowMs)})`,
  )
  const tried = `if(${isStep('mask', steps)}, arraySort(e -> e.2, arrayFilter(e -> ${within('e.1', windowMs)}, dones)), ${none})`
  const acc = ['dones', better(tried, spoiled.join('')), ...(isExcluding ? [next(fold)] : [])]
  const start = [never(steps), none, ...(isExcluding ? [never(exclusions.length)] : [])]
  return folded(`arrayMap(dones -> (${acc.join(', ')}), [${dones}])[1]`, `(${start.join(', ')})`)
}
