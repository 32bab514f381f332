import type { Page as PuppeteerPage } from 'puppeteer-core'

// What the cases use of a browser, named as in Puppeteer, whose browsers fit as they are.

export interface Browser {
  createBrowserContext(): Promise<Context>
  version(): Promise<string>
  close(): Promise<void>
}

/** A profile of its own. */
export interface Context {
  newPage(): Promise<Page>
  close(): Promise<void>
}

export type Page = Pick<PuppeteerPage, 'bringToFront' | 'click' | 'close' | 'evaluate' | 'type'> & {
  goto(url: string, options?: { referer?: string }): Promise<unknown>
  waitForFunction(isTrue: () => unknown): Promise<unknown>
  waitForNavigation(): Promise<unknown>
  readonly keyboard: Pick<PuppeteerPage['keyboard'], 'press'>
  readonly mouse: Pick<PuppeteerPage['mouse'], 'click'>
}
