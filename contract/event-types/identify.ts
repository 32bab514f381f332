import type { EventTypeDefinition } from './definition.ts'

export const identify: EventTypeDefinition = {
  name: 'identify',
  description: 'The site names its visitor. Only with the option `identify`.',
  table: 'user_events',
  fields: {
    userId: 'an id that means nothing outside the site',
  },
}
