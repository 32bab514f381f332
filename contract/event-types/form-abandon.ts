import type { EventTypeDefinition } from './definition.ts'

export const formAbandon: EventTypeDefinition = {
  name: 'form_abandon',
  description:
    'The page was left with input since the last submit. Fields of `form_submit`; a later event of the same attempt takes it back.',
  table: 'user_events',
  fields: {},
}
