import { FEATURES } from './features.ts'
import { startOnPage } from './page.ts'

// What `<script src="…/js/tracking.js">` runs.
startOnPage(FEATURES)
