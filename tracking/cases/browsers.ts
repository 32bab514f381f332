import puppeteer, { type Browser as PuppeteerBrowser } from 'puppeteer-core'
import { browserPath } from '../../test/browser.ts'
import type { Browser } from './browser.ts'
import { hasWebkit, launchWebkit } from './webkit.ts'

export type BrowserName = 'chromium' | 'firefox' | 'webkit'

/** The real browsers of this machine. */
export const foundBrowsers: readonly BrowserName[] = [
  ...(['chromium', 'firefox'] as const).filter(browserPath),
  ...(hasWebkit ? (['webkit'] as const) : []),
]

export const launch = (name: BrowserName): Promise<Browser> =>
  name === 'webkit' ? launchWebkit() : launchPuppeteer(name)

/**
 * A browser as people have it: drivers usually switch off the back/forward cache and prerendering.
 * `isPatient`: it takes any number of history changes at once.
 */
export function launchPuppeteer(
  name: 'chromium' | 'firefox',
  { isPatient = false } = {},
): Promise<PuppeteerBrowser> {
  const executablePath = browserPath(name) ?? ''
  if (name === 'firefox')
    return puppeteer.launch({
      browser: 'firefox',
      executablePath,
      extraPrefsFirefox: {
        // Its own pages stay quiet; nothing else is changed.
        'datareporting.policy.dataSubmissionEnabled': false,
        'network.captive-portal-service.enabled': false,
        ...(isPatient && { 'dom.navigation.navigationRateLimit.count': 0 }),
      },
    })
  return puppeteer.launch({
    browser: 'chrome',
    executablePath,
    ignoreDefaultArgs: true,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-default-browser-check',
      '--password-store=basic',
      '--use-mock-keychain',
      '--remote-debugging-port=0',
      ...(isPatient ? ['--disable-ipc-flooding-protection'] : []),
      'about:blank',
    ],
  })
}
