import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'puppeteer-core'
import { readTrace, sumMs, within } from './trace.ts'

const THROTTLING = 6
const TIMES = 24
const PAUSE_MS = 120

export type Input = 'click' | 'keydown' | 'scroll'

export interface Inputs {
  /** For each input, from it to the end of the frame that shows its effect. */
  readonly durationsMs: Readonly<Record<Input, readonly number[]>>
  /** What the browser says of clicks and keys by PerformanceEventTiming, in steps of 8 ms. */
  readonly eventTimingsMs: readonly number[]
  /** The main thread in our script within the handlers of each event. */
  readonly handlersMs: readonly number[]
}

/** Clicks (a change of layout, a route, a text), keys and turns of the wheel, with the processor a sixth as fast. */
export async function measureInputs(
  browser: Browser,
  url: string,
  isOurs: (scriptUrl: string) => boolean,
): Promise<Inputs> {
  const context = await browser.createBrowserContext()
  try {
    const page = await context.newPage()
    await page.tracing.start({
      categories: ['devtools.timeline', 'blink.user_timing', 'v8.execute'],
    })
    await page.goto(url, { waitUntil: 'load' })
    await page.emulateCPUThrottling(THROTTLING)
    await pause(1_000)
    for (let time = 0; time < TIMES; time++) {
      await page.click(['#act', '#route', '#text'][time % 3] ?? '#act')
      await pause(PAUSE_MS)
      await page.focus('#field')
      await page.keyboard.press('a')
      await pause(PAUSE_MS)
      await page.mouse.wheel({ deltaY: time % 2 ? -300 : 400 })
      await pause(PAUSE_MS)
    }
    await pause(1_000)
    const measured = (await page.evaluate(
      '({ durationsMs: durations, eventTimingsMs: eventTimings })',
    )) as Omit<Inputs, 'handlersMs'> // the page’s own lists
    const trace = await page.tracing.stop()
    if (!trace) throw new Error('Chromium gave no trace')
    const { scripts, dispatches } = readTrace(trace, url)
    const ours = scripts.filter((script) => isOurs(script.url))
    return { ...measured, handlersMs: dispatches.map((event) => sumMs(within(event, ours))) }
  } finally {
    await context.close()
  }
}
