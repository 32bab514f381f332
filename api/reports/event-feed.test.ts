import { describe, expect, it } from 'vitest'
import { eventFeed } from './event-feed.ts'

const event = (id: number) => ({ id: String(id), at: new Date(id * 1_000).toISOString() })
/** The newest first, as they are asked for. */
const upTo = (last: number) => Array.from({ length: last }, (_, index) => event(last - index))

describe('a feed of events', () => {
  it('tells the last twenty, then what is new, oldest first and once', async () => {
    const told: number[] = []
    let events = upTo(30)
    const look = eventFeed(
      async () => events,
      ({ id }) => told.push(Number(id)),
    )
    await look()
    expect(told).toEqual(Array.from({ length: 20 }, (_, index) => 11 + index))
    events = upTo(33)
    await look()
    await look()
    expect(told.slice(20)).toEqual([31, 32, 33])
  })

  it('is asked by one at a time, and once more for what came in between', async () => {
    let asked = 0
    let release = () => {}
    const look = eventFeed(
      () => {
        asked++
        return new Promise<ReturnType<typeof event>[]>((resolve) => {
          release = () => resolve([])
        })
      },
      () => {},
    )
    const first = look()
    await Promise.all([look(), look(), look()])
    expect(asked).toBe(1)
    release()
    await Promise.resolve()
    await new Promise(setImmediate)
    expect(asked).toBe(2)
    release()
    await first
    expect(asked).toBe(2)
  })

  it('goes on after a failure', async () => {
    const told: string[] = []
    let fails = true
    const look = eventFeed(
      async () => {
        if (fails) throw new Error('away')
        return [event(1)]
      },
      ({ id }) => told.push(id),
    )
    await expect(look()).rejects.toThrow('away')
    fails = false
    await look()
    expect(told).toEqual(['1'])
  })
})
