import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { launchPuppeteer } from '../tracking/cases/browsers.ts'
import { PageServer } from '../tracking/cases/world.ts'
import { heavyPage } from './heavy-page.ts'
import { median, quantile } from './quantile.ts'
import { startRealCollector } from './real-collector.ts'
import type { Row, Table } from './table.ts'
import { type Input, type Inputs, measureInputs } from './tracker-inputs.ts'
import { measureLoad } from './tracker-load.ts'
import { measureRoutes } from './tracker-routes.ts'

const LOADS = 9
const INPUT_ROUNDS = 4
const ROUTE_ROUNDS = 2

/** What the browser library costs the page that carries it, by the same page without it. */
export async function benchTracker(say: (line: string) => void): Promise<readonly Table[]> {
  const collector = await startRealCollector()
  const pages = new PageServer()
  await pages.listen()
  // Else Chromium ignores most of 1 000 route changes.
  const browser = await launchPuppeteer('chromium', { isPatient: true })
  try {
    const source = `${collector.url}/js/tracking.js`
    const element = `<script defer src="${source}" data-site="bench"></script>`
    const urls = {
      with: pages.put('/article/2024-with', heavyPage(element), {}),
      without: pages.put('/article/2024-without', heavyPage(''), {}),
    }
    const isOurs = (url: string) => url.startsWith(`${collector.url}/js/`) // the features, too
    const interleaved = async <Run>(
      name: string,
      times: number,
      run: (url: string) => Promise<Run>,
    ) => {
      const runs = { with: [] as Run[], without: [] as Run[] }
      for (let time = 0; time < times; time++) {
        say(`${name}, ${time + 1} of ${times}`)
        // Whoever comes second finds a warmer machine.
        const order = time % 2 ? (['with', 'without'] as const) : (['without', 'with'] as const)
        for (const each of order) runs[each].push(await run(urls[each]))
      }
      return runs
    }
    const loads = await interleaved('load', LOADS, (url) => measureLoad(browser, url, isOurs))
    // The least that any such script does.
    const bareSource = pages.put(
      '/bare.js',
      `localStorage.seen = localStorage.seen || Date.now(); fetch('${collector.url}/collect', { method: 'POST', body: '{}' })`,
      { 'content-type': 'text/javascript' },
    )
    const scriptMsOf = async (name: string, script: string) => {
      const element = `<script defer src="${script}" data-site="bench"></script>`
      const url = pages.put(`/article/2024-${name}`, heavyPage(element), {})
      const times: number[] = []
      for (let time = 0; time < LOADS; time++)
        times.push((await measureLoad(browser, url, (each) => each === script)).scriptMs)
      return median(times)
    }
    const coreMs = await scriptMsOf('core', `${collector.url}/js/pageviews.js`)
    const bareMs = await scriptMsOf('bare', bareSource)
    const inputs = await interleaved('inputs', INPUT_ROUNDS, (url) =>
      measureInputs(browser, url, isOurs),
    )
    const routes = await interleaved('routes', ROUTE_ROUNDS, (url) => measureRoutes(browser, url))
    const { rows } = await collector.pool.query(
      "select count(*) from events_log where site_id = 'bench'",
    )
    say(`the collector has stored ${rows[0].count} events`)
    const version = await browser.version()
    return [
      sizes(),
      {
        title: `Load (${version})`,
        method: `Median of ${LOADS} first visits each, interleaved; 10 000 elements, processor 4x throttled, until 2 s after the load event. Milliseconds of thread time, by trace, of the slices in which the script runs, and all that it calls.`,
        rows: [
          ...loadRows(loads),
          { what: 'the page-view core, pageviews.js', figure: ms(coreMs) },
          {
            what: 'for scale: a script that reads storage, writes it and posts once',
            figure: ms(bareMs),
          },
        ],
      },
      {
        title: 'Inputs',
        method: `${INPUT_ROUNDS} rounds each, interleaved, processor 6x throttled. Handlers: thread time, by trace. The others: from the input to the end of the frame that shows its effect.`,
        rows: inputRows(inputs),
      },
      {
        title: 'Memory',
        method: `Heap of scripts after 1 000 route changes and garbage collection, less the heap before; median of ${ROUTE_ROUNDS} each.`,
        rows: routeRows(routes),
      },
    ]
  } finally {
    await browser.close()
    await pages.close()
    await collector.close()
  }
}

