import type { EventTypeDefinition } from './definition.ts'

export const textSelect: EventTypeDefinition = {
  name: 'text_select',
  description: 'Text was selected and stayed so for a second.',
  table: 'user_events',
  fields: {
    selector: 'where',
    heading: 'the heading above, redacted',
    length: 'characters',
    hash: 'FNV-1a, 32 bits, of the redacted text in lower case',
    excerpt: 'first eight words, redacted; only with the option `textExcerpt`',
  },
}
