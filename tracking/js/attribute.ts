// An input named "id" or "matches" hides the form's own member of that name.
const { getAttribute, matches } = Element.prototype

export const attribute = (element: Element, name: string) => getAttribute.call(element, name) ?? ''

export const isOne = (element: Element, selector: string) => matches.call(element, selector)

/** What nothing may be seen of, with all that is inside. */
export const PRIVATE = '[data-private],.no-track,[contenteditable]:not([contenteditable=false])'
