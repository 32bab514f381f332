import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { testClickHouse } from '../test/databases.ts'
import { answer } from './answer.ts'
import { parseQuery } from './parse.ts'
import { resolveRange } from './range.ts'
import { buckets } from './time.ts'

const FILE = join(import.meta.dirname, '../../shared/vectors/timezones.json')

interface Range {
  readonly from_date: string
  readonly to_date_inclusive: string
  readonly start_utc: string
  readonly end_utc_exclusive: string
}
interface Case {
  readonly id: string
  readonly tz: string
  readonly instant: string
  readonly what: string
  readonly local: {
    readonly day_bucket: string
    readonly hour_bucket: string
    readonly month_bucket: string
    readonly iso_week_monday: string
    readonly minutes_with_this_hour_label: number
    readonly minutes_in_this_day: number
  }
  readonly ranges_when_now_is_the_instant: Readonly<Record<string, Range>>
}

if (!existsSync(FILE)) console.warn(`${FILE} is not here: clock changes are not compared with it.`)
const CASES: readonly Case[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')).cases : []

const NAMED: Readonly<Record<string, string>> = {
  today: 'day',
  yesterday: 'yesterday',
  last_7_days_with_today: '7d',
}

describe.runIf(CASES.length > 0)('clock changes', () => {
  let clickhouse: ClickHouse
  beforeAll(async () => {
    clickhouse = await testClickHouse()
    // One event in each minute of two days around the instant: labels are counted.
    for (const { id, instant } of CASES)
      await clickhouse.command({
        query: `insert into events (site_id, event_type, occurred_at, session_started_at, visitor, session, visitor_basis)
          select {site:String}, 'pageview', at, at, number, number, 'persistent_id' from (
            select number, fromUnixTimestamp64Milli(toInt64({start:Int64} + number * 60000), 'UTC') as at from numbers(4320))`,
        query_params: { site: id, start: minuteOf(instant) - 2_160 * 60_000 },
      })
  })

  const countsBy = async (site: string, dimension: string, timezone: string, range: Range) => {
    const query = parseQuery({
      metrics: ['pageviews', 'visits'],
      dimensions: [dimension],
      range: [range.from_date, range.to_date_inclusive],
      timezone,
    })
    const { rows } = await answer({ siteId: site }, query, {
      timezone,
      nowMs: Date.now(),
      freshness: '',
      run: ({ sql, params }) => selectRows(clickhouse, sql, params),
    })
    return new Map(rows.map((row) => [row.dimensions[dimension], row.metrics]))
  }

  it.each(CASES)('$id: $tz, $what', async (one) => {
    const { local, tz, instant, ranges_when_now_is_the_instant: ranges } = one
    for (const [name, expected] of Object.entries(ranges)) {
      const range = NAMED[name] ?? ([expected.from_date, expected.to_date_inclusive] as const)
      const interval = resolveRange(range, tz, Date.parse(instant))
      expect(
        [interval?.from.epochMilliseconds, interval?.to.epochMilliseconds],
        `${name} in ${tz}`,
      ).toEqual([Date.parse(expected.start_utc), Date.parse(expected.end_utc_exclusive)])
    }
    const { today } = ranges
    if (!today) throw new Error('no range of the day')
    const hour = `${local.hour_bucket.replace(' ', 'T')}:00`
    const hours = await countsBy(one.id, 'time:hour', tz, today)
    const minutes = local.minutes_with_this_hour_label
    expect(hours.get(hour), hour).toEqual({ pageviews: minutes, visits: minutes })
    const interval = resolveRange([today.from_date, today.to_date_inclusive], tz, 0)
    expect(interval && buckets(interval, 'hour')).toEqual([...hours.keys()])
    for (const [dimension, label] of [
      ['time:day', local.day_bucket],
      ['time:week', local.iso_week_monday],
      ['time:month', `${local.month_bucket}-01`],
    ] as const) {
      const found = await countsBy(one.id, dimension, tz, today)
      expect(found.get(label)?.pageviews, dimension).toBe(local.minutes_in_this_day)
    }
  })
})

const minuteOf = (instant: string) => Math.floor(Date.parse(instant) / 60_000) * 60_000
