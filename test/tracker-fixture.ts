import { join } from 'node:path'

/** The built tracker: `npm test` builds it first. */
export const trackerFixture = () => join(import.meta.dirname, '../tracking/dist/tracking.js')
