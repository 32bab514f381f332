import { percent } from './numbers.ts'
import { viewsSql } from './page-views.ts'
import {
  ASKED,
  type Asked,
  limitOf,
  type Opened,
  open,
  type Question,
  type QuestionContext,
} from './question.ts'

interface ClicksBody extends Asked {
  readonly page: string
  readonly kind?: Kind
  readonly resolution?: number
  readonly limit?: number
}
type Kind = (typeof KINDS)[number]

const KINDS = ['normal', 'rage', 'dead'] as const
const KIND =
  "multiIf(event_type = 'rage_click', 'rage', event_type = 'dead_click', 'dead', 'normal')"
const CLICKS =
  "event_type in ('click', 'outbound_link', 'file_download', 'rage_click', 'dead_click')"
const TOP = "JSONExtractInt(properties['box'], 2)"

export const CLICK_DEFINITION =
  '`clicks`: clicks on a link or a control; `rage`: times of three clicks within a second and 30 px; `dead`: clicks after which nothing happened. `clickers`: visitors. `exposed_views`: views of the page in which the element’s top was above the lowest point that was seen, or that clicked it; the top is the median of its clicks, by class of viewport. `exposed_rate_percent` = views with a click on it ÷ exposed views. `share_percent` = clicks ÷ all clicks on the page.'

/** Where a page was clicked: FORMS.md 6.9, by element and place in it, so that a change of layout moves the map along. */
export const clicks: Question<ClicksBody> = {
  name: 'clicks',
  summary: 'Click map of a page',
  definition: `${CLICK_DEFINITION} Rows are cells of an element: \`x\` and \`y\` are the left and upper edge in thousandths of its size, null where the click has no place (by keyboard). \`elements\` has the same clicks by element.`,
  members: {
    ...ASKED,
    page: { type: 'string', maxLength: 2_048, description: 'a path' },
    kind: { type: 'string', enum: [...KINDS], description: 'all when absent' },
    resolution: { ...limitOf(100, 20), description: 'cells along each side of an element' },
    limit: limitOf(10_000, 2_000),
  },
  required: ['range', 'page'],
  async answer({ page, kind, resolution = 20, limit = 2_000, ...asked }, context) {
    const opened = await open(asked, context)
    const { sql, passes, rows } = opened.begin()
    const cell = (name: string) =>
      `if(properties['${name}'] = '', null, intDiv(least(intDiv(toInt32OrZero(properties['${name}']) * ${resolution}, 1000), ${resolution - 1}) * 1000, ${resolution}))`
    const [cells, elements] = await Promise.all([
      context.run(
        sql.statement(`select properties['selector'] as selector, ${cell('x')} as x, ${cell('y')} as y, ${KIND} as kind,
  count() as clicks, uniqExact(visitor) as clickers
${rows('events', passes, CLICKS, `path = ${sql.bind('String', page)}`)}
  ${kind ? `and kind = ${sql.bind('String', kind)}` : ''}
group by selector, x, y, kind
order by clicks desc, selector, x, y, kind
limit ${limit}`),
      ),
      elementsOf(page, opened, context, 1_000),
    ])
    const byName = new Map(elements.map((element) => [element.selector, element]))
    return {
      rows: cells.map((row) => {
        const { exposed_views = 0 } = byName.get(String(row.selector)) ?? {}
        return { ...row, exposed_views }
      }),
      elements,
      meta: { ...opened.meta, cell: 1_000 / resolution },
    }
  },
}

/** The elements of a page that were clicked, the most first. */
export async function elementsOf(
  page: string,
  opened: Opened,
  context: QuestionContext,
  limit: number,
) {
  const { sql, passes, rows } = opened.begin()
  const [counted, exposed] = await Promise.all([
    context.run(
      sql.statement(`select properties['selector'] as selector, argMax(properties['tag'], occurred_at) as tag,
  countIf(${KIND} = 'normal') as clicks, countIf(${KIND} = 'rage') as rage, countIf(${KIND} = 'dead') as dead,
  uniqExact(visitor) as clickers, sum(clicks) over () as all_clicks
${rows('events', passes, CLICKS, `path = ${sql.bind('String', page)}`)}
group by selector
order by clicks desc, rage desc, dead desc, selector
limit ${limit}`),
    ),
    exposure(page, opened, context),
  ])
  const exposureOf = new Map(exposed.map((row) => [row.selector, row]))
  return counted.map((row) => {
    const { exposed_views = 0, clicked_views = 0 } = exposureOf.get(row.selector) ?? {}
    const clicks = Number(row.clicks)
    return {
      selector: String(row.selector),
      tag: String(row.tag),
      clicks,
      clickers: Number(row.clickers),
      share_percent: percent(clicks, Number(row.all_clicks)),
      exposed_views: Number(exposed_views),
      exposed_rate_percent: percent(Number(clicked_views), Number(exposed_views)),
      rage: Number(row.rage),
      dead: Number(row.dead),
      rage_percent: percent(Number(row.rage), clicks),
      dead_percent: percent(Number(row.dead), clicks),
    }
  })
}

/** In how many views each element was seen: by class of viewport, since its place depends on that. */
async function exposure(page: string, opened: Opened, context: QuestionContext) {
  const begun = opened.begin()
  const { sql, passes, rows } = begun
  const views = viewsSql(begun, page)
  return context.run(
    sql.statement(`select selector, sum(n_exposed) as exposed_views, sum(n_clicked) as clicked_views
from (
  select selector, length(clicked) as n_clicked,
    arrayCount(reach -> reach >= top, reaches) + arrayCount(reach -> reach < top, clicked) as n_exposed
  from (
    select selector, viewport_class as class, quantileExact(0.5)(top_of) as top,
      groupArrayDistinctIf((view, if(is_measured, toInt64(reach), -1)), is_click) as clicked_tuples,
      arrayMap(each -> each.2, clicked_tuples) as clicked
    from (
      select properties['selector'] as selector, viewport_class, view, ${TOP} as top_of,
        ${KIND} = 'normal' and view != 0 as is_click
      ${rows('events', passes, CLICKS, `path = ${sql.bind('String', page)}`)}
    ) as clicks
    left join (${views}) as views on views.id = clicks.view
    group by selector, class
  ) as elements
  left join (
    select class, groupArrayIf(reach, is_measured) as reaches from (${views}) group by class
  ) as seen using (class)
)
group by selector`),
  )
}
