import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formStart: EventTypeDefinition = {
  name: 'form_start',
  description: 'The first input in an attempt.',
  table: 'user_events',
  isInteractive: true,
  fields: {
    ...FORM_FIELDS,
    field: 'the first field',
    hesitationMs: 'ms from seen to first input',
    isAutofill: 'filled by the browser',
  },
}
