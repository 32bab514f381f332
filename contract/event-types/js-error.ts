import type { EventTypeDefinition } from './definition.ts'

export const jsError: EventTypeDefinition = {
  name: 'js_error',
  description: 'An uncaught error or unhandled rejection, each once a page.',
  table: 'user_events',
  fields: {
    message: 'redacted',
    stack: 'redacted, ≤ 1 000 characters',
    source: 'file, redacted',
    line: 'line',
  },
}
