import type { WireEvent } from '../../contract/event.ts'
import { redactText } from '../../redact/text.ts'
import { PRIVATE } from './attribute.ts'
import { isPrivate, selectorOf } from './element.ts'
import type { Surroundings } from './features.ts'
import { hash } from './hash.ts'
import { later } from './later.ts'

const SETTLES_MS = 1_000
const SHORTEST = 3
const LONGEST_HEADING = 120
const WORDS = 8

/** What is selected and copied: where, how long, and a hash that tells equal texts; never the text itself, unless the site opts in. */
export function textSelection({ options, record, hear }: Surroundings): void {
  if (!options.trackTextSelection) return
  let last = ''
  let timer: ReturnType<typeof setTimeout> | undefined

  const take = (eventType: string, during: Partial<WireEvent>) => {
    const selection = getSelection()
    const text = redactText(`${selection}`.trim().slice(0, 10_000))
    const node = selection?.anchorNode
    const element = node?.nodeType === 1 ? (node as Element) : node?.parentElement
    if (text.length < SHORTEST || !element || isPrivate(element) || isInField()) return
    // A selection may reach into what is private, too.
    for (const part of document.querySelectorAll(PRIVATE))
      if (selection?.containsNode(part, true)) return
    const now = eventType + text
    if (now === last) return
    last = now
    later(() =>
      record(
        eventType,
        {
          selector: selectorOf(element),
          heading: headingAbove(element),
          length: text.length,
          hash: hash(text.toLowerCase()),
          ...(options.textExcerpt && { excerpt: text.split(/\s+/, WORDS).join(' ').slice(0, 120) }),
        },
        undefined,
        during,
      ),
    )
  }
  hear('copy cut', ({ during }) => take('text_copy', during))
  hear('selectionchange', ({ during }) => {
    clearTimeout(timer)
    timer = setTimeout(take, SETTLES_MS, 'text_select', during)
  })
}

/** What is selected in a field is its value, which browsers give for the page's selection. */
function isInField(): boolean {
  let { activeElement } = document
  while (activeElement?.shadowRoot?.activeElement)
    activeElement = activeElement.shadowRoot.activeElement
  return /^(?:input|textarea)$/.test(activeElement?.localName ?? '')
}

function headingAbove(element: Element): string | undefined {
  const headings = Array.from(document.querySelectorAll('h1,h2,h3,h4,h5,h6'))
  const above = headings.filter(
    (heading) =>
      heading.contains(element) ||
      heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING,
  )
  const heading = above.pop()
  return heading && !isPrivate(heading)
    ? redactText(`${heading.textContent}`.trim()).slice(0, LONGEST_HEADING)
    : undefined
}
