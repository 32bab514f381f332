import { percent, secondsOf } from './numbers.ts'
import { type Opened, POINT, type QuestionContext } from './question.ts'

const ABANDONED_AFTER_MS = 30 * 60_000
const of = (name: string) => `properties['${name}']`
const number = (name: string) => `toInt64OrNull(${of(name)})`
/** The first or last value of a member that the events of a try have. */
const first = (value: string, has: string) => `argMinIf(${value}, ${POINT}, ${has})`
const last = (value: string, has: string) => `argMaxIf(${value}, ${POINT}, ${has})`
const isType = (name: string) => `event_type = '${name}'`
const WITH_INPUT = `if(${of('lastField')} = '' and ${isType('form_start')}, ${of('field')}, ${of('lastField')})`
const WITH_FOCUS = `if(${of('lastFocused')} != '', ${of('lastFocused')}, ${of('field')})`
const IS_VALID = `${isType('form_submit')} and ${of('isValid')} = 'true'`

/** What counts as what, for every report about forms. FORMS.md 6.3 is where the rules are from. */
export const FORM_DEFINITION =
  'A try is what one visitor does at a form from seeing it to success, to the last submit, or to where it was left; it is of the range that its first event lies in. `loads`: forms on a page, seen or not. `views`: half of the form or of its first field was in the window for a second. `touches`: tries with a focus; `starts`: with an input (`autofilled_starts`: made by the browser). `submit_attempts`: submits, `submits`: of these the valid ones that the page did not take over, `successes`: tries that a rule of the site calls a success. `abandons`: tries with an input, without success, and 30 minutes old; younger ones are `open`. `validation_failures`: times that fields failed. Hesitation is from seen to the first input, time to success from the first input, both without hidden time. `out_of_order_percent`: of the tries whose fields are known, those filled in another order than they stand in.'

/**
 * One row for each try at a form (of the site, or the one named) that began in
 * the range: what pipeline/form-submission.ts makes of its events, and what
 * came before the first focus.
 */
export function triesOf(
  opened: Opened,
  context: QuestionContext,
  { form, breakdown }: { form?: string | undefined; breakdown?: string | undefined },
) {
  const { sql, passes, rows, dimension } = opened.begin()
  const ofForm = form === undefined ? '' : ` and ${of('form')} = ${sql.bind('String', form)}`
  const since = sql.bind('Int64', context.nowMs - ABANDONED_AFTER_MS)
  const tries = `select *, multiIf(successes > 0, 'completed', not is_started, 'not_started', last_ms < ${since}, 'abandoned', 'open') as outcome
  from (
    select any(${of('form')}) as form, ${of('attempt')} as attempt, visitor as of_visitor,
      any(toString(${breakdown === undefined ? "''" : dimension(breakdown)})) as value,
      min(toUnixTimestamp64Milli(occurred_at)) as first_ms,
      max(toUnixTimestamp64Milli(occurred_at)) as last_ms,
      ${first(of('version'), `${of('version')} != ''`)} as version,
      countIf(${isType('form_load')}) as loads,
      countIf(${isType('form_view')}) as views,
      countIf(event_type not in ('form_load', 'form_view')) > 0 as is_touched,
      countIf(${isType('form_start')}) > 0 as is_started,
      countIf(${of('isAutofill')} = 'true') > 0 as is_autofill,
      max(ifNull(${number('submits')}, 0)) as submit_attempts,
      countIf(${IS_VALID} and ${of('isPrevented')} != 'true') as submits,
      countIf(${isType('form_success')}) as successes,
      countIf(${isType('form_invalid')}) as failures,
      groupArrayArrayIf(JSONExtract(${of('failed')}, 'Array(String)'), ${isType('form_invalid')}) as failed,
      ${first(number('hesitationMs'), `${number('hesitationMs')} is not null`)} as hesitation_ms,
      ${last(number('timeMs'), `${number('timeMs')} is not null`)} as time_ms,
      ${last(WITH_INPUT, `${WITH_INPUT} != ''`)} as drop_field,
      ${last(WITH_FOCUS, `${WITH_FOCUS} != ''`)} as drop_field_focused,
      JSONExtractArrayRaw(${last(of('fields'), `${of('fields')} != ''`)}) as fields,
      JSONExtractArrayRaw(${last(of('fields'), IS_VALID)}) as valid_fields
    ${rows('eventsAround', passes, `startsWith(event_type, 'form_')`, `${of('attempt')} != ''`)}${ofForm}
    group by visitor, attempt
    having first_ms >= {from:Int64} and first_ms < {to:Int64}
  )`
  return { sql, tries }
}

const ORDER = `arrayMap(f -> f.2, arraySort(arrayFilter(f -> f.1 > 0,
  arrayMap(f -> (JSONExtractInt(f, 'order'), JSONExtractInt(f, 'index')), fields))))`

/** Aggregates over rows of `triesOf`. */
export const SUMMARY = `sum(loads) as n_loads, sum(views) as n_views,
  uniqExactIf(of_visitor, views > 0) as viewers, countIf(is_touched) as touches,
  countIf(is_started) as starts, countIf(is_started and is_autofill) as autofilled_starts,
  sum(submit_attempts) as n_submit_attempts, sum(submits) as n_submits,
  countIf(successes > 0) as n_successes, countIf(outcome = 'abandoned') as abandons,
  countIf(outcome = 'open') as open, sum(failures) as validation_failures,
  avgOrNull(hesitation_ms) as mean_hesitation, quantileExactInclusiveOrNull(0.5)(hesitation_ms) as median_hesitation,
  avgOrNullIf(time_ms, successes > 0) as mean_time, quantileExactInclusiveOrNullIf(0.5)(time_ms, successes > 0) as median_time,
  countIf(notEmpty(fields)) as known, countIf(${ORDER} != arraySort(${ORDER})) as out_of_order`

export function summaryRow(row: Record<string, unknown>) {
  const count = (name: string) => Number(row[name])
  const [views, starts, successes] = [count('n_views'), count('starts'), count('n_successes')]
  return {
    loads: count('n_loads'),
    views,
    viewers: count('viewers'),
    touches: count('touches'),
    starts,
    autofilled_starts: count('autofilled_starts'),
    submit_attempts: count('n_submit_attempts'),
    submits: count('n_submits'),
    successes,
    abandons: count('abandons'),
    open: count('open'),
    validation_failures: count('validation_failures'),
    view_to_start_percent: percent(starts, views),
    start_to_success_percent: percent(successes, starts),
    view_to_success_percent: percent(successes, views),
    mean_hesitation_s: secondsOf(row.mean_hesitation),
    median_hesitation_s: secondsOf(row.median_hesitation),
    mean_time_to_success_s: secondsOf(row.mean_time),
    median_time_to_success_s: secondsOf(row.median_time),
    out_of_order_percent: percent(count('out_of_order'), count('known')),
  }
}
