import type { EventTypeDefinition } from './definition.ts'

export const pageview: EventTypeDefinition = {
  name: 'pageview',
  description: 'A page was shown. `url`, `referrer` and `title` stand on the event itself.',
  table: 'pageviews',
  fields: {},
}
