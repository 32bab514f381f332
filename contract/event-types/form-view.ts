import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formView: EventTypeDefinition = {
  name: 'form_view',
  description: 'At least half of a form, or of its first field, was in the window for a second.',
  table: 'user_events',
  fields: {
    ...FORM_FIELDS,
    fieldCount: 'fields that are recorded',
  },
}
