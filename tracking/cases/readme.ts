import { ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../contract/event.ts'
import { type Case, pause } from './world.ts'

interface Example {
  readonly language: 'html' | 'js'
  readonly code: string
  readonly type: string
  /** Members that the event must have. */
  readonly eventData: { readonly [name: string]: Json }
}

/** The examples of README.md, each of which says what it sends: `→ type {members}`. */
const EXAMPLES: readonly Example[] = [
  ...readFileSync(join(import.meta.dirname, '../README.md'), 'utf8').matchAll(
    /^```(html|js)\n(.*?)^```/gms,
  ),
].map(([, language, block = '']) => {
  const [, code = '', type = '', data = '{}'] =
    /^(.*)(?:<!--|\/\/) → (\w+) ?(\{.*\})?/s.exec(block) ?? []
  return { language: language as Example['language'], code, type, eventData: JSON.parse(data) } // by the pattern
})

export const README_CASES: readonly Case[] = [
  {
    id: 'R01',
    title: 'the examples of README.md send what they say',
    async run(world) {
      ok(EXAMPLES.length >= 8, 'the examples are found')
      for (const [at, { language, code, type, eventData }] of EXAMPLES.entries()) {
        const path = `/example-${at}`
        const here = code
          .replaceAll('https://stats.example', world.gate.url)
          .replaceAll('example-com', world.site)
        const page = await world.open(
          language === 'html'
            ? world.put(path, { script: here.includes('tracking.js') ? false : '', body: here })
            : world.put(path, {
                body: '<form id="signup"><input name="a"></form>',
                script: `data-identify ${code.includes('consent') ? 'data-consent="unknown"' : ''}`,
              }),
        )
        if (language === 'js') {
          await page.type('input', 'x')
          await pause(50)
          await page.evaluate(`(() => {${here}})()`)
        } else if (code.includes('<button')) await page.click('button')
        await world.until(`${type} of ${path}`, (events) =>
          events.some(
            (event) =>
              event.type === type &&
              event.path?.endsWith(path) &&
              Object.entries(eventData).every(
                ([name, value]) =>
                  JSON.stringify(event.eventData?.[name]) === JSON.stringify(value),
              ),
          ),
        )
        await page.close()
      }
    },
  },
]
