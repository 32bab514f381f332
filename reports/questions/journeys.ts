import type { Filter } from '../../contract/query.ts'
import { patternRegex } from '../goal.ts'
import { OTHER } from './numbers.ts'
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
} from './question.ts'

export interface JourneysBody extends Asked {
  readonly start?: readonly Filter[]
  readonly direction?: 'next' | 'previous'
  readonly of?: 'pages' | 'events' | 'all'
  readonly groups?: readonly { readonly name: string; readonly pages: readonly string[] }[]
  readonly steps?: number
  readonly limit?: number
  readonly min_visits?: number
}

/** Where people go from somewhere, or come from: what a Sankey diagram is drawn from. */
export const journeys: Question<JourneysBody> = {
  name: 'journeys',
  summary: 'The next or previous steps from a page or an event',
  definition:
    'In each visit, the way from the first event that `start` lets through (from the last one, backwards, with `direction: previous`; from the end of the visit where there is no `start`), event by event: page views by path, with `of: events` what else a visitor did by name, with `all` both. The same twice in a row is once. `groups` give the pages that match (`*` is any text without a slash, `**` any text) one name, the first that matches. `visits` of a row: visits whose way goes from `source` at `step` to `target`, which is null where it ends. Of each step the `limit` most visited places have their names; the others are "(other)". Rows and paths of fewer than `min_visits` are left out; nodes count all.',
  members: {
    ...ASKED,
    start: FILTERS,
    direction: { type: 'string', enum: ['next', 'previous'], default: 'next' },
    of: { type: 'string', enum: ['pages', 'events', 'all'], default: 'pages' },
    groups: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        required: ['name', 'pages'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', maxLength: 120 },
          pages: {
            type: 'array',
            minItems: 1,
            maxItems: 50,
            items: { type: 'string', maxLength: 500 },
          },
        },
      },
    },
    steps: { ...limitOf(10, 3), description: 'after the beginning' },
    limit: { ...limitOf(50, 10), description: 'names of each step' },
    min_visits: { ...limitOf(1_000_000, 1), description: 'of a row or a path' },
  },
  required: ['range'],
  async answer(body, context) {
    const { steps = 3, limit = 10, min_visits = 1, ...asked } = body
    const opened = await open(asked, context)
    const begin = () => {
      const begun = opened.begin()
      return { sql: begun.sql, ways: waysSql(begun, opened, body) }
    }
    const all = begin()
    const nodes = await context.run(
      all.sql.statement(`select at - 1 as step, node as name, count() as visits
from (${all.ways})
array join way as node, arrayEnumerate(way) as at
group by step, name
order by step, visits desc, name
limit ${limit} by step`),
    )
    const namesOf = (step: number) =>
      nodes.filter((row) => Number(row.step) === step).map((row) => String(row.name))
    const named = ({ sql, ways }: ReturnType<typeof begin>) => {
      const names = sql.bind(
        'Array(Array(String))',
        Array.from({ length: steps + 1 }, (_, step) => namesOf(step)),
      )
      return `select arrayMap((node, at) -> if(has(${names}[at], node), node, '${OTHER}'), way, arrayEnumerate(way)) as named from (${ways})`
    }
    const [forLinks, forPaths] = [begin(), begin()]
    const [links, paths] = await Promise.all([
      context.run(
        forLinks.sql.statement(`select step, source, target.1 as name, target.2 as is_end, count() as visits
from (
  select arrayJoin(arrayZip(arrayMap(at -> at - 1, arrayEnumerate(named)), named,
    arrayPushBack(arrayMap(node -> (node, 0), arrayPopFront(named)), ('', 1)))) as link,
    link.1 as step, link.2 as source, link.3 as target
  from (${named(forLinks)})
  where notEmpty(named)
)
where step < ${steps}
group by step, source, name, is_end
order by visits desc, step, is_end, source, name`),
      ),
      context.run(
        forPaths.sql.statement(`select named as path, count() as visits
from (${named(forPaths)})
group by path
having visits >= ${min_visits}
order by visits desc, path
limit ${limit}`),
      ),
    ])
    const heavy = links.filter(({ visits }) => Number(visits) >= min_visits)
    const byStep = Map.groupBy(links, (row) => `${row.step} ${row.source}`)
    return {
      rows: heavy.map((row) => ({
        step: Number(row.step),
        source: String(row.source),
        target: Number(row.is_end) === 1 ? null : String(row.name),
        visits: Number(row.visits),
      })),
      nodes: Array.from({ length: steps + 1 }, (_, step) =>
        nodesOf(step, nodes, [...byStep.values()].flat()),
      ).flat(),
      paths: paths.map(({ path, visits }) => ({ path, visits: Number(visits) })),
      meta: opened.meta,
    }
  },
}

/** The named places of a step, with what the others have together. */
function nodesOf(
  step: number,
  nodes: readonly Record<string, unknown>[],
  links: readonly Record<string, unknown>[],
) {
  const named = nodes
    .filter((row) => Number(row.step) === step)
    .map((row) => ({ step, name: String(row.name), visits: Number(row.visits) }))
  const others = links
    .filter((row) =>
      step === 0
        ? Number(row.step) === 0 && row.source === OTHER
        : Number(row.step) === step - 1 && row.name === OTHER,
    )
    .reduce((sum, row) => sum + Number(row.visits), 0)
  const isThere = others > 0 && !named.some(({ name }) => name === OTHER)
  return isThere ? [...named, { step, name: OTHER, visits: others }] : named
}

const KINDS = {
  pages: "event_type = 'pageview'",
  events: `event_type != 'pageview' and ${IS_ACT}`,
  all: IS_ACT,
}

/** One row for each visit: `way` has the names of its steps. */
function waysSql({ sql, passes, meets, rows }: Begun, opened: Opened, body: JourneysBody): string {
  const { start, direction = 'next', of = 'pages', groups = [], steps = 3 } = body
  const isStart = start ? meets(opened.filter(start, 'start')) : '1'
  const patterns = groups.flatMap(({ name, pages }) => [
    `match(path, ${sql.bind('String', patternOf(pages))})`,
    sql.bind('String', name),
  ])
  const page = patterns.length > 0 ? `multiIf(${patterns.join(', ')}, path)` : 'path'
  return `select arraySlice(arrayCompact(arrayMap(e -> e.2,
      arrayFilter((e, at) -> at = begun or (at > begun and e.3), list, arrayEnumerate(list)))), 1, ${steps + 1}) as way
  from (
    select ${direction === 'next' ? '' : 'arrayReverse'}(arraySort(groupArray((${POINT},
        if(event_type = 'pageview', ${page}, toString(event_type)), ${KINDS[of]}, ${start ? isStart : KINDS[of]})))) as list,
      arrayFirstIndex(e -> e.4, list) as begun
    ${rows('events', passes)} and (${KINDS[of]}${start ? ` or ${isStart}` : ''})
    group by session
  )
  where begun > 0`
}

/** Patterns of pages as one regular expression. */
const patternOf = (pages: readonly string[]) => `(?s)${pages.map(patternRegex).join('|')}`