interface Pair<Run> {
  readonly with: readonly Run[]
  readonly without: readonly Run[]
}

function sizes(): Table {
  const rows = (
    [
      ['tracking.js', 8_192],
      ['features.js', undefined],
      ['pageviews.js', 2_560],
      ['footfall.mjs', undefined],
    ] as const
  ).map(([name, most]): Row => {
    const file = readFileSync(join(import.meta.dirname, '../tracking/dist', name))
    const brotli = brotliCompressSync(file).length
    return {
      what: name,
      figure: `${file.length} raw, ${gzipSync(file, { level: 9 }).length} gzip, ${brotli} brotli`,
      ...(most && { budget: `${most} brotli`, isWithin: brotli <= most }),
    }
  })
  return { title: 'Size', method: 'Bytes of the built files.', rows }
}

function loadRows(loads: Pair<Awaited<ReturnType<typeof measureLoad>>>): Row[] {
  const of = (side: keyof typeof loads, figure: keyof (typeof loads.with)[number]) =>
    median(loads[side].map((load) => load[figure]))
  const scriptMs = of('with', 'scriptMs')
  const added = of('with', 'longTasksAdded')
  const [withMs, withoutMs] = [of('with', 'pageMs'), of('without', 'pageMs')]
  return [
    { what: 'the script', figure: ms(scriptMs), budget: '5 ms', isWithin: scriptMs <= 5 },
    { what: 'of it, until the load event', figure: ms(of('with', 'startMs')) },
    {
      what: 'whole page, with / without',
      figure: `${ms(withMs)} / ${ms(withoutMs)} (${(withMs / withoutMs).toFixed(3)})`,
    },
    {
      what: 'long tasks, with / without',
      figure: `${of('with', 'longTasks')} / ${of('without', 'longTasks')}`,
    },
    { what: 'long only by the script', figure: `${added}`, budget: '0', isWithin: added === 0 },
  ]
}

function inputRows(inputs: Pair<Inputs>): Row[] {
  const row = (what: string, share: number, values: (run: Inputs) => readonly number[]): Row => {
    const of = (runs: readonly Inputs[]) => quantile(runs.flatMap(values), share)
    const [withMs, withoutMs] = [of(inputs.with), of(inputs.without)]
    const difference = withMs - withoutMs
    return {
      what: `${what}, ${share === 0.5 ? 'median' : 'p98'} difference (with / without)`,
      figure: `${ms(difference)} (${ms(withMs)} / ${ms(withoutMs)})`,
      // Single runs are off by tens of milliseconds, and two of a hundred make the p98.
      ...(share === 0.5 && { budget: '5 ms', isWithin: difference < 5 }),
    }
  }
  const types: readonly Input[] = ['click', 'keydown', 'scroll']
  const handlersMs = quantile(
    inputs.with.flatMap((run) => run.handlersMs),
    0.98,
  )
  return [
    {
      what: 'in the script’s handlers of an event, p98',
      figure: ms(handlersMs),
      budget: '5 ms',
      isWithin: handlersMs < 5,
    },
    ...types.flatMap((type) =>
      [0.5, 0.98].map((share) => row(type, share, (run) => run.durationsMs[type])),
    ),
    row('PerformanceEventTiming', 0.98, (run) => run.eventTimingsMs),
  ]
}

function routeRows(routes: Pair<number>): Row[] {
  const [grown, without] = [median(routes.with), median(routes.without)]
  const difference = grown - without
  return [
    {
      what: 'heap growth, difference (with / without)',
      figure: `${kb(difference)} (${kb(grown)} / ${kb(without)})`,
      budget: '1 000 kB',
      isWithin: difference < 1_000_000,
    },
  ]
}

const ms = (value: number) => `${value.toFixed(1)} ms`
const kb = (bytes: number) => `${Math.round(bytes / 1_000)} kB`
