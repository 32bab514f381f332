import { startFeatures } from './features.ts'
import type { Given } from './options.ts'
import type { Relay } from './seen.ts'
import type { Tracker } from './tracker.ts'

/** The second file is this function: build.mjs has its imports taken from `_shared`, where js/shared.ts lists them. */
export default (
  _shared: readonly unknown[],
  tracker: Tracker,
  given: Given,
  relay: Relay,
): Promise<void> => startFeatures(tracker, given, relay)
