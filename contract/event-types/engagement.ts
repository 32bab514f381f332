import type { EventTypeDefinition } from './definition.ts'

export const engagement: EventTypeDefinition = {
  name: 'engagement',
  description:
    'How long a view was seen and how far it was read, so far: the newest of a view (`context.viewId`) replaces those before it. `title` on the event is the view’s title by then.',
  table: 'user_events',
  fields: {
    visibleMs: 'ms in a visible page',
    engagedMs: 'ms visible with a move of the visitor in the last 30 s',
    scrollDepth: '0–100 %, exact maximum of the lower edge of the window',
    maxScrollPx: 'px, the same',
    heightAtLoadPx: 'px, height of the document when the view began',
    heightAtMaxPx: 'px, its height at the maximum',
    fitsWindow: 'the page is no higher than the window: depth says nothing',
    attentionMs: '20 numbers, engaged ms for each 5 % band of the page',
    ttfbMs: 'ms to the first byte (loads only)',
    domReadyMs: 'ms to DOMContentLoaded (loads only)',
    loadMs: 'ms to the load event (loads only)',
  },
}
