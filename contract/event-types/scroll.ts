import type { EventTypeDefinition } from './definition.ts'

export const scroll: EventTypeDefinition = {
  name: 'scroll',
  description: 'A depth of the option `scrollMilestones` was reached.',
  table: 'user_events',
  fields: {
    depth: 'percent',
  },
}
