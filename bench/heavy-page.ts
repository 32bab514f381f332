const NODES = 10_000
const FORMS = 20

// What a busy page does by itself: its own handlers change styles and text, so
// that there is layout to be done after an input, and a router renders a part anew.
const BEHAVIOUR = `
  const part = document.querySelector('section'), routed = document.querySelector('#routed')
  document.querySelector('#act').onclick = () => part.classList.toggle('wide')
  document.querySelector('#route').onclick = (event) => { event.preventDefault(); visit(Math.random()) }
  document.querySelector('#field').oninput = ({ target }) => { document.querySelector('#echo').textContent = target.value }
  let aheadMs = 0
  const now = performance.now.bind(performance)
  performance.now = () => now() + aheadMs
  function visit(route) {
    history.pushState(null, '', '?route=' + route)
    history.pushState(null, '', '/route/' + route)
    routed.innerHTML = '<form><input name="mail"><textarea name="note"></textarea><button>send</button></form>' + '<p>text</p>'.repeat(40)
  }
  async function visitMany(count) {
    for (let at = 0; at < count; at++) {
      aheadMs += 400 // more than 30 views in 10 s are not taken for a reader's
      visit(at)
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    }
  }
  const durations = { click: [], keydown: [], scroll: [] }
  const frames = new MessageChannel(), pending = []
  frames.port1.onmessage = () => {
    for (const [type, from] of pending.splice(0)) durations[type].push(now() - from)
  }
  const eventTimings = []
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) eventTimings.push(duration)
  }).observe({ type: 'event', durationThreshold: 16 })
`
// Before any other: from the input until the frame that shows its effect is done.
const TIMES_INPUTS = `
  for (const type of ['click', 'keydown', 'scroll'])
    addEventListener(type, ({ timeStamp }) => requestAnimationFrame(() => {
      pending.push([type, timeStamp])
      frames.port2.postMessage(0)
    }), { capture: true, passive: true })
`

/** A page of 10 000 elements with forms, links and handlers of its own; with or without a script of ours. */
export function heavyPage(script: string): string {
  const parts: string[] = []
  let nodes = 30
  for (let at = 0; at < FORMS; at++) {
    const fields = Array.from(
      { length: 6 },
      (_, field) => `<label>field ${field} <input name="f${field}"></label>`,
    )
    parts.push(
      `<form id="form${at}" onsubmit="return false">${fields.join('')}<button>send</button></form>`,
    )
    nodes += 14
  }
  for (let at = 0; nodes < NODES; at++) {
    const items = Array.from(
      { length: 8 },
      (_, item) => `<li><a href="/item/${at}/${item}">item ${item}</a> <span>of ${at}</span></li>`,
    )
    parts.push(
      `<section><h2>part ${at}</h2><p>some words to read</p><ul>${items.join('')}</ul></section>`,
    )
    nodes += 28
  }
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>heavy</title>
    <meta name="viewport" content="width=device-width">
    <style>header { position: fixed; top: 0; height: 40px; background: white } main { margin-top: 50px } .wide { letter-spacing: 1px }</style>
    <script>${TIMES_INPUTS}</script>${script}</head>
    <body><header><button id="act">act</button> <a id="route" href="/route">route</a> <b id="text">text</b>
    <input id="field" name="field"> <i id="echo"></i></header><div id="routed"></div>
    <main>${parts.join('')}</main><script>${BEHAVIOUR}</script></body></html>`
}
