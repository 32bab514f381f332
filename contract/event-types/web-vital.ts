import type { EventTypeDefinition } from './definition.ts'

export const webVital: EventTypeDefinition = {
  name: 'web_vital',
  description: 'A web vital of a load or a restore, when final.',
  table: 'user_events',
  fields: {
    name: 'LCP, INP, CLS, FCP or TTFB',
    value: 'ms; CLS without unit',
    rating: '`good`, `needs-improvement` or `poor`',
    navigationType: 'as web-vitals names it',
  },
}
