import { start } from './api.ts'
import { loadFeatures } from './load-features.ts'
import { startOnPage } from './page.ts'

// What `<script src="…/js/tracking.js">` runs.
startOnPage((given, source, script) =>
  start(given, (tracker) => loadFeatures(tracker, given, source, script)),
)
