import { deepEqual, equal, ok } from 'node:assert/strict'
import { type Case, counts, dataOf, leave, pause, ready, type World } from './world.ts'

const CATCHES_ERRORS = `<script>
  const errors = []
  addEventListener('error', ({ message }) => { if (message) errors.push(message) })
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)))
</script>`
const BODY = `<form id="join" onsubmit="this.reset();return false"><input name="mail"><button id="send">send</button></form>
  <button id="buy">buy</button><a id="out" href="https://other.example/x?secret=1" onclick="return false">out</a>
  <div data-private><form id="hidden" onsubmit="return false"><button id="secret">s</button></form></div>`

const isFeatures = (url: string) => /\.[\da-f]{12}\.js$/.test(url)

/** Keeps the features back; the answer lets them through. */
function holdFeatures({ gate }: World): () => void {
  let letThrough = () => {}
  const held = new Promise<'pass'>((resolve) => {
    letThrough = () => resolve('pass')
  })
  gate.serve = (url) => (isFeatures(url) ? held : 'pass')
  return letThrough
}

/** What a visitor does at once. */
async function act(page: Awaited<ReturnType<World['open']>>): Promise<void> {
  await page.click('#buy')
  await page.type('[name=mail]', 'jane')
  await page.click('#send')
  await page.click('#out')
  await page.click('#secret')
  await page.evaluate("setTimeout(() => { throw new Error('no user jane@example.com') })")
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 20))')
}

