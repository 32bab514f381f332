import { deepEqual, equal, ok } from 'node:assert/strict'
import { type Case, counts, dataOf, lastOf, leave, pause } from './world.ts'

const FORM = `<form id="signup" onsubmit="return false">
  <input name="first"><input name="mail" type="email" required><select name="plan"><option>a<option>b</select>
  <input type="radio" name="size" value="s"><input type="radio" name="size" value="l"><textarea name="note"></textarea>
  <button id="send">send</button></form>`

export const BEHAVIOUR_CASES: readonly Case[] = [
  {
    id: 'E04',
    title:
      'clicks: where in the element, links out, downloads, mail, named by attribute; the middle button too',
    async run(world) {
      const body = `<div style="position:absolute;left:50px;top:60px">
        <button id="buy" style="width:200px;height:100px">buy</button>
        <a id="out" href="https://other.example/path?secret=1" onclick="return false">out</a>
        <a id="file" href="/files/Report.PDF" onclick="return false">file</a>
        <button id="named" data-track="newsletter" data-track-plan-name="pro" data-track-mail="jane@example.com">n</button>
        <nav><a href="#a">a</a><a href="#b">b</a></nav>
        <div data-private><button id="secret">s</button></div></div>`
      const page = await world.open(world.put('/', { body }))
      await page.mouse.click(50 + 150, 60 + 25)
      for (const id of ['out', 'file', 'named', 'secret']) await page.click(`#${id}`)
      await page.click('nav a:nth-of-type(2)', { button: 'middle' })
      const events = await world.settled(page)
      const buy = dataOf(events, 'click')[0]
      deepEqual(
        [buy?.selector, buy?.tag, buy?.x, buy?.y, buy?.box],
        ['#buy', 'button', 750, 250, [50, 60, 200, 100]],
      )
      equal(lastOf(events, 'outbound_link').url, 'https://other.example/path')
      equal(lastOf(events, 'file_download').extension, 'pdf')
      deepEqual(lastOf(events, 'newsletter'), { planName: 'pro', mail: '[redacted]' })
      const selectors = dataOf(events, 'click').map(({ selector }) => `${selector}`)
      ok(
        selectors.some((selector) => selector.endsWith('nav > a:nth-of-type(2)')),
        `${selectors}`,
      )
      ok(!JSON.stringify(events).includes('#secret'))
    },
  },
  {
    id: 'E05',
    title: 'rage and dead clicks, and what is neither',
    async run(world) {
      const body = `<button id="angry" onclick="this.textContent += '!'">a</button><p><button id="dead">d</button>
        <button id="alive" onclick="this.title = 'x'">l</button>
        <button id="asks" onclick="fetch(location.href)">r</button></p>`
      const page = await world.open(world.put('/', { body }))
      for (let at = 0; at < 4; at++) await page.click('#angry')
      for (const id of ['dead', 'alive', 'asks']) {
        await page.click(`#${id}`)
        // A sign of life of one must not speak for another.
        await pause(2_700)
      }
      const events = await world.settled(page)
      deepEqual(
        dataOf(events, 'rage_click').map(({ selector }) => selector),
        ['#angry'],
      )
      deepEqual(
        dataOf(events, 'dead_click').map(({ selector }) => selector),
        ['#dead'],
      )
    },
  },
  {
    id: 'E06',
    title:
      'a form: seen, touched, started, mistaken, mended, submitted; order, refills, corrections, lengths, blanks',
    async run(world) {
      const script = 'data-inactivity-timeout="300"'
      const page = await world.open(world.put('/', { body: FORM, script }))
      await world.until('seen', (all) => counts(all).form_view === 1)
      await page.click('[name=first]')
      await page.click('#send')
      await page.type('[name=note]', 'some words, more than twenty')
      await page.keyboard.press('Backspace')
      await page.keyboard.press('Backspace')
      await page.type('[name=mail]', 'jane')
      await page.click('[name=size][value=l]')
      await page.type('[name=note]', 'again')
      await page.type('[name=mail]', '@example.com')
      await page.click('#send')
      const events = await world.settled(page)
      const { form_load, form_view, form_touch, form_start, form_submit } = counts(events)
      deepEqual([form_load, form_view, form_touch, form_start, form_submit], [1, 1, 1, 1, 1])
      deepEqual(
        dataOf(events, 'form_invalid').map(({ failed }) => failed),
        [['mail']],
      )
      const submit = lastOf(events, 'form_submit')
      deepEqual([submit.form, submit.isValid, submit.lastField], ['signup', true, 'mail'])
      const fields = new Map(
        (submit.fields as { field: string }[]).map(({ field, ...rest }) => [
          field,
          rest as Record<string, unknown>,
        ]),
      )
      deepEqual([...fields.keys()], ['first', 'mail', 'plan', 'size', 'note'])
      deepEqual(
        ['note', 'mail', 'size'].map((field) => fields.get(field)?.order),
        [1, 2, 3],
      )
      const note = fields.get('note')
      deepEqual([note?.refills, note?.corrections, note?.lengthBucket], [1, 1, '21-100'])
      deepEqual([fields.get('mail')?.failures, fields.get('mail')?.refills], [1, 1])
      deepEqual(
        [
          fields.get('first')?.isBlank,
          fields.get('size')?.isBlank,
          fields.get('first')?.lengthBucket,
        ],
        [true, undefined, '0'],
      )
      ok(!JSON.stringify(events).includes('jane'))
    },
  },
  {
    id: 'E07',
    title:
      'a form left half way is abandoned at its last field; one that is gone after its submit has succeeded; a call says so',
    async run(world) {
      const page = await world.open(world.put('/left', { body: FORM }))
      await page.type('[name=first]', 'x')
      await page.type('[name=note]', 'y')
      await leave(page)
      const left = lastOf(
        await world.until('abandoned', (all) => counts(all).form_abandon === 1),
        'form_abandon',
      )
      deepEqual([left.form, left.lastField, left.lastFocused], ['signup', 'note', 'note'])

      const removed = await world.open(
        world.put('/removed', {
          body: FORM.replace('return false', 'setTimeout(() => this.remove(), 50);return false'),
        }),
      )
      await removed.type('[name=mail]', 'a@b.example')
      await removed.click('#send')
      const done = await world.until('success', (all) => counts(all).form_success === 1)
      equal(lastOf(done, 'form_success').rule, 'removed')
      await leave(removed)

      const called = await world.open(world.put('/called', { body: FORM }))
      await called.type('[name=mail]', 'a@b.example')
      await called.evaluate(() => window.footfall?.formSuccess('#signup'))
      await leave(called)
      const events = await world.until('the call', (all) => counts(all).form_success === 2)
      equal(lastOf(events, 'form_success').rule, 'call')
      equal(counts(events).form_abandon, 1)
    },
  },
  {
    id: 'E07b',
    title:
      'a form that the page sends itself has succeeded when its server says 2xx, and shows no mistake; not by others’ requests',
    not: { webkit: 'it does not tell the status of an answer' },
    async run(world) {
      const there = world.put('/there', { body: '' })
      let submits = 0
      const sends = async (path: string, script: string) => {
        const page = await world.open(
          world.put(path, { body: FORM.replace('return false', `${script};return false`) }),
        )
        await page.type('[name=mail]', 'a@b.example')
        await page.click('#send')
        submits += 1
        await world.until('submitted', (all) => counts(all).form_submit === submits)
        return page
      }
      const ask = (url: string) => `fetch('${url}')`
      const mistake = "this.mail.setAttribute('aria-invalid', 'true')"
      const refused = await sends('/refused', ask(`${there}-not`))
      await pause(1_500)
      await refused.close()
      const wrong = await sends('/wrong', `${ask(there)};${mistake}`)
      await pause(1_500)
      await wrong.close()
      if (world.isFullMatrix) {
        const late = await sends('/late', `setTimeout(() => ${ask(there)}, 1_200)`)
        await pause(2_700)
        await late.close()
      }
      equal(counts(await world.stored()).form_success, undefined)

      await sends('/sent', ask(there))
      const events = await world.until('success', (all) => counts(all).form_success === 1)
      const [success, submit] = [lastOf(events, 'form_success'), lastOf(events, 'form_submit')]
      deepEqual([success.rule, success.attempt], ['request', submit.attempt])
    },
  },
  {
    id: 'E08',
    title: 'a form that leads to its thank-you page has succeeded, by a load as by a route',
    async run(world) {
      const script = 'data-form-success-pages="*/thanks*"'
      const thanks = world.put('/thanks', { script })
      const form = `<form id="order" action="${thanks}"><input name="a"><button id="send">s</button></form>`
      const page = await world.open(world.put('/', { body: form, script }))
      await page.type('[name=a]', 'x')
      await Promise.all([page.waitForNavigation(), page.click('#send')])
      const events = await world.until('success', (all) => counts(all).form_success === 1)
      const success = lastOf(events, 'form_success')
      deepEqual([success.form, success.rule], ['order', 'page'])
      equal(success.attempt, lastOf(events, 'form_submit').attempt)
      equal(counts(events).form_abandon, undefined)
    },
  },
  {
    id: 'E09',
    title:
      'copies and selections: where, how long, a hash; words only where the site opts in, redacted',
    async run(world) {
      const body =
        '<h2 id="install">Installing</h2><p id="text">Write to jane@example.com for the recipe of the day</p>'
      for (const script of ['', 'data-text-excerpt']) {
        const page = await world.open(world.put(`/${script}`, { body, script }))
        await page.evaluate(() => {
          getSelection()?.selectAllChildren(document.querySelector('#text') as Element)
          document.execCommand('copy')
          document.dispatchEvent(new ClipboardEvent('copy'))
        })
        await pause(1_200)
        await world.settled(page)
        await page.close()
      }
      const events = await world.stored()
      const [plain, opted] = dataOf(events, 'text_copy')
      deepEqual(
        [plain?.selector, plain?.heading, plain?.excerpt],
        ['#text', 'Installing', undefined],
      )
      equal(opted?.excerpt, 'Write to [email] for the recipe of the')
      equal(plain?.hash, opted?.hash)
      deepEqual([counts(events).text_copy, counts(events).text_select], [2, 2])
      ok(!JSON.stringify(events).includes('jane'))
    },
  },
  {
    id: 'E09b',
    title: 'nothing of what is selected in a field, or reaches into what is private',
    async run(world) {
      const body =
        '<p id="text">public words</p><p data-private id="private">private words</p><input id="field" value="what I have written">'
      const page = await world.open(world.put('/', { body, script: 'data-text-excerpt' }))
      await world.settled(page)
      await page.click('#field')
      await page.evaluate(() => {
        document.querySelector<HTMLInputElement>('#field')?.select()
        document.execCommand('copy')
      })
      await pause(1_200)
      await page.evaluate(() => {
        document.querySelector<HTMLInputElement>('#field')?.blur()
        const [from, to] = ['#text', '#private'].map((id) => document.querySelector(id) as Element)
        if (from && to) getSelection()?.setBaseAndExtent(from, 0, to, 1)
        document.execCommand('copy')
      })
      await pause(1_200)
      const events = await world.settled(page)
      deepEqual([counts(events).text_copy, counts(events).text_select], [undefined, undefined])
      ok(!JSON.stringify(events).includes('written') && !JSON.stringify(events).includes('words'))
    },
  },
  {
    id: 'E10',
    title: 'errors and rejections: once each, redacted; web vitals when the page is left',
    async run(world) {
      const body = `<p>text<script>
        function fail() {
          for (let at = 0; at < 3; at++) setTimeout(() => { throw new TypeError('no user jane@example.com') })
          setTimeout(() => Promise.reject(new Error('rejected')))
        }</script>`
      const page = await world.open(world.put('/', { body }))
      await page.evaluate('fail()')
      await pause(300)
      await leave(page)
      const events = await world.until(
        'both',
        (all) => counts(all).js_error === 2 && (counts(all).web_vital ?? 0) >= 2,
      )
      const messages = dataOf(events, 'js_error').map(({ message }) => message)
      deepEqual(messages.sort(), ['Error: rejected', 'TypeError: no user [email]'])
      const names = new Set(dataOf(events, 'web_vital').map(({ name }) => name))
      ok(names.has('TTFB') && names.has('FCP'), `${[...names]}`)
    },
  },
  {
    id: 'E11',
    title:
      'batches: gathered until idle or full, at once for a conversion; revenue, identify, beforeSend, exclude',
    async run(world) {
      const head = `<script>window.mine = (event) => event.eventType === 'drop' ? null : { ...event, eventData: { ...event.eventData, seen: 1 } }</script>`
      const options =
        'data-inactivity-timeout="700" data-max-batch-size="3" data-track-web-vitals="false" data-identify data-exclude="*/admin/*" data-before-send="mine"'
      const body = '<button id="a">a</button>'
      const page = await world.open(world.put('/', { head, body, script: options }))
      await world.until('the view', (all) => counts(all).pageview === 1)
      await pause(900)
      const requests = () =>
        world.gate.attemptsOf(world.site).filter(({ body: sent }) => sent.includes('"click"'))
      await page.click('#a')
      await page.click('#a')
      await pause(300)
      equal(requests().length, 0)
      await world.until('both', (all) => counts(all).click === 2)
      equal(requests().length, 1)
      await page.evaluate(() => {
        window.footfall?.track('drop')
        window.footfall?.track('purchase', { revenue: { amount: 12.5, currency: 'EUR' } })
        window.footfall?.identify('customer-7')
        window.footfall?.identify('jane@example.com')
      })
      const events = await world.settled(page)
      deepEqual(lastOf(events, 'purchase'), { revenue: { amount: 12.5, currency: 'EUR' }, seen: 1 })
      deepEqual(
        dataOf(events, 'identify').map(({ userId }) => userId),
        ['customer-7'],
      )
      equal(counts(events).drop, undefined)
      const hidden = await world.open(world.put('/admin/x', { script: options, body }))
      await hidden.click('#a')
      await hidden.evaluate(() => window.footfall?.track('hidden-one'))
      await hidden.close()
      await world.settled(page)
      for (const { body: sent } of world.gate.attemptsOf(world.site))
        ok(!/admin|hidden-one/.test(sent), sent)
    },
  },
  {
    id: 'E12',
    title: 'away in another tab: told on the return, and not counted as seen',
    async run(world) {
      const head = `<script>
        let shown = 'visible'
        Object.defineProperty(document, 'visibilityState', { get: () => shown })
        Object.defineProperty(document, 'hidden', { get: () => shown === 'hidden' })
        function show(state) { shown = state; document.dispatchEvent(new Event('visibilitychange')) }
      </script>`
      const openedAt = Date.now()
      const page = await world.open(world.put('/', { head }))
      await pause(300)
      await page.evaluate("show('hidden')")
      await pause(1_000)
      await page.evaluate("show('visible')")
      await pause(200)
      await page.evaluate("show('hidden')")
      const lastedMs = Date.now() - openedAt
      const events = await world.until('the return', (all) => counts(all).page_visibility === 1)
      const { state, awayMs } = lastOf(events, 'page_visibility')
      equal(state, 'hidden')
      ok(Math.abs(Number(awayMs) - 1_000) < 250, `${awayMs}`)
      const newest = await world.until('the engagement', (all) => counts(all).engagement === 2)
      const { visibleMs } = lastOf(newest, 'engagement')
      const seenAndAwayMs = Number(visibleMs) + Number(awayMs)
      ok(seenAndAwayMs < lastedMs + 100, `${visibleMs} + ${awayMs} of ${lastedMs} ms`)
    },
  },
]
