import { redactText } from '../../redact/text.ts'
import { redactUrl } from '../../redact/url.ts'
import { attribute, isOne, PRIVATE } from './attribute.ts'
import type { Seen } from './seen.ts'
import type { Tracker } from './tracker.ts'
import { uuidv7 } from './uuidv7.ts'

/**
 * The page is left, and the features have not come: the way out, submits and errors
 * are told by what is known without them.
 */
export function tellRest({ options, record }: Tracker, kept: readonly Seen[]): void {
  for (const { event, path, during, isValid } of kept) {
    const tell = (eventType: string, data: object) => record(eventType, data, undefined, during) // the page is about to send all
    const find = (selector: string) => path.find((element) => isOne(element, selector))
    const { type, message, defaultPrevented } = event as ErrorEvent // others have no message
    if (message && options.trackErrors) tell('js_error', { message: redactText(message) })
    const [target] = path
    if (!target || find(PRIVATE)) continue
    if (isValid !== undefined && options.trackForms)
      tell('form_submit', {
        form: attribute(target, 'id') || attribute(target, 'name') || 'form',
        attempt: uuidv7(Date.now()),
        isValid,
        isPrevented: defaultPrevented,
        submits: 1,
      })
    const { href = '', host } = (find('a[href],area[href]') ?? {}) as Partial<HTMLAnchorElement> // or an area, which has the same
    const url = redactUrl(href)
    if (url && host !== location.host && options.trackClicks && /click/.test(type))
      tell('outbound_link', { url })
  }
}
