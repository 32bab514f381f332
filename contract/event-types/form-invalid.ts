import type { EventTypeDefinition } from './definition.ts'

export const formInvalid: EventTypeDefinition = {
  name: 'form_invalid',
  description: 'Fields failed their validation.',
  table: 'user_events',
  fields: {
    form: 'as above',
    attempt: 'as above',
    version: 'as above',
    failed: 'names of fields',
  },
}
