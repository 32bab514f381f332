import { startInstallation } from '../deploy/test/installation.ts'
import { reportedEvents } from '../deploy/test/reader.ts'
import { manyVisitors, recordPayloads } from './browser-payloads.ts'
import { type LoadResult, load } from './http-load.ts'
import { quantile } from './quantile.ts'
import type { Row, Table } from './table.ts'
import { type Sample, slopePerSecond, watch } from './watch.ts'

const SITE = 'bench-example'
const PEAK = 300 // requests a second
const DAY_MINUTES = 4
const SOAK_SHARE = 0.6 // of the peak
const COLLECTORS = 2

/** How busy a site is in an hour of the day, of its peak: little at night, most in the evening. */
const CURVE = [
  ...[0.3, 0.2, 0.14, 0.1, 0.1, 0.14, 0.25, 0.42, 0.6, 0.72, 0.8, 0.84],
  ...[0.86, 0.84, 0.82, 0.82, 0.84, 0.86, 0.9, 0.96, 1, 0.94, 0.75, 0.5],
]

/** Through nginx to two collectors, PostgreSQL and the app: a day in minutes, then `minutes` of steady load. */
export async function benchLoad(
  say: (line: string) => void,
  [minutes = 30]: readonly number[],
): Promise<readonly Table[]> {
  const product = await startInstallation({
    collectors: COLLECTORS,
    sites: [SITE],
    environment: 'development',
    env: { LIMIT_NETWORK: '0', LIMIT_SITE: '0' },
    // It all comes from one address.
    nginx: { RATE_COLLECT: '100000', RATE_DASHBOARD: '1000' },
  })
  try {
    say('a browser walks through the demo')
    const payloads = await recordPayloads(product.nginx.url)
    const perPost = payloads.reduce((sum, { events }) => sum + events.length, 0) / payloads.length
    const bytes = payloads.reduce((sum, each) => sum + JSON.stringify(each).length, 0)
    let events = 0
    const body = manyVisitors(payloads, SITE, (count) => {
      events += count
    })
    const run = (perSecond: number, seconds: number) =>
      load({
        port: Number(new URL(product.nginx.url).port),
        connections: 128,
        seconds,
        perSecond,
        body,
      })
    const measure = async (
      title: string,
      slices: readonly { perSecond: number; seconds: number }[],
    ) => {
      const before = events
      const watching = watch(product)
      const results: LoadResult[] = []
      for (const [index, { perSecond, seconds }] of slices.entries()) {
        say(`${title}: ${index + 1} of ${slices.length}, ${perSecond.toFixed(0)} requests/s`)
        results.push(await run(perSecond, seconds))
      }
      const samples = await watching.stop()
      return { results, samples, events: events - before }
    }
    const hourS = (DAY_MINUTES * 60) / CURVE.length
    const day = await measure(
      'a day',
      CURVE.map((share) => ({ perSecond: PEAK * share, seconds: hourS })),
    )
    const soak = await measure(
      'soak',
      Array.from({ length: minutes }, () => ({ perSecond: PEAK * SOAK_SHARE, seconds: 60 })),
    )
    await product.caughtUp()
    const reported = await reportedEvents(product.nginx.url, SITE, product.key)
    const { rows } = await product.pool.query<{ recorded: number }>(
      'select count(*) as recorded from events_log where site_id = $1',
      [SITE],
    )
    const recorded = rows[0]?.recorded ?? 0
    const answered = [...day.results, ...soak.results]
    const refused = answered.reduce((sum, result) => sum + notStored(result), 0)
    const made = `${payloads.length} posts of a real Chromium's walk through the demo, ${perPost.toFixed(1)} events and ${Math.round(bytes / payloads.length)} bytes each, as of 5 000 visitors; nginx, ${COLLECTORS} collectors, app, PostgreSQL and the load share the machine.`
    return [
      {
        title: `A day in ${DAY_MINUTES} minutes`,
        method: made,
        rows: [
          ...rowsOf(day),
          row('peak', `${PEAK} requests/s, ${whole(PEAK * perPost)} events/s`),
        ],
      },
      {
        title: `A soak of ${minutes} minutes at ${SOAK_SHARE * 100} % of the peak`,
        method: 'Slopes are those of the second half, by least squares.',
        rows: [
          ...rowsOf(soak),
          ...(['nginx', 'collectors', 'PostgreSQL', 'app'] as const).map((part) =>
            row(`CPU: ${part}`, `${cpuPerEvent(soak, part).toFixed(0)} µs an event`),
          ),
          ...(['collectors', 'app'] as const).map((part) =>
            row(
              `memory: ${part}`,
              `${megabytes(soak.samples.at(-1)?.residentBytes[part] ?? 0)} MB, ${megabytes(slopePerSecond(soak.samples, (sample) => sample.residentBytes[part]) * 3_600)} MB an hour`,
            ),
          ),
          row(
            'disk: PostgreSQL',
            `${megabytes(slopePerSecond(soak.samples, (sample) => sample.databaseBytes) * 3_600)} MB an hour, ${perEvent(soak, (sample) => sample.databaseBytes)} bytes an event with all it is processed into`,
          ),
          row(
            'disk: ClickHouse',
            `${Math.round(((soak.samples.at(-1)?.clickhouseBytes ?? 0) - (day.samples[0]?.clickhouseBytes ?? 0)) / (day.events + soak.events))} bytes an event, merging`,
          ),
        ],
      },
      {
        title: 'In the end',
        method: 'What was sent, against the record, against the report.',
        rows: [
          row('answers that were not 202', whole(refused), '0', refused === 0),
          row('events sent', whole(events)),
          row(
            'events in the record',
            whole(recorded),
            'all that were sent',
            refused > 0 || recorded === events,
          ),
          row('events in the report', whole(reported), 'all of the record', reported === recorded),
        ],
      },
    ]
  } finally {
    await product.close()
  }
}

interface Measured {
  readonly results: readonly LoadResult[]
  readonly samples: readonly Sample[]
  readonly events: number
}

function rowsOf({ results, samples, events }: Measured): Row[] {
  const latencies = results.flatMap(({ latenciesMs }) => latenciesMs)
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
  const p99 = quantile(latencies, 0.99)
  const freshness = quantile(
    samples.map(({ lagS }) => lagS),
    0.99,
  )
  return [
    row(
      'throughput',
      `${whole(latencies.length / seconds)} requests/s, ${whole(events / seconds)} events/s`,
    ),
    row(
      'from request to answer',
      `p50 ${quantile(latencies, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      'p99 < 100 ms',
      p99 < 100,
    ),
    row('reports are behind by, p99', `${freshness.toFixed(1)} s`, '< 60 s', freshness < 60),
  ]
}

const notStored = ({ statuses, requests }: LoadResult) => requests - (statuses.get(202) ?? 0)
const perEvent = ({ samples, events }: Measured, value: (sample: Sample) => number) => {
  const [first, last] = [samples[0], samples.at(-1)]
  return first && last ? Math.round((value(last) - value(first)) / events) : 0
}
const cpuPerEvent = ({ samples, events }: Measured, part: keyof Sample['cpuS']) => {
  const [first, last] = [samples[0], samples.at(-1)]
  return first && last ? ((last.cpuS[part] - first.cpuS[part]) / events) * 1e6 : 0
}
const whole = (value: number) => Math.round(value).toLocaleString('en').replaceAll(',', ' ')
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
const row = (what: string, figure: string, budget?: string, isWithin?: boolean): Row => ({
  what,
  figure,
  ...(budget !== undefined && { budget, isWithin }),
})
