import type { Filter } from '../contract/query.ts'

/** What a visitor is wanted to do, and what it is worth. */
export interface Goal {
  readonly name: string
  readonly reached: Filter
  readonly value: number
}

/** What a site has given names to: its goals, and filters it saved as segments. */
export interface SiteNames {
  readonly goals: readonly Goal[]
  readonly segments: Readonly<Record<string, Filter>>
}

export const NO_NAMES: SiteNames = { goals: [], segments: {} }
