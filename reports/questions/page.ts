import { CLICK_DEFINITION, elementsOf } from './clicks.ts'
import { percent, secondsOf } from './numbers.ts'
import { isOnPage, PAGE_MEMBER, viewsSql } from './page-views.ts'
import {
  ASKED,
  type Asked,
  IS_ACT,
  limitOf,
  type Opened,
  open,
  POINT,
  type Question,
  type QuestionContext,
} from './question.ts'

interface PageBody extends Asked {
  readonly page: string
  readonly limit?: number
}

const BANDS = 20

/** One page: how far and how long it is read, what is done on it, and how it is left. */
export const page: Question<PageBody> = {
  name: 'page',
  summary: 'One page: scroll, attention, clicks, copies, exits',
  definition: `Views of the page that began in the range; engagement of a view counts whenever it came. Rows are 5 % bands of the page, top first: \`reached\`: views whose greatest depth is the band’s lower edge at least; \`reached_percent\` = reached ÷ \`scrolled_views\`, which are the views that told their depth, less those of a page that fits the window; \`attention_s\`: engaged time with the band in the window, a view (÷ \`measured_views\`); \`attention_percent\`: its share of all bands. \`depths\`: scrolled views by their greatest depth, 0 to 100 %; \`folds\`: views by the fold, which is the share of the page that the window showed before it was scrolled, of those whose window (to 100 px) and page are known. \`exits\`: visits whose last page view is of this page and lies in the range; \`exit_rate_percent\` = exits ÷ views. \`exits_after\`: what those visitors last did on the page. Elements: ${CLICK_DEFINITION}`,
  members: {
    ...ASKED,
    page: PAGE_MEMBER,
    limit: { ...limitOf(1_000, 50), description: 'rows of each further list' },
  },
  required: ['range', 'page'],
  async answer({ page: path, limit = 50, ...asked }, context) {
    const opened = await open(asked, context)
    const [read, elements, copies, exits] = await Promise.all([
      reading(path, opened, context),
      elementsOf({ page: path }, opened, context, limit),
      copiesOf(path, opened, context, limit),
      exitsOf(path, opened, context, limit),
    ])
    return {
      rows: read.bands,
      ...read.views,
      exits: exits.all,
      exit_rate_percent: percent(exits.all, read.views.views),
      exits_after: exits.rows,
      elements,
      copies,
      meta: opened.meta,
    }
  },
}

/** How many have each whole percent, 0 to 100. */
const histogram = (percent: string, isMeant: string) =>
  `arrayMap(percent -> countEqual(groupArrayIf(${percent}, ${isMeant}), percent), range(101))`

async function reading(path: string, opened: Opened, context: QuestionContext) {
  const all = opened.begin()
  const begun = opened.begin()
  const reached = Array.from(
    { length: BANDS },
    (_, at) => `countIf(depth >= ${(at + 1) * 5} and is_scrolled) as r${at}`,
  )
  const [[shown = {}], [read = {}]] = await Promise.all([
    context.run(
      all.sql.statement(`select count() as views, uniqExact(visitor) as visitors
${all.rows('events', all.passes, "event_type = 'pageview'", isOnPage(all.sql, path))}`),
    ),
    context.run(
      begun.sql.statement(`select countIf(is_measured) as measured, countIf(is_short) as short,
  countIf(is_scrolled) as scrolled, quantileExactInclusiveOrNullIf(0.5)(depth, is_scrolled) as median_depth,
  avgOrNullIf(engaged, is_measured) as mean_engaged, sumForEach(attention) as bands,
  ${histogram('depth', 'is_scrolled')} as depths, ${histogram('fold', 'fold > 0')} as folds,
  quantileExactInclusiveOrNullIf(0.5)(fold, fold > 0) as median_fold, ${reached.join(', ')}
from (select *, is_measured and not is_short as is_scrolled from (${viewsSql(begun, path)}))`),
    ),
  ])
  const [views, measured, scrolled] = [shown.views, read.measured, read.scrolled].map(Number)
  const attention = (read.bands as number[]).map(Number) // sumForEach
  const total = attention.reduce((sum, each) => sum + each, 0)
  return {
    views: {
      views: views ?? 0,
      visitors: Number(shown.visitors),
      measured_views: measured ?? 0,
      scrolled_views: scrolled ?? 0,
      short_views: Number(read.short),
      median_depth_percent: read.median_depth,
      mean_engaged_s: secondsOf(read.mean_engaged),
      depths: (read.depths as number[]).map(Number), // arrayMap
      median_fold_percent: read.median_fold,
      folds: (read.folds as number[]).map(Number), // arrayMap
    },
    bands: Array.from({ length: BANDS }, (_, at) => ({
      from_percent: at * 5,
      to_percent: (at + 1) * 5,
      reached: Number(read[`r${at}`]),
      reached_percent: percent(Number(read[`r${at}`]), scrolled ?? 0),
      attention_s: measured ? secondsOf((attention[at] ?? 0) / measured) : null,
      attention_percent: percent(attention[at] ?? 0, total),
    })),
  }
}

async function copiesOf(path: string, opened: Opened, context: QuestionContext, limit: number) {
  const { sql, passes, rows } = opened.begin()
  return context.run(
    sql.statement(`select properties['selector'] as selector, argMax(properties['heading'], occurred_at) as heading,
  countIf(event_type = 'text_copy') as copies, countIf(event_type = 'text_select') as selections,
  uniqExact(visitor) as visitors
${rows('events', passes, "event_type in ('text_copy', 'text_select')", isOnPage(sql, path))}
group by selector
order by copies desc, selections desc, selector
limit ${limit}`),
  )
}

/** Visits that ended on the page, by what was last done on it. */
async function exitsOf(path: string, opened: Opened, context: QuestionContext, limit: number) {
  const { sql, passes, rows: from } = opened.begin()
  const isView = "event_type = 'pageview'"
  const isDone = `${IS_ACT} and not (${isView})`
  const rows = await context.run(
    sql.statement(`select done.1 as event, done.2 as selector, count() as exits, sum(exits) over () as all_exits
from (
  select maxIf(${POINT}, ${isView}) as left_at, argMaxIf(path, ${POINT}, ${isView}) as left_from,
    argMaxIf(${passes}, ${POINT}, ${isView}) as is_asked,
    if(maxIf(${POINT}, ${isDone}) > left_at,
      argMaxIf((toString(event_type), properties['selector']), ${POINT}, ${isDone}), ('', '')) as done
  ${from('eventsAround', `session in (select session ${sql.events(isView, isOnPage(sql, path))})`)}
  group by session
  having ${isOnPage(sql, path, 'left_from')} and is_asked and left_at.1 >= {from:Int64} and left_at.1 < {to:Int64}
)
group by event, selector
order by exits desc, event, selector
limit ${limit}`),
  )
  return {
    all: Number(rows[0]?.all_exits ?? 0),
    rows: rows.map((row) => ({
      event: row.event === '' ? null : String(row.event),
      selector: row.selector === '' ? null : String(row.selector),
      exits: Number(row.exits),
    })),
  }
}
