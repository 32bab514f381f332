import type { EventTypeDefinition } from './definition.ts'

/** Stands for every name that is not a built-in type. */
export const custom: EventTypeDefinition = {
  name: 'custom',
  description: 'Any other name: an event of the site’s own. `eventData` holds its properties.',
  table: 'user_events',
  fields: {},
}
