import { start } from './api.ts'
import { FEATURES } from './features.ts'
import { startOnPage } from './page.ts'

// What `<script src="…/js/tracking.js">` runs.
startOnPage((given) => start(given, FEATURES))
