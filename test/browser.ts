import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright'

/** A real Chromium: the system's where there is one, else Playwright's. */
export function launchBrowser(): Promise<Browser> {
  const paths = JSON.parse(
    readFileSync(join(import.meta.dirname, 'browser-paths.json'), 'utf8'),
  ) as string[] // our own file
  const executablePath = paths.find((path) => existsSync(path))
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
