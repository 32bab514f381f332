import type { EventTypeDefinition } from './definition.ts'

export const formTouch: EventTypeDefinition = {
  name: 'form_touch',
  description: 'A field got the focus for the first time in an attempt.',
  table: 'user_events',
  fields: {
    form: 'as above',
    attempt: 'as above',
    version: 'as above',
    field: 'name, id or label hash',
  },
}
