import type { EventTypeDefinition } from './definition.ts'

export const deadClick: EventTypeDefinition = {
  name: 'dead_click',
  description:
    'A click after which for 2.5 s nothing changed: no DOM change, scroll, selection, navigation or request. Fields of `click`.',
  table: 'user_events',
  fields: {},
}
