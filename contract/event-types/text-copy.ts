import type { EventTypeDefinition } from './definition.ts'

export const textCopy: EventTypeDefinition = {
  name: 'text_copy',
  description: 'Text was copied or cut. Fields of `text_select`.',
  table: 'user_events',
  fields: {},
}
