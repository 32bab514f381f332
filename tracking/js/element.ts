import { attribute, PRIVATE } from './attribute.ts'

// What people set to find an element again, before what a tool may have made.
const NAMES = ['data-track', 'data-testid', 'data-test', 'data-qa', 'data-cy', 'name']
const MOST_STEPS = 8

// An input named "id" or "parentElement" hides the form's own member of that name.
const { closest } = Element.prototype
const { parentElement } = Object.getOwnPropertyDescriptors(Node.prototype)

const hostOf = (element: Element) => (element.getRootNode() as Partial<ShadowRoot>).host ?? null

/** Whether the page has said that nothing may be seen here: on the element or around it, through shadow roots. */
export function isPrivate(element: Element | null): boolean {
  return !!element && (!!closest.call(element, PRIVATE) || isPrivate(hostOf(element)))
}

/**
 * A selector that survives a redesign: down from the nearest id or name that
 * was given on purpose, with places among siblings only where there is none.
 * ` >>> ` stands where a shadow root is entered. `stepOf`: what has no name.
 */
export function selectorOf(element: Element, stepOf = placeOf): string {
  const steps: string[] = []
  let at: Element | null = element
  while (at && steps.length < MOST_STEPS) {
    const name = nameOf(at)
    steps.unshift(name || stepOf(at))
    const parent: Element | null = name ? null : (parentElement.get?.call(at) ?? null)
    const host: Element | null = parent ? null : hostOf(at)
    if (host) steps.unshift('>>>')
    else if (parent) steps.unshift('>')
    at = parent ?? host
  }
  return steps
    .join(' ')
    .replace(/^[> ]+/, '')
    .slice(0, 500)
}

function nameOf(element: Element): string {
  const id = attribute(element, 'id')
  // Made-up ids (":r1:", "input-48213") change with every build or visit.
  if (/^[a-z](?!.*\d{3})[\w-]*$/i.test(id)) return `#${id}`
  const name = NAMES.find((known) => attribute(element, known))
  return name ? `${element.localName}[${name}="${attribute(element, name).slice(0, 64)}"]` : ''
}

function placeOf(element: Element): string {
  const isSame = (other: Element) => other.localName === element.localName
  const siblings = Array.from(element.parentNode?.children ?? []).filter(isSame)
  const place = siblings.length > 1 ? `:nth-of-type(${siblings.indexOf(element) + 1})` : ''
  return element.localName + place
}
