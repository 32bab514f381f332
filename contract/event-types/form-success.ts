import type { EventTypeDefinition } from './definition.ts'

export const formSuccess: EventTypeDefinition = {
  name: 'form_success',
  description: 'The form has done its work.',
  table: 'user_events',
  fields: {
    form: 'as above',
    attempt: 'as above',
    version: 'as above',
    rule: '`call`, `page` or `removed`',
    submits: 'submit attempts',
    timeMs: 'ms since first input',
  },
}
