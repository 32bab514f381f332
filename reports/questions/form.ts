import type { Run } from '../answer.ts'
import { FORM_DEFINITION, SUMMARY, summaryRow, triesOf } from './form-tries.ts'
import { percent, secondsOf } from './numbers.ts'
import { ASKED, type Asked, open, type Question } from './question.ts'

interface FormBody extends Asked {
  readonly form: string
  readonly breakdown?: string
}

/** One form: where people stop in it, and what holds them up. */
export const form: Question<FormBody> = {
  name: 'form',
  summary: 'One form by field: completers against abandoners',
  definition: `${FORM_DEFINITION} Rows are by field and by \`who\`: of all tries whose fields are known (there was a submit, or the page was left), of those that were completed and of those that were abandoned. \`touched\`: had the focus; times are means over those tries; \`refocuses\`: focuses after the first; \`refills\`: changed again after it was left; \`corrections\`: runs of deleting; \`blank_percent\`: empty in the last valid submit (of fields of which that may be known); \`failures\`: failed validations; \`drops\`: abandoned with this as the last field with input, \`drops_focused\`: as the last with the focus.`,
  members: {
    ...ASKED,
    form: { type: 'string', maxLength: 500, description: 'as `/forms` names it' },
    breakdown: { type: 'string', description: 'a dimension, for `groups`' },
  },
  required: ['range', 'form'],
  async answer({ form: name, breakdown, ...asked }, context) {
    const opened = await open(asked, context, breakdown)
    const of = () => triesOf(opened, context, { form: name, breakdown })
    const summaries = async (key: string) => {
      const { sql, tries } = of()
      const rows = await context.run(
        sql.statement(`select ${key} as key, ${SUMMARY}
from (${tries})
group by key
order by starts desc, n_views desc, key
limit 100`),
      )
      return rows.map((row) => ({ key: String(row.key), ...summaryRow(row) }))
    }
    const [total, outcomes, versions, groups, rows] = await Promise.all([
      summaries("''"),
      summaries('outcome'),
      summaries('version'),
      breakdown === undefined ? [] : summaries('value'),
      fieldRows(of, context.run),
    ])
    return {
      rows,
      total: total.map(({ key: _, ...all }) => all)[0] ?? null,
      completers: outcomes.find(({ key }) => key === 'completed') ?? null,
      abandoners: outcomes.find(({ key }) => key === 'abandoned') ?? null,
      versions,
      ...(breakdown !== undefined && { groups }),
      meta: opened.meta,
    }
  },
}

const WHO = "if(outcome in ('completed', 'abandoned'), ['all', outcome], ['all'])"
const whole = (name: string) => `JSONExtractInt(f, '${name}')`

async function fieldRows(of: () => ReturnType<typeof triesOf>, run: Run) {
  const ask = (select: (tries: string) => string) => {
    const { sql, tries } = of()
    return run(sql.statement(select(tries)))
  }
  const [known, blank, failed, drops, focusedDrops] = await Promise.all([
    ask(
      (tries) => `select who, JSONExtractString(f, 'field') as field,
  any(JSONExtractString(f, 'type')) as type, min(${whole('index')}) as place, count() as tries,
  countIf(${whole('focuses')} > 0) as touched, countIf(${whole('order')} > 0) as filled,
  avgOrNullIf(${whole('timeMs')}, ${whole('focuses')} > 0) as mean_ms,
  avgOrNullIf(${whole('hesitationMs')}, JSONHas(f, 'hesitationMs')) as mean_hesitation,
  sum(greatest(${whole('focuses')} - 1, 0)) as refocuses,
  ${SUMS.map((name) => `sum(${whole(name)}) as ${name}`).join(', ')},
  sumMap(if(JSONHas(f, 'lengthBucket'), map(JSONExtractString(f, 'lengthBucket'), 1), map())) as lengths
from (${tries})
array join ${WHO} as who
array join fields as f
group by who, field`,
    ),
    ask(
      (tries) => `select who, JSONExtractString(f, 'field') as field, count() as submitted,
  countIf(JSONExtractBool(f, 'isBlank')) as blank
from (${tries})
array join ${WHO} as who
array join valid_fields as f
group by who, field`,
    ),
    ask((tries) => counted(tries, 'failed', '')),
    ask((tries) => counted(tries, '[drop_field]', "and outcome = 'abandoned'")),
    ask((tries) => counted(tries, '[drop_field_focused]', "and outcome = 'abandoned'")),
  ])
  const numbers = (rows: typeof known, name: string) => {
    const byKey = new Map(rows.map((row) => [keyOf(row), Number(row[name])]))
    return (row: Record<string, unknown>) => byKey.get(keyOf(row)) ?? 0
  }
  const submitted = numbers(blank, 'submitted')
  const blanks = numbers(blank, 'blank')
  const failures = numbers(failed, 'n')
  const dropped = numbers(drops, 'n')
  const droppedFocused = numbers(focusedDrops, 'n')
  // Who stops before any snapshot has fields only in what failed or was left.
  const byKey = new Map(
    [failed, drops, focusedDrops, known].flat().map((row) => [keyOf(row), row] as const),
  )
  return [...byKey.values()]
    .map((row) => ({
      field: String(row.field),
      who: String(row.who),
      type: row.type ?? null,
      place: row.place === undefined ? null : Number(row.place),
      tries: Number(row.tries ?? 0),
      touched: Number(row.touched ?? 0),
      filled: Number(row.filled ?? 0),
      mean_s: secondsOf(row.mean_ms),
      mean_hesitation_s: secondsOf(row.mean_hesitation),
      refocuses: Number(row.refocuses ?? 0),
      ...Object.fromEntries(SUMS.map((name) => [name, Number(row[name] ?? 0)])),
      blank: blanks(row),
      submitted: submitted(row),
      blank_percent: percent(blanks(row), submitted(row)),
      failures: failures(row),
      drops: dropped(row),
      drops_focused: droppedFocused(row),
      lengths: row.lengths ?? {},
    }))
    .sort(
      (a, b) =>
        (a.place ?? 999) - (b.place ?? 999) ||
        a.field.localeCompare(b.field) ||
        ORDER.indexOf(a.who) - ORDER.indexOf(b.who),
    )
}

const SUMS = ['changes', 'refills', 'corrections', 'pastes', 'autofills']
const ORDER = ['all', 'completed', 'abandoned']

const keyOf = (row: Record<string, unknown>) => `${row.who} ${row.field}`

/** How often each field is in a list of the tries. */
const counted = (tries: string, list: string, condition: string) => `select who, field, count() as n
from (${tries})
array join ${WHO} as who
array join ${list} as field
where field != '' ${condition}
group by who, field`
