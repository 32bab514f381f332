import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from './browser.ts'
import { type Program, start } from './program.ts'
import { Session } from './webdriver.ts'

// WebKit as Debian has it, for Safari, which runs on Apple's machines alone:
// apt-get install webkit2gtk-driver xvfb

const DRIVER = '/usr/bin/WebKitWebDriver'
const DISPLAY = '/usr/bin/Xvfb'
const LIBRARIES = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu`)
const MINI_BROWSER = LIBRARIES.flatMap((folder) =>
  ['4.1', '4.0'].map((version) => `${folder}/webkit2gtk-${version}/MiniBrowser`),
).find((path) => existsSync(path))

export const hasWebkit = MINI_BROWSER !== undefined && existsSync(DRIVER) && existsSync(DISPLAY)

const WAITS_MS = 15_000
/** The key of a reference to an element, by the standard. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
const KEYS: Record<string, string> = { Backspace: '\uE003' }
const BUTTONS: Record<string, number> = { left: 0, middle: 1, right: 2 }
/** As JSON, without a word of what some cases do to arrays. The driver's own makes null of undefined. */
const TEXT_OF = `const textOf = (value) => {
  const { toJSON } = Array.prototype
  delete Array.prototype.toJSON
  try {
    return JSON.stringify(value)
  } finally {
    if (toJSON) Array.prototype.toJSON = toJSON
  }
}`

export async function launchWebkit(): Promise<Browser> {
  const display = start(DISPLAY, [
    ...['-displayfd', '3'],
    ...['-screen', '0', '1280x1024x24'],
    ...['-nolisten', 'tcp'],
  ])
  const sessions = new Set<Session>()
  try {
    const name = await displayName(display)
    const open = async (): Promise<Session> => {
      const session = await Session.open(DRIVER, name, {
        // A command waits for no page: ours do so themselves, and several load at once.
        pageLoadStrategy: 'none',
        // The driver starts each browser without a profile, as a private window is.
        'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] },
      })
      sessions.add(session)
      return session
    }
    const close = async (session: Session) => {
      sessions.delete(session)
      await session.close()
    }
    const first = await open()
    await close(first)
    return {
      async createBrowserContext() {
        const session = await open()
        return { newPage: () => newPage(session), close: () => close(session) }
      },
      version: async () => `WebKitGTK/${first.browserVersion}`,
      async close() {
        await Promise.all([...sessions].map(close))
        await display.end()
      },
    }
  } catch (error) {
    await display.end()
    throw error
  }
}

async function displayName(display: Program): Promise<string> {
  const [number] = await once(display.said, 'data', { signal: AbortSignal.timeout(WAITS_MS) })
  return `:${String(number).trim()}`
}

/** A window of its own: the driver cannot bring a tab to the front, it would stay hidden. */
async function newPage(session: Session): Promise<Page> {
  // Asked of the window that stays, and keeps the session when the others are closed.
  const { firstWindow } = session
  const { handle } = await session.command<{ handle: string }>(firstWindow, 'POST', '/window/new', {
    type: 'window',
  })
  return pageOf(session, handle)
}

function pageOf(session: Session, window: string): Page {
  const send = <Answer>(method: 'POST' | 'DELETE', path: string, body: object = {}) =>
    session.command<Answer>(window, method, path, body)

  async function evaluate(run: unknown, ...args: unknown[]): Promise<unknown> {
    const code = typeof run === 'function' ? `(${run})(...arguments)` : `(${run}\n)`
    const script = `${TEXT_OF}\nreturn (async () => textOf(await ${code}))()`
    const text = await send<string | null>('POST', '/execute/sync', { script, args })
    return text === null ? undefined : JSON.parse(text)
  }

  async function waitForFunction(isTrue: string | (() => unknown)): Promise<void> {
    const end = Date.now() + WAITS_MS
    // A page on its way to the next one may refuse.
    while (!(await evaluate(isTrue).catch(() => false))) {
      if (Date.now() > end) throw new Error(`never true: ${isTrue}`)
      await pause(25)
    }
  }

  async function waitForNavigation(): Promise<void> {
    const before = await evaluate('performance.timeOrigin')
    await waitForFunction(
      `performance.timeOrigin !== ${before} && document.readyState === 'complete'`,
    )
  }

  const perform = (type: 'pointer' | 'key', actions: object[]) =>
    send('POST', '/actions', { actions: [{ type, id: type, actions }] })

  const clickAt = (origin: object | 'viewport', x: number, y: number, name = 'left') => {
    const button = BUTTONS[name]
    return perform('pointer', [
      { type: 'pointerMove', origin, x, y, duration: 0 },
      { type: 'pointerDown', button },
      { type: 'pointerUp', button },
    ])
  }

  const find = (selector: string) =>
    send<Record<string, string>>('POST', '/element', { using: 'css selector', value: selector })

  return {
    evaluate: evaluate as Page['evaluate'], // the answer's type is the function's
    waitForFunction,
    waitForNavigation,
    async goto(url, { referer } = {}) {
      const go = (from: string, to: string) => {
        history.replaceState({}, '', from)
        location.href = to
      }
      await Promise.all([
        waitForNavigation(),
        // The driver says no referrer: the page at hand, of the same origin, takes its address and goes.
        referer ? evaluate(go, referer, url) : send('POST', '/url', { url }),
      ])
    },
    async click(selector, options) {
      await clickAt(await find(selector), 0, 0, options?.button)
    },
    async type(selector, text) {
      await send('POST', `/element/${(await find(selector))[ELEMENT]}/value`, { text })
    },
    mouse: {
      async click(x, y, options) {
        await clickAt('viewport', x, y, options?.button)
      },
    },
    keyboard: {
      async press(key) {
        const value = KEYS[key] ?? key
        await perform('key', [
          { type: 'keyDown', value },
          { type: 'keyUp', value },
        ])
      },
    },
    async bringToFront() {
      await send('POST', '/window', { handle: window })
    },
    async close() {
      await send('DELETE', '/window')
    },
  }
}
