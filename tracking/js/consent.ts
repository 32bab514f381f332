import type { Surroundings } from './features.ts'
import { guard } from './guard.ts'
import type { ConsentState } from './options.ts'

type Listener = (state: ConsentState) => void

/** Listens to what the visitor is asked elsewhere; until it is answered, events wait. */
export function consentBanner({ options: { consent }, heedBanner }: Surroundings): void {
  if (consent === 'google') googleConsent(guard(heedBanner))
  if (consent === 'tcf') tcfConsent(guard(heedBanner))
}

/**
 * Google consent mode v2: commands in `dataLayer`, of which `analytics_storage`
 * is ours. What is denied by default may still be granted by the banner, so
 * only an update refuses.
 */
function googleConsent(listener: Listener): void {
  const page = window as unknown as { dataLayer?: ArrayLike<unknown>[] } // the banner's global
  page.dataLayer ??= []
  const layer = page.dataLayer
  const read = (command: ArrayLike<unknown>) => {
    const { analytics_storage: answer } = (command?.[2] ?? {}) as { analytics_storage?: string } // by Google's definition
    if (command?.[0] === 'consent' && answer)
      listener(answer === 'granted' ? 'granted' : command[1] === 'update' ? 'denied' : 'unknown')
  }
  const push = layer.push
  layer.push = function (...commands) {
    const length = push.apply(this, commands)
    commands.forEach(read)
    return length
  }
  Array.from(layer).forEach(read)
}

interface TcfAnswer {
  readonly eventStatus?: string
  readonly gdprApplies?: boolean
  readonly purpose?: { readonly consents?: { readonly [purpose: number]: boolean } }
}

/** IAB TCF v2: storing on the device (purpose 1) and measuring content (8) must both be granted. */
function tcfConsent(listener: Listener, triesLeft = 60): void {
  const { __tcfapi: api } = window as unknown as {
    __tcfapi?: (command: string, version: 2, listener: (answer: TcfAnswer) => void) => void
  }
  // The banner's stub may come after us.
  if (!api) {
    if (triesLeft > 0) setTimeout(tcfConsent, 500, listener, triesLeft - 1)
    return
  }
  api('addEventListener', 2, ({ eventStatus, gdprApplies, purpose }) => {
    if (gdprApplies === false) listener('granted')
    else if (eventStatus === 'tcloaded' || eventStatus === 'useractioncomplete')
      listener(purpose?.consents?.[1] && purpose.consents[8] ? 'granted' : 'denied')
  })
}
