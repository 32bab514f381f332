import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrackerScripts } from '../api/tracker-routes.ts'
import { ROOT } from './config.ts'

/** The built library: the bootstrap builds it before anything runs. */
export function readTrackerScripts(): TrackerScripts {
  const read = (name: string) => readFileSync(join(ROOT, 'tracking/dist', name))
  return {
    'tracking.js': read('tracking.js'),
    'features.js': read('features.js'),
    'pageviews.js': read('pageviews.js'),
  }
}
