import { redactUrl } from '../../redact/url.ts'
import { attribute } from './attribute.ts'
import { clean } from './clean.ts'
import { isPrivate, selectorOf } from './element.ts'
import type { Surroundings } from './features.ts'
import { hash } from './hash.ts'
import { later } from './later.ts'
import { whenNothingHappens } from './reaction.ts'

const LINKS = 'a[href],area[href]'
const ANSWERS_UNSEEN = 'input,select,textarea,label,option,video,audio,canvas'
const CONTROLS = `${LINKS},${ANSWERS_UNSEEN},button,summary,[onclick],[data-track],[role=button],[role=link],[role=tab],[role=switch],[role^=menuitem]`
// What a layout is made of. What repeats with the content, like articles and lists, is none of it.
const LANDMARKS = 'header,nav,main,aside,footer,section,form'
const MOST_PARTS = 50
const LAYOUT_SETTLES_MS = 2_000
const RAGE_CLICKS = 3
const RAGE_MS = 1_000
const RAGE_PX = 30

/**
 * Clicks on links and controls, and on anything when they are angry (three
 * within a second and 30 px) or in vain. The handler takes down what is gone
 * later; describing the element waits until the page is idle.
 */
export function clicks({ options, record, hear, onView }: Surroundings): void {
  if (!options.trackClicks) return
  let series: MouseEvent[] = []
  let layout: string | undefined
  let shownAt = 0
  onView(({ startedAt }) => {
    layout = undefined
    shownAt = startedAt
  })
  /** Once a view, as to find the main parts a browser looks at all of the page; but a route may at first show a frame of it. */
  const layoutNow = () => {
    if (performance.now() - shownAt < LAYOUT_SETTLES_MS) return layoutHash()
    layout ??= layoutHash()
    return layout
  }

  hear<MouseEvent>('click auxclick', ({ event, path, during }, isLate) => {
    const { button, clientX, clientY, pageX, pageY, timeStamp } = event
    const [target] = path
    // The right button opens a menu.
    if (button === 2 || !target) return
    // A click on a label is followed by one on its control, which is the one that counts.
    const label = path.find((element) => element.localName === 'label') as
      | HTMLLabelElement
      | undefined // by its name
    if (label?.control && !path.includes(label.control)) return
    series = series.filter(
      (other) =>
        timeStamp - other.timeStamp < RAGE_MS &&
        Math.hypot(clientX - other.clientX, clientY - other.clientY) <= RAGE_PX,
    )
    const isRage = series.push(event) === RAGE_CLICKS
    const find = (selector: string) => path.find((element) => element.matches(selector))
    let data: object | undefined

    later(() => {
      if (isPrivate(target)) return
      const control = find(CONTROLS)
      const element = control ?? target
      const { left, top, width, height } = element.getBoundingClientRect()
      const page = [left + scrollX, top + scrollY] as const
      data = {
        selector: selectorOf(element),
        tag: element.localName,
        isControl: !!control,
        // A click by the keyboard is nowhere; an element that is gone has no size.
        ...((clientX || clientY) &&
          width && { x: share(pageX - page[0], width), y: share(pageY - page[1], height) }),
        box: [...page, width, height].map(Math.round),
        layout: layoutNow(),
      }
      const { eventType, ...link } = linkOf(find(LINKS), options.downloadExtensions)
      if (control) record(eventType, { ...data, ...link }, undefined, during)
      // Three clicks select a paragraph, too.
      if (isRage && (control || getSelection()?.isCollapsed))
        record('rage_click', data, undefined, during)
      const named = find('[data-track]')
      if (named)
        record(attribute(named, 'data-track'), trackedProperties(named), 'critical', during)
    })
    // Of what came of an earlier click nobody knows.
    if (!isLate && button === 0 && !target.matches('html,body') && !find(ANSWERS_UNSEEN))
      whenNothingHappens(
        path,
        options.endpoint,
        () =>
          data && !isOnItsWay(event, find(LINKS)) && record('dead_click', data, undefined, during),
      )
  })
}

/** A link that the page has left to the browser: a download shows nothing, and a slow site has yet to answer. */
const isOnItsWay = (event: Event, link: Element | undefined) =>
  !!link && !event.defaultPrevented && !/^(?:#|javascript:)/.test(attribute(link, 'href'))

/**
 * Of the main parts of the page, in their order, and what they are in: another after a redesign, the same with
 * another text. Without their places among others, to tell which would be a long task on a page of a thousand.
 */
const layoutHash = () =>
  hash(
    Array.from(document.querySelectorAll(LANDMARKS))
      .slice(0, MOST_PARTS)
      .map((part) => (isPrivate(part) ? '' : selectorOf(part, ({ localName }) => localName)))
      .join(),
  )

/** Thousandths of the element's size. */
const share = (offset: number, size: number) =>
  Math.min(Math.max(Math.round((offset / size) * 1_000), 0), 1_000)

/** What a click on a link is: a download, a way out of the site, or a click. Never an address of a person. */
function linkOf(link: Element | undefined, extensions: readonly string[]) {
  if (!link) return { eventType: 'click' }
  const { protocol, host, pathname, href } = link as HTMLAnchorElement // or an area, which has the same
  const extension = /\.(\w+)$/.exec(pathname)?.[1]?.toLowerCase() ?? ''
  const url = redactUrl(href)
  if (link.hasAttribute('download') || (url && extensions.includes(extension)))
    return { eventType: 'file_download', url, extension }
  if (url && host !== location.host) return { eventType: 'outbound_link', url }
  return { eventType: 'click', link: url ? 'internal' : protocol.slice(0, -1) }
}

/** `data-track-plan-name="pro"` is the property `planName`. */
export function trackedProperties(element: Element) {
  const properties: { [name: string]: string } = {}
  for (const { name, value } of Array.from(element.attributes)) {
    const [, property] = /^data-track-(.+)/.exec(name) ?? []
    if (property) properties[property.replace(/-(\w)/g, (_, first) => first.toUpperCase())] = value
  }
  return clean(properties)
}
