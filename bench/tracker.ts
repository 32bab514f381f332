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
  const browser = await launchPuppeteer('chromium', ['--disable-ipc-flooding-protection'])
  try {
    const source = `${collector.url}/js/tracking.js`
    const element = `<script defer src="${source}" data-site="bench"></script>`
    const urls = {
      with: pages.put('/article/2024-with', heavyPage(element), {}),
      without: pages.put('/article/2024-without', heavyPage(''), {}),
    }
    const isOurs = (url: string) => url === source
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
        rows: loadRows(loads),
      },
      {
        title: 'Inputs',
        method: `98th percentile of ${INPUT_ROUNDS} rounds each, interleaved, processor 6x throttled; from the input to the end of the frame that shows its effect.`,
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
  const row = (what: string, values: (run: Inputs) => readonly number[]): Row => {
    const [withMs, withoutMs] = [inputs.with, inputs.without].map((runs) =>
      quantile(runs.flatMap(values), 0.98),
    ) as [number, number] // of two
    const difference = withMs - withoutMs
    return {
      what,
      figure: `${ms(difference)} (${ms(withMs)} / ${ms(withoutMs)})`,
      budget: '5 ms',
      isWithin: difference < 5,
    }
  }
  const types: readonly Input[] = ['click', 'keydown', 'scroll']
  const scripts = inputs.with.flatMap(({ scriptsMs }) => scriptsMs)
  return [
    ...types.map((type) =>
      row(`${type}, difference (with / without)`, (run) => run.durationsMs[type]),
    ),
    row('PerformanceEventTiming', (run) => run.eventTimingsMs),
    {
      what: 'the script itself, each time it runs',
      figure: `${ms(median(scripts))} median, ${ms(quantile(scripts, 0.98))} p98`,
    },
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
