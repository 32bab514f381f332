import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formSuccess: EventTypeDefinition = {
  name: 'form_success',
  description: 'The form has done its work.',
  table: 'user_events',
  isInteractive: true,
  fields: {
    ...FORM_FIELDS,
    rule: '`call`, `page`, `request` or `removed`',
    submits: 'submit attempts',
    timeMs: 'ms since first input',
  },
}
