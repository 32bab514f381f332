import type { EventTypeDefinition } from './definition.ts'

export const pageview: EventTypeDefinition = {
  name: 'pageview',
  description: 'A page was shown. `url`, `referrer` and `title` stand on the event itself.',
  table: 'pageviews',
  fields: {
    navigation:
      '`load`, `reload`, `back_forward`, `prerender`, `restore` (from the browser’s cache), `push`, `replace` or `traverse`',
    droppedViews: 'views left out before this one: at most 30 in 10 s are counted',
  },
}
