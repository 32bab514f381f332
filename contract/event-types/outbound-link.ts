import type { EventTypeDefinition } from './definition.ts'

export const outboundLink: EventTypeDefinition = {
  name: 'outbound_link',
  description: 'A click on a link to another site. Fields of `click`, and:',
  table: 'user_events',
  isInteractive: true,
  fields: {
    url: 'where to, redacted',
  },
}
