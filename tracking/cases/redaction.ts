import { deepEqual } from 'node:assert/strict'
import { join } from 'node:path'
import { build } from 'vite'
import { redactText } from '../../redact/text.ts'
import { redactUrl } from '../../redact/url.ts'
import { labelledSet } from '../../test/redaction-set.ts'
import type { Case } from './world.ts'

const REDACT = join(import.meta.dirname, '../../redact')

export const REDACTION_CASES: readonly Case[] = [
  {
    id: 'D01',
    title: 'redaction in the browser is the same as on the server, text by text',
    async run(world) {
      const texts = labelledSet(60).map(({ text }) => text)
      const urls = texts.map((text) => `https://a.example/${text}?ref=${encodeURIComponent(text)}`)
      const body = `<script>${await redactBundle()}</script>`
      const page = await world.open(world.put('/', { script: false, body }))
      const inBrowser = await page.evaluate(
        `[${JSON.stringify(texts)}.map(redactText), ${JSON.stringify(urls)}.map((url) => redactUrl(url))]`,
      )
      deepEqual(inBrowser, [texts.map(redactText), urls.map((url) => redactUrl(url))])
    },
  },
]

/** The library as a browser gets it, with its functions as globals. */
async function redactBundle(): Promise<string> {
  const entry = 'redact-globals'
  const source = `
    import { redactText } from '${REDACT}/text.ts'
    import { redactUrl } from '${REDACT}/url.ts'
    Object.assign(window, { redactText, redactUrl })`
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [
      {
        name: entry,
        // Vite gives the entry as a path.
        resolveId: (id) => (id.endsWith(entry) ? `\0${entry}` : undefined),
        load: (id) => (id === `\0${entry}` ? source : undefined),
      },
    ],
    build: { write: false, target: 'es2020', lib: { entry, formats: ['iife'], name: 'redact' } },
  })
  if (!Array.isArray(result) || !result[0]) throw new Error('nothing was built')
  return result[0].output[0].code
}
