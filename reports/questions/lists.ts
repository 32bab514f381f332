import { percent } from './numbers.ts'
import { ASKED, type Asked, instantOf, limitOf, open, type Question } from './question.ts'

interface ListBody extends Asked {
  readonly limit?: number
}

interface ListOf {
  readonly name: string
  readonly summary: string
  readonly definition: string
  /** Which events. */
  readonly condition: string
  /** What they are grouped by, and what is told of each group; \`…_at\` is a time. */
  readonly keys: Readonly<Record<string, string>>
  readonly numbers: Readonly<Record<string, string>>
  readonly order: string
  /** A dimension that makes it a list of bots. */
  readonly about?: string
}

const of = (name: string) => `properties['${name}']`
const PEOPLE = { visitors: 'uniqExact(visitor)', visits: 'uniqExact(session)' }
const LAST = { last_at: 'toString(max(occurred_at))' }

/** Events grouped by what they are of, each list with the filters of a query. */
const LISTS: readonly ListOf[] = [
  {
    name: 'copies',
    summary: 'What is copied and selected',
    definition:
      'By page, element, heading above and text (`hash`: of the text, in lower case; `excerpt`: its first words, where the site records them). `copies`: copied or cut; `selections`: selected for a second; `median_length`: characters.',
    condition: "event_type in ('text_copy', 'text_select')",
    keys: {
      page: 'path',
      selector: of('selector'),
      heading: of('heading'),
      hash: of('hash'),
      excerpt: of('excerpt'),
    },
    numbers: {
      copies: "countIf(event_type = 'text_copy')",
      selections: "countIf(event_type = 'text_select')",
      visitors: PEOPLE.visitors,
      median_length: `quantileExactInclusiveOrNull(0.5)(toUInt32OrZero(${of('length')}))`,
    },
    order: 'copies desc, selections desc',
  },
  {
    name: 'downloads',
    summary: 'Files that are downloaded',
    definition: 'Clicks on links to files, by address of the file. `pages`: on which they were.',
    condition: "event_type = 'file_download'",
    keys: { url: of('url'), extension: of('extension') },
    numbers: { downloads: 'count()', ...PEOPLE, pages: 'uniqExact(path)', ...LAST },
    order: 'downloads desc',
  },
  {
    name: 'outbound-links',
    summary: 'Links to other sites that are followed',
    definition: 'Clicks on links to other sites, by address. `pages`: on which they were.',
    condition: "event_type = 'outbound_link'",
    keys: { url: of('url'), host: `domain(${of('url')})` },
    numbers: { clicks: 'count()', ...PEOPLE, pages: 'uniqExact(path)', ...LAST },
    order: 'clicks desc',
  },
  {
    name: 'errors',
    summary: 'JavaScript errors',
    definition:
      'Uncaught errors and unhandled rejections, by message, file and line; each is recorded once a page view. `pages`, `browsers`: up to ten of each; `stack`: of the last.',
    condition: "event_type = 'js_error'",
    keys: { message: of('message'), source: of('source'), line: of('line') },
    numbers: {
      errors: 'count()',
      ...PEOPLE,
      first_at: 'toString(min(occurred_at))',
      ...LAST,
      pages: 'arraySort(groupUniqArray(10)(path))',
      browsers: 'arraySort(groupUniqArray(10)(browser))',
      stack: `argMax(${of('stack')}, occurred_at)`,
    },
    order: 'errors desc',
  },
  {
    name: 'bots',
    summary: 'Bots and AI crawlers',
    definition:
      'Bots by name and kind; `kind` is `ai` for services that train or answer with what they read. They are in no other answer. A bot that runs no script and fetches no pixel is not seen. `top_pages`: the ten that they saw most, about.',
    condition: 'is_bot',
    keys: { name: 'bot_name', kind: 'bot_kind' },
    numbers: {
      events: 'count()',
      pageviews: "countIf(event_type = 'pageview')",
      visits: PEOPLE.visits,
      pages: 'uniqExact(path)',
      ...LAST,
      top_pages: "topKIf(10)(path, path != '')",
    },
    order: 'events desc',
    about: 'visit:bot',
  },
]

