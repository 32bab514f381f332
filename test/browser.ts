import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright'

/** Where a browser lies on this machine, if anywhere: the system's, else (Chromium) Playwright's. */
export function browserPath(name: 'chromium' | 'firefox'): string | undefined {
  const paths = JSON.parse(
    readFileSync(join(import.meta.dirname, 'browser-paths.json'), 'utf8'),
  ) as Record<typeof name, string[]> // our own file
  const downloaded = name === 'chromium' ? [chromium.executablePath()] : []
  return [...paths[name], ...downloaded].find((path) => existsSync(path))
}

/** A real Chromium. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = browserPath('chromium')
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
