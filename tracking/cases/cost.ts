import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Page } from 'puppeteer-core'
import { launchPuppeteer } from './browsers.ts'
import { type Case, counts, pause, type World } from './world.ts'

// Before the library: each listener of its own counts what of the layout is
// read while it runs.
const WATCHES_HANDLERS = `<script>
  const handled = new Set(), readInHandler = new Set(), readElsewhere = new Set(), notPassive = new Set()
  {
    const within = []
    const isOurs = () => /tracking\\.js/.test(new Error().stack)
    const note = (name) => {
      if (within.length > 0) readInHandler.add(name + ' in ' + within.at(-1))
      else if (isOurs()) readElsewhere.add(name)
    }
    const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype
    const wrappers = new WeakMap()
    EventTarget.prototype.addEventListener = function (type, listener, options) {
      if (!isOurs()) return add.call(this, type, listener, options)
      if (options?.passive !== true) notPassive.add(type)
      if (!wrappers.has(listener))
        wrappers.set(listener, function (event) {
          within.push(event.type)
          handled.add(event.type)
          try {
            return listener.call(this, event)
          } finally {
            within.pop()
          }
        })
      add.call(this, type, wrappers.get(listener), options)
    }
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
      remove.call(this, type, wrappers.get(listener) ?? listener, options)
    }
    const watch = (object, names) => {
      for (const name of names.split(' ')) {
        const found = Object.getOwnPropertyDescriptor(object, name)
        if (!found) continue
        const wrap = (original) => original && function (...parameters) {
          note(name)
          return original.apply(this, parameters)
        }
        const { get, value } = found
        Object.defineProperty(object, name, get ? { ...found, get: wrap(get) } : { ...found, value: wrap(value) })
      }
    }
    watch(Element.prototype, 'clientTop clientLeft clientWidth clientHeight scrollTop scrollLeft scrollWidth scrollHeight getBoundingClientRect getClientRects scrollIntoView checkVisibility')
    watch(HTMLElement.prototype, 'offsetTop offsetLeft offsetWidth offsetHeight offsetParent innerText')
    watch(Range.prototype, 'getBoundingClientRect getClientRects')
    watch(Selection.prototype, 'toString')
    watch(MouseEvent.prototype, 'offsetX offsetY layerX layerY')
    watch(Document.prototype, 'elementFromPoint elementsFromPoint caretRangeFromPoint caretPositionFromPoint')
    watch(window, 'innerWidth innerHeight scrollX scrollY pageXOffset pageYOffset getComputedStyle')
  }
</script>`

// Before the library: what of it listens, observes or waits; and a clock that
// the case can advance, because more than 30 views in 10 s are not a reader's.
const COUNTS_WHAT_LIVES = `<script>
  let aheadMs = 0
  const lives = { listeners: new Map(), observers: new Set(), timers: new Set() }
  {
    const isOurs = () => /tracking\\.js/.test(new Error().stack)
    const now = performance.now.bind(performance)
    performance.now = () => now() + aheadMs
    const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype
    const ids = new WeakMap()
    const idOf = (object) => ids.get(object) ?? (ids.set(object, ids.id = (ids.id ?? 0) + 1), ids.id)
    const keyOf = (target, type, listener, options) =>
      [idOf(target), type, idOf(listener), options === true || options?.capture === true].join()
    EventTarget.prototype.addEventListener = function (type, listener, options) {
      if (isOurs() && listener) {
        const key = keyOf(this ?? window, type, listener, options)
        lives.listeners.set(key, type)
        const gone = () => lives.listeners.delete(key)
        if (options?.once) add.call(this ?? window, type, gone, options)
        if (options?.signal) add.call(options.signal, 'abort', gone)
      }
      return add.call(this ?? window, type, listener, options)
    }
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
      if (listener) lives.listeners.delete(keyOf(this ?? window, type, listener, options))
      return remove.call(this ?? window, type, listener, options)
    }
    for (const { prototype } of [MutationObserver, PerformanceObserver, IntersectionObserver, ResizeObserver]) {
      const { observe, disconnect } = prototype
      prototype.observe = function (...parameters) {
        if (isOurs()) lives.observers.add(this)
        return observe.apply(this, parameters)
      }
      prototype.disconnect = function () {
        lives.observers.delete(this)
        return disconnect.call(this)
      }
    }
    for (const [set, clear, repeats] of [
      ['setTimeout', 'clearTimeout', false],
      ['setInterval', 'clearInterval', true],
      ['requestIdleCallback', 'cancelIdleCallback', false],
      ['requestAnimationFrame', 'cancelAnimationFrame', false],
    ]) {
      const start = window[set], stop = window[clear]
      window[set] = (action, ...parameters) => {
        if (!isOurs()) return start(action, ...parameters)
        const key = () => set + id
        const id = start((...given) => {
          if (!repeats) lives.timers.delete(key())
          return action(...given)
        }, ...parameters)
        lives.timers.add(key())
        return id
      }
      window[clear] = (id) => {
        lives.timers.delete(set + id)
        return stop(id)
      }
    }
  }
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  async function visit(routes) {
    for (let at = 1; at <= routes; at++) {
      aheadMs += 400
      history.pushState(null, '', location.pathname.replace(/\\d*$/, '') + at)
      document.querySelector('main').innerHTML =
        '<form><input name="mail"><textarea name="note"></textarea><button>send</button></form>' + '<p>text</p>'.repeat(40)
      await frame()
    }
  }
</script>`

