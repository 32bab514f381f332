import { percent } from './numbers.ts'
import { isOnPage, PAGE_MEMBER, viewsSql } from './page-views.ts'
import {
  ASKED,
  type Asked,
  type Begun,
  instantOf,
  limitOf,
  type Opened,
  open,
  POINT,
  type Question,
  type QuestionContext,
} from './question.ts'

interface ClicksBody extends Asked {
  readonly page: string
  readonly by?: 'cell' | 'element'
  readonly kind?: (typeof KINDS)[number]
  readonly layout_hash?: string
  readonly resolution?: number
  readonly limit?: number
}

const KINDS = ['normal', 'rage', 'dead', 'error', 'first', 'last'] as const
/** Kinds that some of the normal clicks are as well. */
const OF_NORMAL = ['error', 'first', 'last'] as const

const KIND =
  "multiIf(event_type = 'rage_click', 'rage', event_type = 'dead_click', 'dead', 'normal')"
const CLICKS =
  "event_type in ('click', 'outbound_link', 'file_download', 'rage_click', 'dead_click')"
const TOP = "JSONExtractInt(properties['box'], 2)"
const ERROR_MS = 1_000

export const CLICK_DEFINITION =
  '`clicks`: clicks on a link or a control; `rage`: times of three clicks within a second and 30 px; `dead`: clicks after which nothing happened; `error`: clicks that a JavaScript error followed in the view within a second; `first`, `last`: clicks that were the first or last of their view, `first_percent` and `last_percent` of the views with a click. `clickers`: visitors. `is_control`: a link or a control, not just any element. `exposed_views`: views of the page in which the element’s top was above the lowest point that was seen, or that clicked it; the top is the median of its clicks, by class of viewport. `exposed_rate_percent` = views with a click on it ÷ exposed views; `exposed_rate_se_percent`: its standard error, √(rate × (1 − rate) ÷ exposed views). `share_percent` = clicks ÷ all clicks on the page; rage, dead and error: ÷ clicks of the element.'

/** Where a page was clicked: FORMS.md 6.9, by element and place in it, so that a change of layout moves the map along. */
export const clicks: Question<ClicksBody> = {
  name: 'clicks',
  summary: 'Click map of a page',
  definition: `${CLICK_DEFINITION} Rows are cells of an element: \`x\` and \`y\` are the left and upper edge in thousandths of its size, null where the click has no place (by keyboard); without \`kind\` they are normal, rage and dead. \`elements\` has the same clicks by element; \`by\` makes these the rows. \`layouts\`: the layouts that the page was clicked in, by the hash of its main parts; of the views without a click the layout is not known, so that a map of one layout has no exposure.`,
  members: {
    ...ASKED,
    page: PAGE_MEMBER,
    by: { type: 'string', enum: ['cell', 'element'], default: 'cell', description: 'rows' },
    kind: {
      type: 'string',
      enum: [...KINDS],
      description: 'cells of these clicks; error, first and last are of the normal ones',
    },
    layout_hash: {
      type: 'string',
      maxLength: 64,
      description: 'clicks in this layout, of `layouts`',
    },
    resolution: { ...limitOf(100, 20), description: 'cells along each side of an element' },
    limit: limitOf(10_000, 2_000),
  },
  required: ['range', 'page'],
  async answer(
    { page, by, kind, layout_hash: layout, resolution = 20, limit = 2_000, ...asked },
    context,
  ) {
    const opened = await open(asked, context)
    const [cells, elements, layouts] = await Promise.all([
      by === 'element' ? [] : cellsOf({ page, layout, kind, resolution, limit }, opened, context),
      elementsOf({ page, layout }, opened, context, by === 'element' ? limit : 1_000),
      layoutsOf(page, opened, context),
    ])
    const byName = new Map(elements.map((element) => [element.selector, element]))
    return {
      rows:
        by === 'element'
          ? elements
          : cells.map((row) => {
              const { exposed_views = null } = byName.get(String(row.selector)) ?? {}
              return { ...row, exposed_views }
            }),
      ...(by !== 'element' && { elements }),
      layouts,
      meta: { ...opened.meta, cell: 1_000 / resolution },
    }
  },
}

interface ClickMap {
  readonly page: string
  readonly layout?: string | undefined
}

