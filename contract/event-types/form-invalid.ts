import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formInvalid: EventTypeDefinition = {
  name: 'form_invalid',
  description: 'Fields failed their validation.',
  table: 'user_events',
  fields: {
    ...FORM_FIELDS,
    failed: 'names of fields',
  },
}
