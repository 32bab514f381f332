import { custom } from './event-types/custom.ts'
import type { EventTypeDefinition } from './event-types/definition.ts'
import { pageview } from './event-types/pageview.ts'

/** The built-in types. Adding one is adding a file and a line here. */
export const EVENT_TYPES: readonly EventTypeDefinition[] = [pageview]

const byName = new Map(EVENT_TYPES.map((definition) => [definition.name, definition]))

/** The definition of a type; any other name is a custom event. */
export function eventTypeOf(name: string): EventTypeDefinition {
  return byName.get(name) ?? custom
}
