/**
 * Listens without ever throwing into the page or holding it up: every listener
 * is passive and guarded. Capturing, so that a page's stopPropagation hides nothing.
 */
export function listen<Kind extends Event = Event>(
  target: EventTarget,
  types: string,
  listener: (event: Kind) => void,
): void {
  for (const type of types.split(' '))
    target.addEventListener(type, guard(listener as (event: Event) => void), {
      capture: true,
      passive: true,
    })
}

/** The function, with whatever it throws swallowed: a tracker's fault is not the page's. */
export function guard<Parameters extends unknown[]>(
  action: (...parameters: Parameters) => void,
): (...parameters: Parameters) => void {
  return (...parameters) => {
    try {
      action(...parameters)
    } catch {
      // Nothing that the page should know of.
    }
  }
}
