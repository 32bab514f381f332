import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StoredEvent } from '../../contract/event.ts'
import type { Pool } from '../../database/postgres.ts'
import type { Context, Page } from './browser.ts'
import type { BrowserName } from './browsers.ts'
import type { Gate } from './gate.ts'

/** An event as the collector has stored it. */
export interface Stored extends StoredEvent {
  readonly type: string
  readonly eventId: string
  readonly visitorId: string
  readonly sessionId: string | null
  readonly occurredAtMs: number
  readonly path: string | null
}

/** One case, in one browser. */
export interface Case {
  /** As in the list of browser cases. */
  readonly id: string
  readonly title: string
  /** Why it is not run in a browser. */
  readonly not?: Partial<Record<BrowserName, string>>
  readonly run: (world: World) => Promise<void>
}

export interface PageOptions {
  readonly body?: string
  readonly head?: string
  /** Attributes of the script element. `false`: no script element. */
  readonly script?: string | false
  readonly headers?: Record<string, string>
}

const WAITS_MS = 15_000

/** What a case works with: a site of its own, whose pages it writes, and what reached the server. */
export class World {
  readonly browserName: BrowserName
  readonly gate: Gate
  /** The id of the case's own site. */
  readonly site: string
  /** `npm run browsers`; else what takes long is done shorter. */
  readonly isFullMatrix: boolean
  context!: Context
  readonly #pool: Pool
  readonly #pages: PageServer

  constructor(parts: {
    browserName: BrowserName
    gate: Gate
    pages: PageServer
    pool: Pool
    site: string
    isFullMatrix: boolean
  }) {
    this.browserName = parts.browserName
    this.isFullMatrix = parts.isFullMatrix
    this.gate = parts.gate
    this.site = parts.site
    this.#pool = parts.pool
    this.#pages = parts.pages
  }

  /** Puts a page on the site, on another origin than the collector; answers its address. */
  put(path: string, { body = '', head = '', script = '', headers = {} }: PageOptions = {}): string {
    const element =
      script === false
        ? ''
        : `<script src="${this.gate.url}/js/tracking.js" data-site="${this.site}" ${script}></script>`
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${path}</title>${head}${element}</head><body>${body}</body></html>`
    return this.#pages.put(`/${this.site}${path}`, html, headers)
  }

  async open(url: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  async stored(): Promise<Stored[]> {
    const { rows } = await this.#pool.query(
      `select event_id, event_type, visitor_id, session_id, occurred_at, path, event
         from events_log where site_id = $1 order by occurred_at, event_id`,
      [this.site],
    )
    return rows.map((row) => ({
      ...row.event,
      type: row.event_type,
      eventId: row.event_id,
      visitorId: row.visitor_id,
      sessionId: row.session_id,
      occurredAtMs: row.occurred_at.getTime(),
      path: row.path,
    }))
  }

  /** Views that the server has counted and not kept, since their visitors have objected. */
  async counted(): Promise<number> {
    const { rows } = await this.#pool.query(
      'select coalesce(sum(pageviews), 0)::int as views from anonymous_counts where site_id = $1',
      [this.site],
    )
    return rows[0].views
  }

  async typed(type: string): Promise<Stored[]> {
    return (await this.stored()).filter((event) => event.type === type)
  }

  /** Waits until the server has what the case expects; tells what it has when it does not. */
  async until(
    what: string,
    isThere: (events: Stored[]) => boolean,
    waitsMs = WAITS_MS,
  ): Promise<Stored[]> {
    const end = Date.now() + waitsMs
    for (;;) {
      const events = await this.stored()
      if (isThere(events)) return events
      if (Date.now() > end) {
        const list = events.map(
          ({ type, path, eventData }) => `${type} ${path} ${JSON.stringify(eventData)}`,
        )
        const sent = this.gate
          .attemptsOf(this.site)
          .slice(-3)
          .map(({ body, answer }) => `${body} → ${answer}`)
        throw new Error(
          `${what}: the server has\n${list.join('\n') || 'nothing'}\nthe last requests were\n${sent.join('\n')}`,
        )
      }
      await pause(50)
    }
  }

  /**
   * Everything that the server has when an event recorded now has arrived: what
   * is not among it was not sent.
   */
  async settled(page: Page): Promise<Stored[]> {
    const marker = `done-${Math.random()}`
    await ready(page)
    await page.evaluate((name) => window.footfall?.track(name), marker)
    const events = await this.until(marker, (all) => all.some(({ type }) => type === marker))
    return events.filter(({ type }) => !type.startsWith('done-'))
  }
}

/**
 * Waits for what waits for the page to be idle: the features, and what an event
 * handler leaves for later.
 */
export async function ready(page: Page): Promise<void> {
  const idle = () =>
    new Promise((resolve) => {
      if ('requestIdleCallback' in window) requestIdleCallback(resolve, { timeout: 500 })
      else setTimeout(resolve)
    })
  await page.evaluate(idle)
  // A module is there once: this is the library's own, or has failed for it
  // too. As text, which nothing on the way here has transformed.
  await page.evaluate(
    `(({ href } = {}) => href && import(href).then(() => {}, () => {}))(document.querySelector('link[rel=modulepreload]') ?? undefined)`,
  )
  await page.evaluate(idle)
}

/** The head of a page that is opened long enough after another for what that one handed over to have arrived. */
export const LATER = '<script>const now = Date.now; Date.now = () => now() + 11_000</script>'

/**
 * Leaves a page as a link does; its tab stays. Of what a tab says while it is closed browsers drop some
 * (a later tab says it again): Firefox one request in twenty, Chromium what it has not come to by then.
 */
export async function leave(page: Page): Promise<void> {
  await page.goto('about:blank')
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What events of a type say. */
export const dataOf = (events: readonly Stored[], type: string) =>
  events.filter((event) => event.type === type).map(({ eventData }) => eventData ?? {})
export const lastOf = (events: readonly Stored[], type: string) => dataOf(events, type).at(-1) ?? {}

/** Counts of each type, for a look at once. */
export function counts(events: readonly Stored[]): Record<string, number> {
  const result: Record<string, number> = {}
  for (const { type } of events) result[type] = (result[type] ?? 0) + 1
  return result
}

/** Serves the pages of all cases. */
export class PageServer {
  readonly #pages = new Map<string, { html: string; headers: Record<string, string> }>()
  readonly #server: Server = createServer((incoming, outgoing) => {
    const page = this.#pages.get(new URL(incoming.url ?? '/', 'http://x').pathname)
    outgoing.writeHead(page ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      ...page?.headers,
    })
    outgoing.end(page?.html ?? '')
  })

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}` // it listens on a port
  }

  put(path: string, html: string, headers: Record<string, string>): string {
    this.#pages.set(path, { html, headers })
    return this.url + path
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
