import { deepEqual, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Case, pause } from './world.ts'

const WEB_VITALS = readFileSync(
  join(import.meta.dirname, '../../node_modules/web-vitals/dist/web-vitals.iife.js'),
  'utf8',
)

/** The package on the same page keeps what it has told last of each vital. */
const KEEPS_VITALS = `<script>${WEB_VITALS}
  for (const name of ['CLS', 'FCP', 'INP', 'LCP', 'TTFB'])
    webVitals['on' + name](({ value, rating, navigationType }) =>
      localStorage.setItem('vital ' + name, JSON.stringify({ value, rating, navigationType })))
</script>`

const SLOW_MS = 250
const ROUNDED_MS = 8 // by Event Timing

const BODY = `<h1>Vitals</h1><div id="room"></div><p>text</p><button id="slow">slow</button><script>
  const wait = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); }
  document.querySelector('#slow').onclick = () => wait(${SLOW_MS})
  addEventListener('load', () => setTimeout(() => { document.querySelector('#room').style.height = '300px' }, 100))
</script>`

export const VITAL_CASES: readonly Case[] = [
  {
    id: 'E13',
    title:
      'web vitals: those that web-vitals tells a script of the page’s own, though ours began when it was idle',
    async run(world) {
      const page = await world.open(world.put('/', { head: KEEPS_VITALS, body: BODY }))
      await pause(700)
      await page.click('#slow')
      await pause(500)
      await page.goto(world.put('/next', { script: false }))
      const theirs = (await page.evaluate(() =>
        Object.entries({ ...localStorage })
          .filter(([name]) => name.startsWith('vital '))
          .map(([name, text]) => [name.slice(6), JSON.parse(text)])
          .sort(),
      )) as [string, { value: number; rating: string; navigationType: string }][] // as it was kept
      const names = theirs.map(([name]) => name)
      const events = await world.until('the vitals', (all) =>
        names.every((name) => all.some(({ eventData }) => eventData?.name === name)),
      )
      const ours = new Map(
        events
          .filter(({ type }) => type === 'web_vital')
          .map(({ eventData }) => [eventData?.name, eventData]),
      )
      ok(names.includes('TTFB') && names.includes('FCP'), `${names}`)
      for (const [name, { value, rating, navigationType }] of theirs)
        deepEqual(ours.get(name), {
          name,
          value: Math.round(value * 1_000) / 1_000,
          rating,
          navigationType,
        })
      // The package looks at an interaction when the browser is idle, which one that
      // paints nothing may not be before the page is left: then it is silent.
      const longest = Number(ours.get('INP')?.value ?? SLOW_MS)
      ok(longest >= SLOW_MS - ROUNDED_MS && longest < 1_000, `${longest}`)
    },
  },
]
