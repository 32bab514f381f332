import type { EventTypeDefinition } from './definition.ts'

export const rageClick: EventTypeDefinition = {
  name: 'rage_click',
  description: 'Three clicks within a second and 30 px. Fields of `click`.',
  table: 'user_events',
  fields: {},
}
