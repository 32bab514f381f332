import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formTouch: EventTypeDefinition = {
  name: 'form_touch',
  description: 'A field got the focus for the first time in an attempt.',
  table: 'user_events',
  fields: {
    ...FORM_FIELDS,
    field: 'name, id or label hash',
  },
}