export const FEATURE_CASES: readonly Case[] = [
  {
    id: 'L01',
    title: 'what happened before the features came is told when they come: whose, where and when',
    async run(world) {
      const letThrough = holdFeatures(world)
      const page = await world.open(world.put('/', { body: BODY }))
      await act(page)
      const actedMs = Date.now()
      const before = counts(await world.until('the view', (all) => all.length > 0))
      // A slow machine is at it long enough for an engagement.
      deepEqual({ ...before, engagement: 0 }, { pageview: 1, engagement: 0 })
      letThrough()
      const events = await world.settled(page)
      await page.close()
      const of = (type: string) => events.filter((event) => event.type === type)
      deepEqual(
        [...of('click'), ...of('outbound_link')].map(({ eventData }) => eventData?.selector),
        ['#buy', '#send', '#out'],
      )
      deepEqual(
        of('js_error').map(({ eventData }) => eventData?.message),
        ['Error: no user [email]'],
      )
      const [touch, start, submit] = ['form_touch', 'form_start', 'form_submit'].map(
        (type) => of(type)[0],
      )
      equal(new Set([touch, start, submit].map((event) => event?.eventData?.attempt)).size, 1)
      // The form was emptied at once, and had been filled all the same.
      const fields = submit?.eventData?.fields as { lengthBucket: string }[] | undefined
      deepEqual(
        fields?.map(({ lengthBucket }) => lengthBucket),
        ['1-5'],
      )
      for (const event of [touch, start, submit, ...of('click'), ...of('js_error')])
        ok((event?.occurredAtMs ?? 0) <= actedMs, `${event?.type}`)
      deepEqual([of('dead_click').length, of('form_submit').length], [0, 1])
      ok(!JSON.stringify(events).includes('jane'))
    },
  },
  {
    id: 'L02',
    title: 'left before the features came: the view, its engagement, submit, way out and error',
    async run(world) {
      const letThrough = holdFeatures(world)
      const page = await world.open(world.put('/', { body: BODY }))
      await act(page)
      await leave(page)
      const events = await world.until('the submit', (all) => counts(all).form_submit === 1)
      letThrough()
      const { pageview, engagement, outbound_link, js_error, ...rest } = counts(events)
      deepEqual([pageview, engagement, outbound_link, js_error], [1, 1, 1, 1])
      deepEqual(rest, { form_submit: 1 })
      const submit = events.find(({ type }) => type === 'form_submit')?.eventData
      deepEqual([submit?.form, submit?.isValid, submit?.submits], ['join', true, 1])
      ok(!/jane|secret/.test(JSON.stringify(events)))
    },
  },
  {
    id: 'L03',
    title:
      'the features are blocked or gone: the script goes on, nothing is thrown; the next page has them',
    async run(world) {
      const answers = { blocked: 'reset', gone: { status: 404, headers: {}, body: '' } } as const
      for (const [name, answer] of Object.entries(answers)) {
        world.gate.serve = (url) => (isFeatures(url) ? answer : 'pass')
        const page = await world.open(world.put(`/${name}`, { body: BODY, head: CATCHES_ERRORS }))
        await page.click('#buy')
        const events = await world.settled(page)
        const own = events.filter(({ path }) => path?.endsWith(`/${name}`))
        deepEqual(counts(own), { pageview: 1 })
        deepEqual(await page.evaluate('errors'), [])
      }
      world.gate.serve = () => 'pass'
      // WebKit's view keeps the failed load for its next page.
      if (world.browserName === 'webkit') return
      const page = await world.open(world.put('/next', { body: BODY }))
      await ready(page)
      await page.click('#buy')
      equal(counts(await world.settled(page)).click, 1)
    },
  },
  {
    id: 'L04',
    title: 'features that are not those of the script are not run, and nothing is thrown',
    async run(world) {
      const altered = {
        status: 200,
        headers: { 'content-type': 'text/javascript' },
        body: 'window.isAltered = true; export default () => { window.isAltered = true }',
      }
      const from = world.gate.scriptUrls.length
      world.gate.serve = (url) => (isFeatures(url) ? altered : 'pass')
      const script = `crossorigin integrity="${await world.gate.integrity()}"`
      const page = await world.open(world.put('/', { body: BODY, head: CATCHES_ERRORS, script }))
      while (!world.gate.scriptUrls.slice(from).some(isFeatures)) await pause(20)
      await page.evaluate(() => window.footfall?.track('asked'))
      await world.until('what was recorded then', (all) => counts(all).asked === 1)
      deepEqual(await page.evaluate('[window.isAltered === undefined, errors]'), [true, []])
    },
  },
  {
    id: 'L05',
    title: 'policies by nonce, by strict-dynamic and by origin: the features come with the script',
    async run(world) {
      for (const [name, sources, script] of [
        ['nonce', "'nonce-n'", 'nonce="n"'],
        ['dynamic', "'strict-dynamic' 'nonce-n'", 'nonce="n"'],
        ['origin', world.gate.url, ''],
      ] as const) {
        const policy = `default-src 'none'; script-src ${sources}; connect-src ${world.gate.url}`
        const headers = { 'content-security-policy': policy }
        const page = await world.open(world.put(`/${name}`, { body: BODY, script, headers }))
        await ready(page)
        await page.click('#buy')
        const events = await world.settled(page)
        equal(
          events
            .filter(({ type }) => type === 'click')
            .at(-1)
            ?.path?.endsWith(name),
          true,
        )
        await page.close()
      }
    },
  },
  {
    id: 'L06',
    title: 'the features are fetched once, however many pages there are',
    async run(world) {
      const from = world.gate.scriptUrls.length
      const page = await world.open(world.put('/', { body: BODY }))
      await ready(page)
      for (const path of ['/next', '/last']) {
        await page.goto(world.put(path, { body: BODY }))
        await ready(page)
        await page.click('#buy')
        await world.settled(page)
      }
      equal(counts(await world.stored()).click, 2)
      equal(world.gate.scriptUrls.slice(from).filter(isFeatures).length, 1)
    },
  },
  {
    id: 'L07',
    title:
      'the layout that a click was in: the same of every click, another where the page has another part',
    async run(world) {
      const layouts: unknown[] = []
      for (const [path, more] of [
        ['/', ''],
        ['/same', ''],
        ['/redesigned', '<aside>new</aside>'],
      ] as const) {
        const page = await world.open(world.put(path, { body: `<nav>n</nav>${more}${BODY}` }))
        await ready(page)
        await page.click('#buy')
        const events = await world.settled(page)
        const click = events.find((event) => event.type === 'click' && event.path?.endsWith(path))
        layouts.push(click?.eventData?.layout)
      }
      const [layout, same, redesigned] = layouts
      ok(/^[\da-f]+$/.test(`${layout}`) && same === layout && redesigned !== layout, `${layouts}`)
    },
  },
  {
    id: 'L08',
    title: 'a form and a part of the page that come seconds later: both are seen',
    async run(world) {
      const page = await world.open(world.put('/', { body: `<nav>n</nav>${BODY}` }))
      await ready(page)
      await page.click('#buy')
      // By then the forms have been looked for, and the layout of a click would be that of all.
      await pause(2_500)
      await page.evaluate(() => {
        document.querySelector('nav')?.insertAdjacentHTML('afterend', '<aside>a</aside>')
        document.body.insertAdjacentHTML('beforeend', '<form id="late"></form><p id="by-role"></p>')
      })
      await page.click('#buy')
      const found = async (name: string) => {
        await pause(2_500)
        await page.evaluate(() => window.footfall?.flush())
        return world.until(name, (all) =>
          dataOf(all, 'form_load').some(({ form }) => form === name),
        )
      }
      await found('late')
      await page.evaluate(() => document.querySelector('#by-role')?.setAttribute('role', 'form'))
      const events = await found('by-role')
      const [first, second] = dataOf(events, 'click').map(({ layout }) => layout)
      ok(first && second && first !== second, `${first} ${second}`)
    },
  },
]
