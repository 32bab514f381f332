import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'puppeteer-core'

const WARM_UP = 50
const ROUTES = 1_000

/** By how many bytes the heap of scripts is larger after 1 000 route changes, when nothing is left to collect. */
export async function measureRoutes(browser: Browser, url: string): Promise<number> {
  const context = await browser.createBrowserContext()
  try {
    const page = await context.newPage()
    await page.goto(url, { waitUntil: 'load' })
    await page.evaluate(`visitMany(${WARM_UP})`)
    const before = await heapOf(page)
    await page.evaluate(`visitMany(${ROUTES})`)
    return (await heapOf(page)) - before
  } finally {
    await context.close()
  }
}

async function heapOf(page: Page): Promise<number> {
  await page.evaluate('window.footfall?.flush()')
  await pause(3_000)
  const session = await page.createCDPSession()
  await session.send('HeapProfiler.enable')
  for (let time = 0; time < 3; time++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}
