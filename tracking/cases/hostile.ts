import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Page } from './browser.ts'
import { type Case, counts, leave, pause } from './world.ts'

const CATCHES_ERRORS = `<script>
  const errors = []
  addEventListener('error', ({ message }) => errors.push(message))
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)))
</script>`
const errorsOf = (page: Page) => page.evaluate('errors')

export const HOSTILE_CASES: readonly Case[] = [
  {
    id: 'B29',
    title: 'strict content security policy, trusted types, integrity, isolation: no violation',
    async run(world) {
      // WebKit checks integrity of what trusted types forbid to load.
      const integrity =
        world.browserName === 'webkit' ? '' : `integrity="${await world.gate.integrity()}"`
      const url = world.put('/', {
        head: `<script nonce="n">const violations = []
          addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective))</script>`,
        script: `nonce="n" crossorigin ${integrity}`,
        headers: {
          'content-security-policy': `default-src 'none'; script-src 'nonce-n'; connect-src ${world.gate.url}; img-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'`,
          'cross-origin-embedder-policy': 'require-corp',
          'cross-origin-opener-policy': 'same-origin',
        },
        body: '<form id="f"><input name="a"><button>x</button></form><a href="#x">x</a>',
      })
      const page = await world.open(url)
      await page.click('a')
      await page.type('input', 'x')
      const { pageview, form_start } = counts(await world.settled(page))
      deepEqual([pageview, form_start], [1, 1])
      deepEqual(await page.evaluate('violations'), [])
    },
  },
  {
    id: 'B30',
    title: 'loaded async, deferred, as a module, twice, after load: one instance, early calls once',
    async run(world) {
      const source = `${world.gate.url}/js/tracking.js`
      const tags = {
        async: `<script async src="${source}" data-site="${world.site}"></script>`,
        defer: `<script defer src="${source}" data-site="${world.site}"></script>`,
        module: `<script type="module" src="${source}" crossorigin data-site="${world.site}" data-endpoint="${world.gate.url}/collect"></script>`,
        twice: `<script src="${source}" data-site="${world.site}"></script><script src="${source}" data-site="${world.site}"></script>`,
        late: `<script>addEventListener('load', () => {
          const script = document.createElement('script')
          script.src = '${source}'; script.dataset.site = '${world.site}'
          document.head.append(script)
        })</script>`,
      }
      for (const [name, tag] of Object.entries(tags)) {
        const early = `<script>window.footfall = { q: [['track', 'early', { way: '${name}' }]] }</script>`
        const page = await world.open(
          world.put(`/${name}`, { script: false, head: early, body: tag }),
        )
        await page.waitForFunction(() => window.footfall?.version)
        await world.settled(page)
        await page.close()
      }
      const events = await world.stored()
      deepEqual([counts(events).pageview, counts(events).early], [5, 5])
    },
  },
  {
    id: 'B31',
    title: 'an older script on the page: ours does nothing; configuration by an object works',
    async run(world) {
      const older = await world.open(
        world.put('/old', { head: '<script>window.footfall = { track() {} }</script>' }),
      )
      await pause(300)
      equal(await older.evaluate(() => window.footfall?.version), undefined)
      deepEqual(await world.stored(), [])
      const head =
        '<script>window.footfall = { config: { preset: "cookieless", trackClicks: false } }</script>'
      const page = await world.open(world.put('/new', { head, body: '<button>x</button>' }))
      await page.click('button')
      const events = await world.settled(page)
      deepEqual([counts(events).pageview, counts(events).click], [1, undefined])
    },
  },
  {
    id: 'B32',
    title: 'open and closed shadow roots, an element removed by its click',
    async run(world) {
      const page = await world.open(
        world.put('/', {
          head: CATCHES_ERRORS,
          body: `<main id="shop"><x-open></x-open><x-closed id="closed" role="button"></x-closed>
            <button id="gone" onclick="this.remove()">gone</button></main>
            <script>
              for (const mode of ['open', 'closed']) {
                const root = document.querySelector('x-' + mode).attachShadow({ mode })
                root.innerHTML = '<p><button class="inner">inside</button></p>'
                window[mode + 'Button'] = root.querySelector('button')
              }
            </script>`,
        }),
      )
      await page.evaluate('openButton.click(), closedButton.click()')
      await page.click('#gone')
      const events = (await world.settled(page)).filter(({ type }) => type === 'click')
      deepEqual(
        events.map(({ eventData }) => eventData?.selector).sort(),
        ['#closed', '#gone', '#shop > x-open >>> p > button'].sort(),
      )
      deepEqual(await errorsOf(page), [])
    },
  },
  {
    id: 'B33',
    title:
      'forms whose inputs are named like their members, nodes of other documents, SVG: nothing is thrown',
    async run(world) {
      const page = await world.open(
        world.put('/', {
          head: CATCHES_ERRORS,
          body: `<form id="trap" onsubmit="return false">
              ${[
                'id',
                'name',
                'nodeName',
                'parentNode',
                'parentElement',
                'attributes',
                'elements',
                'closest',
                'matches',
                'getAttribute',
                'children',
              ]
                .map((name) => `<input name="${name}">`)
                .join('')}<button id="send">send</button></form>
            <svg id="art" width="50" height="50"><g class="a b"><rect width="50" height="50" onclick="0"></rect></g></svg>
            <iframe srcdoc="<button id=foreign>x</button>"></iframe>`,
        }),
      )
      await page.type('input[name=parentNode]', 'x')
      await page.click('#send')
      await page.click('rect')
      await page.evaluate(() => {
        const foreign = document.querySelector('iframe')?.contentDocument?.querySelector('button')
        if (!foreign) return
        document.body.append(foreign)
        foreign.click()
        const detached = document.createElement('button')
        detached.click()
      })
      const events = await world.settled(page)
      deepEqual(await errorsOf(page), [])
      const submit = events.find(({ type }) => type === 'form_submit')?.eventData
      deepEqual([submit?.form, submit?.lastField], ['trap', 'parentNode'])
      ok(events.some(({ eventData }) => eventData?.selector === '#art > g > rect'))
      ok(events.some(({ eventData }) => eventData?.selector === '#foreign'))
    },
  },
  {
    id: 'B34',
    title: 'clocks that stand still, jump by a day, or are faked: durations stay within bounds',
    async run(world) {
      const jumps = `<script>
        const now = Date.now, monotonic = performance.now.bind(performance)
        let by = 0
        Date.now = () => now() + by
        performance.now = () => monotonic() + by
        setTimeout(() => { by = 864e5 }, 150)
        setTimeout(() => { by = -864e5 }, 300)
      </script>`
      const frozen = `<script>
        const at = Date.now(), stood = performance.now()
        Date.now = () => at
        performance.now = () => stood
      </script>`
      const stopped = '<script>window.setTimeout = window.setInterval = () => 0</script>'
      for (const [name, head] of Object.entries({ jumps, frozen, stopped })) {
        const page = await world.open(world.put(`/${name}`, { head: CATCHES_ERRORS + head }))
        await pause(500)
        deepEqual(await errorsOf(page), [])
        await leave(page)
      }
      const events = await world.until('an engagement of each', (all) => {
        const engaged = all.filter(({ type }) => type === 'engagement')
        return new Set(engaged.map(({ path }) => path)).size === 3
      })
      equal(counts(events).pageview, 3)
      for (const { type, eventData, occurredAtMs } of events) {
        ok(Math.abs(occurredAtMs - Date.now()) < 90_000_000)
        if (type === 'engagement')
          ok(Number(eventData?.visibleMs) >= 0 && Number(eventData?.visibleMs) <= 10_500)
      }
    },
  },
  {
    id: 'B39',
    title: 'properties that are no data: the event is sent without them',
    async run(world) {
      const page = await world.open(world.put('/', { head: CATCHES_ERRORS }))
      await page.evaluate(() => {
        const circle: { self?: object; name: string } = { name: 'circle' }
        circle.self = circle
        const angry = new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no')
            },
          },
        )
        window.footfall?.track('odd', {
          good: 1,
          circle,
          angry,
          node: document.body,
          big: 12n,
          symbol: Symbol('x'),
          nothing: Number.NaN,
          long: 'x'.repeat(10_000_000),
          run: () => 1,
          when: new Date(0),
          list: [1, undefined, 'a'],
          get boom() {
            throw new Error('no')
          },
          password: 'hunter2',
          mail: 'jane@example.com',
        })
        for (const odd of [undefined, null, 5, {}, 'x'.repeat(500)])
          window.footfall?.track(odd as never, odd as never)
      })
      const [event] = (await world.settled(page)).filter(({ type }) => type === 'odd')
      const { circle, long, ...rest } = (event?.eventData ?? {}) as { [name: string]: unknown }
      deepEqual(rest, {
        good: 1,
        big: '12',
        when: '1970-01-01T00:00:00.000Z',
        list: [1, 'a'],
        password: '[redacted]',
        mail: '[redacted]',
      })
      equal(`${long}`.length, 1_024)
      ok(JSON.stringify(circle).startsWith('{"name":"circle"'))
      deepEqual(await errorsOf(page), [])
    },
  },
  {
    id: 'B40',
    title:
      'titles with NUL, lone surrogates, right-to-left marks, an emoji at the limit: stored, well-formed',
    async run(world) {
      const titles = ['a\\0b', 'lone \\ud800 half', '\\u202eabc', `${'x'.repeat(511)}😀`]
      for (const [at, title] of titles.entries()) {
        const page = await world.open(
          world.put(`/${at}`, { head: `<script>document.title = "${title}"</script>` }),
        )
        await world.settled(page)
        await page.close()
      }
      const views = await world.typed('pageview')
      equal(views.length, 4)
      for (const { title } of views) ok(title?.isWellFormed() && title.length <= 512)
    },
  },
  {
    id: 'B41',
    title: 'passwords, cards, codes, private parts, editable text: no value on the wire',
    async run(world) {
      const fields: Record<string, string> = {
        plain: '<input name="plain">',
        password: '<input type="password" name="password">',
        number: '<input name="number" autocomplete="cc-number">',
        code: '<input name="code" autocomplete="one-time-code">',
        cvc: '<input name="cvc">',
        area: '<textarea name="area"></textarea>',
        hidden: '<div data-private><input name="hidden"></div>',
      }
      const body = `<form id="f" onsubmit="return false">${Object.values(fields).join('')}<button>go</button></form>
        <div id="edit" contenteditable></div>`
      const page = await world.open(world.put('/', { body }))
      for (const name of Object.keys(fields)) await page.type(`[name=${name}]`, `zebra${name}`)
      await page.type('#edit', 'zebraedit')
      await page.click('button')
      const events = await world.settled(page)
      await page.close()
      const submit = events.find(({ type }) => type === 'form_submit')?.eventData?.fields as {
        field: string
      }[]
      deepEqual(
        submit.map(({ field }) => field),
        ['plain', 'password', 'number', 'code', 'cvc', 'area'],
      )
      deepEqual(
        submit.filter((field) => 'lengthBucket' in field).map(({ field }) => field),
        ['plain', 'area'],
      )
      for (const { body: sent } of world.gate.attemptsOf(world.site))
        ok(!sent.includes('zebra'), sent)
    },
  },
  {
    id: 'B42',
    title:
      'an e-mail address and a token in address, fragment, referrer and title: redacted before they leave',
    async run(world) {
      const target = world.put('/u/jane@example.com/reset/zebra', {
        head: "<script>document.title = 'Hello jane.zebra@example.com'</script>",
      })
      const page = await world.open(world.put('/from', { script: false }))
      await page.goto(`${target}?token=zebra&utm_source=news&gclid=zebra#access_token=zebra`, {
        referer: `${world.put('/zebra', {})}?mail=zebra@example.com`,
      })
      const [view] = (await world.settled(page)).filter(({ type }) => type === 'pageview')
      ok(
        view?.url?.endsWith('/u/[email]/reset/[token]?utm_source=news&paid=google'),
        `${view?.url}`,
      )
      for (const { body } of world.gate.attemptsOf(world.site))
        ok(!/jane|zebra@|=zebra|reset\/zebra/.test(body), body)
    },
  },
  {
    id: 'B47',
    title: 'served under another name by the site’s own proxy: works',
    async run(world) {
      const script = `<script src="${world.gate.url}/js/shop.js" data-site="${world.site}" data-endpoint="${world.gate.url}/shop-news"></script>`
      const body = '<button id="buy">x</button>'
      const page = await world.open(world.put('/', { script: false, head: script, body }))
      await page.click('#buy')
      const { pageview, click } = counts(await world.settled(page))
      deepEqual([pageview, click], [1, 1])
      ok(world.gate.scriptUrls.some((url) => /^\/js\/shop\.[\da-f]{12}\.js$/.test(url)))
      deepEqual(
        [...new Set(world.gate.attemptsOf(world.site).map(({ url }) => url))],
        ['/shop-news'],
      )
    },
  },
  {
    id: 'B45',
    title:
      'the document is replaced under way, as translators and extensions do: nothing is thrown',
    async run(world) {
      const page = await world.open(
        world.put('/', { head: CATCHES_ERRORS, body: '<form><input name="a"></form>' }),
      )
      await page.type('input', 'x')
      await page.evaluate(() => {
        document.body.remove()
        document.documentElement.append(document.createElement('body'))
        document.body.innerHTML = '<button id="new">x</button>'
      })
      await page.click('#new')
      const events = await world.settled(page)
      equal(counts(events).click, 1)
      deepEqual(await errorsOf(page), [])
    },
  },
]
