import { VIEW_CASES } from './views.ts'
import type { Case } from './world.ts'

/** Every case that a machine can run, by its number. */
export const CASES: readonly Case[] = [...VIEW_CASES].sort((one, other) =>
  one.id < other.id ? -1 : 1,
)
