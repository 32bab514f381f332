import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'puppeteer-core'
import { longTasksOf, readTrace, sumMs } from './trace.ts'

const THROTTLING = 4
const SETTLES_MS = 2_000

export interface Load {
  /** The main thread in our script and in what it calls. */
  readonly scriptMs: number
  /** Of it, what runs before the load event: the rest waits for its turn. */
  readonly startMs: number
  /** The whole main thread. */
  readonly pageMs: number
  readonly longTasks: number
  /** Tasks that are long only by our script’s share. */
  readonly longTasksAdded: number
}

/** One load as a first visit with a phone: nothing cached, a processor a quarter as fast. */
export async function measureLoad(
  browser: Browser,
  url: string,
  isOurs: (scriptUrl: string) => boolean,
): Promise<Load> {
  const context = await browser.createBrowserContext()
  try {
    const page = await context.newPage()
    await page.setViewport({ width: 412, height: 823, isMobile: true, hasTouch: true })
    await page.emulateCPUThrottling(THROTTLING)
    const categories = ['toplevel', 'devtools.timeline', 'blink.user_timing', 'v8.execute']
    await page.tracing.start({ categories })
    await page.goto(url, { waitUntil: 'load' })
    await pause(SETTLES_MS)
    const trace = await page.tracing.stop()
    if (!trace) throw new Error('Chromium gave no trace')
    const { tasks, scripts, loadedAtMs } = readTrace(trace, url)
    const ours = scripts.filter((script) => isOurs(script.url))
    const { long, added } = longTasksOf(tasks, ours)
    return {
      scriptMs: sumMs(ours),
      startMs: sumMs(ours.filter(({ fromMs }) => fromMs < loadedAtMs)),
      pageMs: sumMs(tasks),
      longTasks: long,
      longTasksAdded: added,
    }
  } finally {
    await context.close()
  }
}
