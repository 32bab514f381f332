import type { Filter } from '../contract/query.ts'
import { QueryError } from './query-error.ts'

/** What a visitor is wanted to do, and what it is worth. */
export interface Goal {
  readonly name: string
  readonly reached: Filter
  readonly value: number
  /** Of what its events earn; absent where they earn nothing. */
  readonly currency?: string
}

/** What a site has given names to: its goals, and filters it saved as segments. */
export interface SiteNames {
  readonly goals: readonly Goal[]
  readonly segments: Readonly<Record<string, Filter>>
}

export const NO_NAMES: SiteNames = { goals: [], segments: {} }

/** In a pattern of pages or files `*` is any text without a slash, `**` any text. */
export type GoalDefinition =
  | { readonly kind: 'page'; readonly page: string }
  | { readonly kind: 'event'; readonly event: string; readonly properties?: Record<string, string> }
  | { readonly kind: 'scroll'; readonly depth: number; readonly page?: string }
  | { readonly kind: 'engaged_time'; readonly seconds: number; readonly page?: string }
  | { readonly kind: 'download'; readonly file?: string }
  | { readonly kind: 'form'; readonly form?: string }

/** The event that reaches the goal. Of what is known of a page view only later, it is the page view, so that each counts once. */
export function goalFilter(goal: GoalDefinition): Filter {
  switch (goal.kind) {
    case 'page':
      return all(named('pageview'), pattern('event:page', goal.page))
    case 'event':
      return all(
        named(goal.event),
        ...Object.entries(goal.properties ?? {}).map(
          ([name, value]): Filter => ['is', `event:props:${name}`, [value]],
        ),
      )
    case 'scroll':
      return all(
        named('pageview'),
        ['gte', 'event:scroll_depth', [goal.depth]],
        ...(goal.page === undefined ? [] : [pattern('event:page', goal.page)]),
      )
    case 'engaged_time':
      return all(
        named('pageview'),
        ['gte', 'event:engaged_time', [goal.seconds]],
        ...(goal.page === undefined ? [] : [pattern('event:page', goal.page)]),
      )
    case 'download':
      return all(
        named('file_download'),
        ...(goal.file === undefined ? [] : [pattern('event:download', goal.file)]),
      )
    case 'form': {
      const of: Filter[] = goal.form === undefined ? [] : [['is', 'event:form', [goal.form]]]
      return all(named('form_success'), ...of)
    }
  }
}

const named = (type: string): Filter => ['is', 'event:name', [type]]
const all = (...filters: readonly Filter[]): Filter => ['and', filters]

/** A pattern with asterisks as a filter. */
export const pattern = (dimension: string, text: string): Filter =>
  text.includes('*') ? ['matches', dimension, [patternRegex(text)]] : ['is', dimension, [text]]

/** The same as RE2, of the whole text. */
export function patternRegex(text: string): string {
  const parts = text.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*'
    return part === '*' ? '[^/]*' : part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&')
  })
  return `^${parts.join('')}$`
}

/** The kinds of goals, with the members of each. */
export const GOAL_MEMBERS = {
  page: ['page'],
  event: ['event', 'properties'],
  scroll: ['depth', 'page'],
  engaged_time: ['seconds', 'page'],
  download: ['file'],
  form: ['form'],
} as const satisfies Record<GoalDefinition['kind'], readonly string[]>
const KINDS = Object.keys(GOAL_MEMBERS) as GoalDefinition['kind'][] // its own keys
const MAX_TEXT = 1_024

/** A goal's definition from outside, checked whole, or a QueryError naming the part. */
export function parseGoal(value: unknown): GoalDefinition {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new QueryError('goal', 'must be an object such as {"kind": "page", "page": "/thanks"}.')
  const given = value as Record<string, unknown> // just checked
  const kind = KINDS.find((each) => each === given.kind)
  const members: readonly string[] = kind ? GOAL_MEMBERS[kind] : []
  const unknown = Object.keys(given).find((name) => name !== 'kind' && !members.includes(name))
  if (kind && unknown !== undefined)
    throw new QueryError(unknown, `is not known. A ${kind} goal has ${members.join(', ')}.`)
  switch (kind) {
    case 'page':
      return { kind, page: text(given.page, 'page') }
    case 'event':
      return { kind, event: text(given.event, 'event'), ...properties(given.properties) }
    case 'scroll':
      return { kind, depth: number(given.depth, 'depth', 1, 100), ...maybe('page', given.page) }
    case 'engaged_time':
      return {
        kind,
        seconds: number(given.seconds, 'seconds', 1, 86_400),
        ...maybe('page', given.page),
      }
    case 'download':
      return { kind, ...maybe('file', given.file) }
    case 'form':
      return { kind, ...maybe('form', given.form) }
    default:
      throw new QueryError('kind', `must be ${KINDS.join(', ')}.`)
  }
}

function text(value: unknown, part: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT)
    throw new QueryError(part, `must be a text of 1 to ${MAX_TEXT} characters.`)
  return value
}

const maybe = <Name extends string>(name: Name, value: unknown) =>
  (value === undefined ? {} : { [name]: text(value, name) }) as { [key in Name]?: string }

function number(value: unknown, part: string, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw new QueryError(part, `must be a number from ${least} to ${most}.`)
  return value
}

function properties(value: unknown): { properties?: Record<string, string> } {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new QueryError('properties', 'must be an object of texts.')
  const entries = Object.entries(value).map(([name, each]) => {
    const key = text(name, 'properties')
    return [key, text(each, `properties.${key}`)] as const
  })
  return { properties: Object.fromEntries(entries) }
}
