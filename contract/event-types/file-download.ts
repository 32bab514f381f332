import type { EventTypeDefinition } from './definition.ts'

export const fileDownload: EventTypeDefinition = {
  name: 'file_download',
  description: 'A click on a link to a file. Fields of `click`, and:',
  table: 'user_events',
  isInteractive: true,
  fields: {
    url: 'of the file, redacted',
    extension: 'file ending in lower case',
  },
}
