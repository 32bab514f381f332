import { startOnPage } from './page.ts'

// The smallest build: page views and `track`, without a look at behaviour.
startOnPage([])