/** Listeners, observers and timers of the library; the same twice, a second apart. */
async function livesOf(page: Page): Promise<string[]> {
  const read = () =>
    page.evaluate(
      '[[...lives.listeners.values()].sort().join(" "), lives.observers.size + " observers", lives.timers.size + " timers"]',
    ) as Promise<string[]> // as the line says
  let before = await read()
  for (;;) {
    await pause(1_000)
    const now = await read()
    if (now.join() === before.join()) return now
    before = now
  }
}

/** Bytes of scripts and count of nodes that are still reachable. */
async function heapOf(page: Page): Promise<{ bytes: number; nodes: number }> {
  const session = await page.createCDPSession()
  await session.send('HeapProfiler.enable')
  for (let time = 0; time < 3; time++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  await session.detach()
  return { bytes: usedSize, nodes }
}

/** A page of Puppeteer's, of which more can be asked: these cases are not run in WebKit. */
const open = async (world: World, url: string) => (await world.open(url)) as Page
const NOT_WEBKIT = { webkit: 'its driver moves no pointer, prints no page and shows no heap' }

const viewsOf = async (world: World, page: Page) => counts(await world.settled(page)).pageview

export const COST_CASES: readonly Case[] = [
  {
    id: 'B35',
    title: 'no layout read in a scroll, click, key or pointer handler; listeners passive',
    not: NOT_WEBKIT,
    async run(world) {
      const body = `<button id="act">act</button> <a id="link" href="#x">link</a> <p id="text">some text</p>
        <form id="f" onsubmit="return false"><input name="first" required><select name="plan"><option>a</select>
        <textarea name="note"></textarea><button id="send">send</button></form><div style="height:4000px"></div>`
      const page = await open(world, world.put('/', { head: WATCHES_HANDLERS, body }))
      await page.mouse.move(100, 100)
      await page.click('#send')
      for (const id of ['act', 'link', 'text', 'text', 'text']) await page.click(`#${id}`)
      await page.type('input', 'abc')
      await page.keyboard.press('Backspace')
      await page.keyboard.press('Tab')
      await page.type('textarea', 'abc')
      await page.click('#send')
      await page.touchscreen.tap(50, 50)
      await page.mouse.wheel({ deltaY: 600 })
      await pause(500)
      const events = counts(await world.settled(page))
      for (const type of ['click', 'rage_click', 'form_touch', 'form_invalid', 'form_submit'])
        ok(events[type], type)

      const seen = (await page.evaluate(
        '[handled, readInHandler, readElsewhere, notPassive].map((set) => [...set])',
      )) as string[][] // sets of strings
      const [handled = [], readInHandler, readElsewhere = [], notPassive = []] = seen
      const types =
        'click keydown input focusin submit invalid pointermove pointerdown wheel scroll'
      for (const type of types.split(' ')) ok(handled.includes(type), `${type} of ${handled}`)
      deepEqual(readInHandler, [])
      // Else the counters would count nothing.
      for (const name of ['scrollTop', 'getBoundingClientRect', 'innerWidth'])
        ok(readElsewhere.includes(name), `${name} of ${readElsewhere}`)
      deepEqual(
        notPassive.filter((type) => /scroll|touch|wheel|pointer|mouse/.test(type)),
        [],
      )
    },
  },
  {
    id: 'B36',
    title:
      'route changes, a thousand of them: as many listeners, observers and timers as before; no heap kept',
    not: NOT_WEBKIT,
    async run(world) {
      const url = world.put('/app/', { head: COUNTS_WHAT_LIVES, body: '<main></main>' })
      // Else what is more than 200 in 10 s is ignored.
      const browser = await launchPuppeteer(world.browserName as 'chromium' | 'firefox', {
        isPatient: true,
      }) // not in WebKit
      const isChromium = world.browserName === 'chromium'
      try {
        const page = await browser.newPage()
        await page.goto(url)
        await page.evaluate('visit(20)')
        await viewsOf(world, page)
        const before = await livesOf(page)
        const heapBefore = isChromium ? await heapOf(page) : undefined
        const times = world.isFullMatrix ? 1_000 : 120
        await page.evaluate(`visit(${times})`)
        equal(await viewsOf(world, page), 21 + times)
        // A request under way has a timer, and is answered a moment after the server has stored it.
        for (let waits = 0; waits < 50 && `${await livesOf(page)}` !== `${before}`; waits++)
          await pause(100)
        deepEqual(await livesOf(page), before)
        ok(/click.*scroll/.test(before[0] ?? '') && !before[1]?.startsWith('0 '), before.join())
        if (!heapBefore) return
        const heap = await heapOf(page)
        ok(heap.bytes - heapBefore.bytes < 1_000_000, `${heap.bytes - heapBefore.bytes} bytes more`)
        // A route is 90 nodes.
        ok(heap.nodes - heapBefore.nodes < 500, `${heap.nodes - heapBefore.nodes} nodes more`)
      } finally {
        await browser.close()
      }
    },
  },
  {
    id: 'B43',
    title: 'printing, full screen, resize, zoom: no further view',
    not: NOT_WEBKIT,
    async run(world) {
      const page = await open(
        world,
        world.put('/', {
          head: `<script>
            const seen = new Set()
            for (const type of ['beforeprint', 'fullscreenchange', 'resize'])
              addEventListener(type, () => seen.add(type))
            document.addEventListener('fullscreenchange', () => seen.add('fullscreenchange'))
          </script>`,
          body: '<button onclick="document.documentElement.requestFullscreen()">whole</button>',
        }),
      )
      equal(await viewsOf(world, page), 1)
      await page.pdf()
      // Firefox would wait for its dialogue to be answered.
      if (world.browserName === 'chromium') await page.evaluate('print()')
      await page.click('button')
      await pause(500)
      await page.evaluate('document.exitFullscreen().catch(() => {})')
      for (const [width, deviceScaleFactor] of [
        [800, 1],
        [400, 2],
        [1_280, 0.5],
      ] as const) {
        await page.setViewport({ width, height: 600, deviceScaleFactor })
        await pause(200)
      }
      await page.evaluate('document.documentElement.style.zoom = 1.5')
      const events = await world.settled(page)
      const seen = (await page.evaluate('[...seen].sort()')) as string[] // a set of strings
      deepEqual(seen, ['beforeprint', 'fullscreenchange', 'resize'])
      equal(counts(events).pageview, 1)
      equal(new Set(events.map(({ sessionId }) => sessionId)).size, 1)
      equal(new Set(events.map(({ context }) => context?.viewId)).size, 1)
    },
  },
]
