import type { EventTypeDefinition } from './definition.ts'

export const formStart: EventTypeDefinition = {
  name: 'form_start',
  description: 'The first input in an attempt.',
  table: 'user_events',
  fields: {
    form: 'as above',
    attempt: 'as above',
    version: 'as above',
    field: 'the first field',
    hesitationMs: 'ms from seen to first input',
    isAutofill: 'filled by the browser',
  },
}
