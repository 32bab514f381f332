import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formLoad: EventTypeDefinition = {
  name: 'form_load',
  description: 'A form is on the page, seen or not.',
  table: 'user_events',
  fields: {
    ...FORM_FIELDS,
  },
}
