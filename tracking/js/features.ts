import { clicks } from './clicks.ts'
import { consentBanner } from './consent.ts'
import { errors } from './errors.ts'
import { FEATURE_DEFAULTS, type Options } from './feature-options.ts'
import { forms } from './forms.ts'
import { guard } from './guard.ts'
import { type Given, optionsFrom } from './options.ts'
import { scrollMilestones } from './scroll-milestones.ts'
import type { Relay, Seen } from './seen.ts'
import { textSelection } from './text.ts'
import type { Tracker } from './tracker.ts'
import { pageVisibility } from './visibility.ts'
import { webVitals } from './vitals.ts'

/** Calls back with each event of these types, also with those of before there were features (`isLate`). */
export type Hear = <Kind extends Event = Event>(
  types: string,
  listener: (seen: Seen<Kind>, isLate?: boolean) => void,
) => void

/** What a feature gets: it hears of the page, and records. */
export interface Surroundings extends Omit<Tracker, 'options'> {
  readonly options: Options
  readonly hear: Hear
}

/** All that is seen beside views and the time that they are looked at. Each begins in a task of its own: together they would be a long one. */
export async function startFeatures(tracker: Tracker, given: Given, relay: Relay): Promise<void> {
  const listeners: { [type: string]: ((seen: Seen, isLate?: boolean) => void)[] } = {}
  const surroundings: Surroundings = {
    ...tracker,
    options: { ...tracker.options, ...optionsFrom(given, FEATURE_DEFAULTS) },
    hear(types, listener) {
      for (const type of types.split(' ')) {
        listeners[type] ??= []
        listeners[type].push(guard(listener as (seen: Seen) => void)) // the type tells the kind
      }
    },
  }
  for (const feature of [
    consentBanner,
    clicks,
    forms,
    textSelection,
    pageVisibility,
    scrollMilestones,
    errors,
    webVitals,
  ]) {
    guard(feature)(surroundings)
    await new Promise((resolve) => setTimeout(resolve))
  }
  relay((seen, isLate) => {
    for (const listener of listeners[seen.event.type] ?? []) listener(seen, isLate)
  })
}