/** One row for each click, with what it is among those of its view. */
function clicksSql({ sql, passes, rows }: Begun, { page, layout }: ClickMap): string {
  const ofLayout = layout === undefined ? '' : ` and layout = ${sql.bind('String', layout)}`
  const among = (direction: string) =>
    `row_number() over (partition by view, is_click order by at ${direction}) = 1`
  return `select * from (
    select *, kind = 'normal' and view != 0 as is_click,
      is_click and ${among('asc')} as is_first, is_click and ${among('desc')} as is_last,
      is_click and max(kind = 'error') over (partition by view order by at_ms
        range between current row and ${ERROR_MS} following) as is_error
    from (
      select visitor, view, viewport_class, occurred_at, ${POINT} as at, at.1 as at_ms,
        properties['selector'] as selector, properties['tag'] as tag, properties['layout'] as layout,
        properties['isControl'] = 'true' as is_control, properties['x'] as x_in, properties['y'] as y_in,
        ${TOP} as top_of, if(event_type = 'js_error', 'error', ${KIND}) as kind
      ${rows('events', `(${CLICKS} and ${passes} or event_type = 'js_error' and view != 0)`, isOnPage(sql, page))}
    )
  ) where kind != 'error'${ofLayout}`
}

function cellsOf(
  {
    kind,
    resolution,
    limit,
    ...map
  }: ClickMap &
    Required<Pick<ClicksBody, 'resolution' | 'limit'>> & {
      readonly kind: ClicksBody['kind']
    },
  opened: Opened,
  { run }: QuestionContext,
) {
  const begun = opened.begin()
  const cell = (name: string) =>
    `if(${name} = '', null, intDiv(least(intDiv(toInt32OrZero(${name}) * ${resolution}, 1000), ${resolution - 1}) * 1000, ${resolution}))`
  const within = OF_NORMAL.find((each) => each === kind)
  return run(
    begun.sql.statement(`select selector, ${cell('x_in')} as x, ${cell('y_in')} as y, ${within ? `'${within}'` : 'clicked.kind'} as kind,
  count() as clicks, uniqExact(visitor) as clickers
from (${clicksSql(begun, map)}) as clicked
${within ? `where is_${within}` : kind ? `where clicked.kind = ${begun.sql.bind('String', kind)}` : ''}
group by selector, x, y, kind
order by clicks desc, selector, x, y, kind
limit ${limit}`),
  )
}

async function layoutsOf(page: string, opened: Opened, { run }: QuestionContext) {
  const begun = opened.begin()
  const rows = await run(
    begun.sql.statement(`select layout as layout_hash, countIf(kind = 'normal') as clicks,
  min(occurred_at) as first_at, max(occurred_at) as last_at
from (${clicksSql(begun, { page })})
group by layout
order by clicks desc, layout
limit 100`),
  )
  return rows.map((row) => ({
    layout_hash: row.layout_hash === '' ? null : String(row.layout_hash),
    clicks: Number(row.clicks),
    first_at: instantOf(row.first_at),
    last_at: instantOf(row.last_at),
  }))
}

/** The elements of a page that were clicked, the most first. */
export async function elementsOf(
  map: ClickMap,
  opened: Opened,
  context: QuestionContext,
  limit: number,
) {
  const begun = opened.begin()
  const [counted, exposed] = await Promise.all([
    context.run(
      begun.sql.statement(`select selector, argMax(tag, occurred_at) as tag, argMax(is_control, occurred_at) as is_control,
  countIf(kind = 'normal') as clicks, countIf(kind = 'rage') as rage, countIf(kind = 'dead') as dead,
  ${OF_NORMAL.map((each) => `countIf(is_${each}) as ${each}`).join(', ')},
  uniqExact(visitor) as clickers, sum(clicks) over () as all_clicks, sum(first) over () as clicked_views
from (${clicksSql(begun, map)})
group by selector
order by clicks desc, rage desc, dead desc, selector
limit ${limit}`),
    ),
    map.layout === undefined ? exposure(map.page, opened, context) : [],
  ])
  const exposureOf = new Map(exposed.map((row) => [row.selector, row]))
  return counted.map((row) => {
    const count = (name: string) => Number(row[name])
    const of = exposureOf.get(row.selector)
    const exposedViews = Number(of?.exposed_views ?? 0)
    const rate = Number(of?.clicked_views ?? 0) / exposedViews
    return {
      selector: String(row.selector),
      tag: String(row.tag),
      is_control: Boolean(row.is_control),
      clicks: count('clicks'),
      clickers: count('clickers'),
      share_percent: percent(count('clicks'), count('all_clicks')),
      exposed_views: map.layout === undefined ? exposedViews : null,
      exposed_rate_percent: percent(Number(of?.clicked_views ?? 0), exposedViews),
      exposed_rate_se_percent:
        exposedViews === 0 ? null : percent(Math.sqrt((rate * (1 - rate)) / exposedViews), 1),
      first: count('first'),
      last: count('last'),
      first_percent: percent(count('first'), count('clicked_views')),
      last_percent: percent(count('last'), count('clicked_views')),
      ...Object.fromEntries(
        (['rage', 'dead', 'error'] as const).flatMap((each) => [
          [each, count(each)],
          [`${each}_percent`, percent(count(each), count('clicks'))],
        ]),
      ),
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
      ${rows('events', passes, CLICKS, isOnPage(sql, page))}
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
