import type { EventTypeDefinition } from './definition.ts'

export const pageVisibility: EventTypeDefinition = {
  name: 'page_visibility',
  description: 'The visitor came back to the page.',
  table: 'user_events',
  fields: {
    state: '`hidden` (another tab) or `unfocused` (another window)',
    awayMs: 'ms away',
  },
}
