import type { EventTypeDefinition } from './definition.ts'
import { FORM_FIELDS } from './form-fields.ts'

export const formSubmit: EventTypeDefinition = {
  name: 'form_submit',
  description: 'A submit attempt, with the whole attempt so far.',
  table: 'user_events',
  isInteractive: true,
  fields: {
    ...FORM_FIELDS,
    isValid: 'the browser finds no mistake',
    isPrevented: 'the page has taken it over',
    hesitationMs: 'ms from seen to first input',
    timeMs: 'ms since first input',
    submits: 'submit attempts so far',
    lastField: 'last with input',
    lastFocused: 'last focused',
    fields:
      'list, one a field: field, type, index, order, focuses, timeMs, hesitationMs, changes, refills, corrections, pastes, autofills, failures, lengthBucket, isBlank; zero is left out; of secret fields only focuses and timeMs',
  },
}
