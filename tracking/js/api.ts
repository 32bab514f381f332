import { redactText } from '../../redact/text.ts'
import { clean } from './clean.ts'
import { engagement } from './engagement.ts'
import { VERSION } from './environment.ts'
import { guard } from './guard.ts'
import { CORE_DEFAULTS, type ConsentState, type Given, optionsFrom } from './options.ts'
import { hasRefused } from './refusal.ts'
import { startTracker, type Tracker } from './tracker.ts'

/** What a page may call; nothing here ever throws. */
export interface Footfall {
  readonly version: string
  /** Records an event of the site’s own. `revenue` is a property: `{ amount: 12.5, currency: 'EUR' }`. */
  track(name: string, properties?: object): void
  /** What the visitor has answered. Nothing is stored or sent before `granted`. */
  consent(state: ConsentState | { readonly analytics: ConsentState }): void
  /** Names the visitor by an id that means nothing outside the site. Off unless the option `identify` is on. */
  identify(id: string): void
  /** The form has done its work, where the page itself does not show it. */
  formSuccess(form: Element | string): void
  /** Sends what waits, now. */
  flush(): void
}

declare global {
  interface Window {
    footfall?: Footfall
  }
}

/** Starts with what is configured, and what else is to begin with it: of who has refused only views are counted. */
export function start(given: object, begin: (tracker: Tracker) => void): Footfall {
  const options = optionsFrom(given as Given, CORE_DEFAULTS) // any object has members
  const tracker = startTracker(options)
  if (!hasRefused()) for (const feature of [engagement, begin]) guard(feature)(tracker)
  return {
    version: VERSION,
    track: guard((name, properties) => {
      // What is no text throws here.
      if (name) tracker.record(redactText(name.slice(0, 120)), clean(properties), 'critical')
    }),
    consent: guard(
      (state) =>
        tracker.consent(
          (state as Partial<typeof state & object>).analytics ?? (state as ConsentState),
        ), // of text there is no such member
    ),
    identify: guard((id) => {
      // An e-mail address or a card number is no id of one's own.
      if (options.identify && redactText(id) === id)
        tracker.record('identify', { userId: id.slice(0, 64) }, 'critical')
    }),
    formSuccess: guard((form) =>
      dispatchEvent(new CustomEvent('footfall:formsuccess', { detail: form })),
    ),
    flush: guard(() => tracker.flush()),
  }
}
