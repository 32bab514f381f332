import type { WireEvent } from '../../contract/event.ts'
import { isOne } from './attribute.ts'
import { listen } from './guard.ts'
import type { Tracker } from './tracker.ts'

/** What features hear of. All of it passes the window, whose capturing listeners come first. */
const TYPES =
  'click auxclick focusin focusout input paste invalid submit copy cut selectionchange error unhandledrejection footfall:formsuccess'
const MOST_KEPT = 500

/** An event of the page, and what is gone a moment later. */
export interface Seen<Kind extends Event = Event> {
  readonly event: Kind
  /** Where it came from, innermost first, out of shadow roots. */
  readonly path: readonly Element[]
  /** By the clock of `performance.now()`. */
  readonly at: number
  /** What its events say of when and where they were. */
  readonly during: Partial<WireEvent>
  /** At a submit, of each field: how many characters, and whether it is chosen. Never leaves the page. */
  readonly filled?: ReadonlyMap<Element, readonly [length: number, isChosen: boolean]>
  /** At a submit: the browser finds no mistake. */
  readonly isValid?: boolean
}

/** Gives a listener what was seen before it (`isLate`), and from then on what is. */
export type Relay = (listener: (seen: Seen, isLate?: boolean) => void) => void

/**
 * Listens to the page from the start, for features that may come later: until
 * they do, what happens is kept as it was. What was kept when the page is left
 * is given to `tellRest`.
 */
export function startRelay(
  { now, onEnd }: Tracker,
  onKept: () => void,
  tellRest: (kept: readonly Seen[]) => void,
): Relay {
  let kept: Seen[] = []
  let tell = (seen: Seen) => {
    if (kept.push(seen) > MOST_KEPT) kept.shift()
    onKept()
  }
  listen(window, TYPES, (event) => {
    const path = event.composedPath().filter(isElement)
    const [form] = path
    tell({
      event,
      path,
      at: performance.now(),
      during: now(),
      ...(event.type === 'submit' &&
        form && {
          isValid: isOne(form, ':valid'),
          filled: new Map(
            Array.from(querySelectorAll.call(form, 'input,select,textarea'), (field) => {
              const { value, checked } = field as HTMLInputElement // or another that has a value
              return [field, [value.length, checked]]
            }),
          ),
        }),
    })
  })
  onEnd((isLeaving) => isLeaving && tellRest(kept.splice(0)))
  return (listener) => {
    for (const seen of kept) listener(seen, true)
    kept = []
    tell = listener
  }
}

// A form's input can be named like a member of the form, and hide it.
const { querySelectorAll } = Element.prototype

// Of another frame's document, too, whose classes are not ours.
const isElement = (node: EventTarget): node is Element => (node as Node).nodeType === 1
