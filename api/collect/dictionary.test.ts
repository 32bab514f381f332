import { beforeAll, describe, expect, it } from 'vitest'
import type { Pool } from '../../database/postgres.ts'
import { testPostgres } from '../../test/databases.ts'
import { Dictionary } from './dictionary.ts'

const NOW_MS = Date.UTC(2026, 10, 24, 12)
const DAY_MS = 86_400_000
const MOST = { name: 10, property: 5, path: 20 }

let pool: Pool
beforeAll(async () => {
  pool = (await testPostgres()).pool
})

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `name-${from + at}`)

async function admitted(dictionary: Dictionary, site: string, values: string[], nowMs = NOW_MS) {
  const day = dictionary.of(site, nowMs)
  await day.admit('name', values)
  return values.filter((value) => day.has('name', value))
}

describe('the names that a site may make in a day', () => {
  it('are kept up to the limit, and what was kept stays', async () => {
    const dictionary = new Dictionary(pool, MOST)
    expect(await admitted(dictionary, 'a', names(0, 7))).toEqual(names(0, 7))
    expect(await admitted(dictionary, 'a', names(5, 15))).toHaveLength(5)
    expect(await admitted(dictionary, 'a', names(0, 7))).toEqual(names(0, 7))
    expect(await admitted(dictionary, 'a', names(100, 130))).toEqual([])
  })

  it('are those of each site, kind and day', async () => {
    const dictionary = new Dictionary(pool, MOST)
    await admitted(dictionary, 'b', names(0, 30))
    expect(await admitted(dictionary, 'c', names(0, 3))).toHaveLength(3)
    const day = dictionary.of('b', NOW_MS)
    expect(day.isNew('property', 'plan')).toBe(true)
    await day.admit('property', ['plan'])
    expect([day.has('property', 'plan'), day.isNew('property', 'plan')]).toEqual([true, false])
    expect(await admitted(dictionary, 'b', names(50, 53), NOW_MS + DAY_MS)).toHaveLength(3)
  })

  it('are the same for two collectors at once, and after a restart', async () => {
    const collectors = [new Dictionary(pool, MOST), new Dictionary(pool, MOST)]
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        admitted(collectors[at % 2] ?? new Dictionary(pool), 'd', names(at, at + 3)),
      ),
    )
    const kept = new Set(answers.flat())
    expect(kept.size).toBe(MOST.name)
    const restarted = new Dictionary(pool, MOST)
    expect(await admitted(restarted, 'd', [...kept])).toHaveLength(MOST.name)
    expect(await admitted(restarted, 'd', ['new'])).toEqual([])
  })

  it('are asked for together when they come together', async () => {
    const day = new Dictionary(pool, { ...MOST, path: 1_000 }).of('f', NOW_MS)
    let questions = 0
    const count = () => {
      questions++
    }
    pool.on('acquire', count)
    const paths = Array.from({ length: 500 }, (_, at) => `/${at}`)
    await Promise.all(paths.map((path) => day.admit('path', [path])))
    pool.off('acquire', count)
    expect(questions).toBe(1)
    expect(paths.every((path) => day.has('path', path))).toBe(true)
  })

  it('holds paths that are longer than an index entry', async () => {
    const dictionary = new Dictionary(pool, MOST)
    const long = `/${'ü'.repeat(2_000)}`
    const day = dictionary.of('e', NOW_MS)
    await day.admit('path', [long])
    expect(day.has('path', long)).toBe(true)
  })
})