export const LIST_QUESTIONS: readonly Question<ListBody>[] = LISTS.map(
  ({ name, summary, definition, condition, keys, numbers, order, about }) => ({
    name,
    summary,
    definition,
    members: { ...ASKED, limit: limitOf(1_000, 100) },
    required: ['range'],
    async answer({ limit = 100, ...asked }, context) {
      const opened = await open(asked, context, about)
      const { sql, passes, rows } = opened.begin()
      const columns = [...Object.entries(keys), ...Object.entries(numbers)]
      // Not by their names: a name in the list is also the name of a column.
      const found = await context.run(
        sql.statement(`select ${columns.map(([column, expression]) => `${expression} as "${column}"`).join(',\n  ')}
from (select * ${rows('events', passes, condition)})
group by ${Object.keys(keys)
          .map((_, index) => index + 1)
          .join(', ')}
order by ${order}, ${Object.keys(keys)
          .map((_, index) => index + 1)
          .join(', ')}
limit ${limit}`),
      )
      return {
        rows: found.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([column, value]) => [
              column,
              column.endsWith('_at') ? instantOf(value) : value,
            ]),
          ),
        ),
        meta: opened.meta,
      }
    },
  }),
)

/** Limits of good and poor at the 75th percentile, as web.dev has them: ms, CLS without unit. */
const GOOD_AND_POOR: Readonly<Record<string, readonly [good: number, poor: number]>> = {
  LCP: [2_500, 4_000],
  INP: [200, 500],
  CLS: [0.1, 0.25],
  FCP: [1_800, 3_000],
  TTFB: [800, 1_800],
}

/** Web vitals as field data is judged: by the 75th percentile (web.dev/articles/vitals). */
export const vitals: Question<ListBody> = {
  name: 'vitals',
  summary: 'Web vitals by page',
  definition:
    'LCP, INP, FCP and TTFB in milliseconds, CLS without unit: the 75th percentile of what was measured in the range, and the shares of good and poor as the browser’s library judged each. `rating`: of the percentile, by the limits of web.dev. `total` is the same of all pages.',
  members: { ...ASKED, limit: limitOf(1_000, 100) },
  required: ['range'],
  async answer({ limit = 100, ...asked }, context) {
    const opened = await open(asked, context)
    const ask = async (keys: readonly string[]) => {
      const { sql, passes, rows } = opened.begin()
      const found = await context.run(
        sql.statement(`select ${keys.join(', ')}, count() as samples,
  quantileExactInclusive(0.75)(toFloat64OrZero(${of('value')})) as p75,
  countIf(${of('rating')} = 'good') as good, countIf(${of('rating')} = 'poor') as poor
${rows(
  'events',
  passes,
  "event_type = 'web_vital'",
  `${of('name')} in (${Object.keys(GOOD_AND_POOR)
    .map((name) => `'${name}'`)
    .join(', ')})`,
)}
group by all
order by samples desc, 1, 2
limit ${limit}`),
      )
      return found.map((row) => vitalRow(row))
    }
    const name = `${of('name')} as name`
    const [rows, total] = await Promise.all([ask(['path as page', name]), ask([name])])
    return { rows, total, meta: opened.meta }
  },
}

function vitalRow(row: Record<string, unknown>) {
  const [samples = 0, p75 = 0, good = 0, poor = 0] = [row.samples, row.p75, row.good, row.poor].map(
    Number,
  )
  const name = String(row.name)
  const [mostGood = 0, mostFair = 0] = GOOD_AND_POOR[name] ?? []
  return {
    ...(row.page !== undefined && { page: row.page }),
    name,
    samples,
    p75: Math.round(p75 * 1_000) / 1_000,
    rating: p75 <= mostGood ? 'good' : p75 <= mostFair ? 'needs-improvement' : 'poor',
    good_percent: percent(good, samples),
    poor_percent: percent(poor, samples),
  }
}
