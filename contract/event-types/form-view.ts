import type { EventTypeDefinition } from './definition.ts'

export const formView: EventTypeDefinition = {
  name: 'form_view',
  description: 'At least half of a form, or of its first field, was in the window for a second.',
  table: 'user_events',
  fields: {
    form: 'its id, name or selector',
    attempt: 'UUIDv7 of this try at the form',
    version: 'hash of the set of fields',
    fieldCount: 'fields that are recorded',
  },
}
