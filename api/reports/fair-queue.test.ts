import { describe, expect, it } from 'vitest'
import { createFairQueue } from './fair-queue.ts'

/** Work that ends when it is told to. */
function works() {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () => {
    started.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  const end = async (name: string) => {
    ends.get(name)?.()
    await new Promise(setImmediate)
  }
  return { started, work, end }
}

const never = () => new AbortController().signal

describe('the queue of reports', () => {
  it('lets another site in before the rest of one that asks for much', async () => {
    const queue = createFairQueue({ running: 2, runningOfSite: 1, waitingOfSite: 10 })
    const { started, work, end } = works()
    for (const name of ['a1', 'a2', 'a3']) void queue.enter('a', work(name), never())
    void queue.enter('b', work('b1'), never())
    expect(started).toEqual(['a1', 'b1'])
    void queue.enter('b', work('b2'), never())
    void queue.enter('c', work('c1'), never())
    await end('a1')
    expect(started).toEqual(['a1', 'b1', 'a2'])
    await end('a2')
    expect(started).toEqual(['a1', 'b1', 'a2', 'c1'])
    await end('b1')
    expect(started.at(-1)).toBe('b2')
    await end('c1')
    expect(started.at(-1)).toBe('a3')
  })

  it('never starts what nobody waits for any more', async () => {
    const queue = createFairQueue({ running: 1, runningOfSite: 1, waitingOfSite: 10 })
    const { started, work, end } = works()
    const gone = new AbortController()
    void queue.enter('a', work('a1'), never())
    const second = expect(queue.enter('a', work('a2'), gone.signal)).rejects.toMatchObject({
      code: 'unavailable',
    })
    void queue.enter('a', work('a3'), never())
    gone.abort()
    await second
    await expect(queue.enter('a', work('a4'), gone.signal)).rejects.toMatchObject({
      code: 'unavailable',
    })
    await end('a1')
    await new Promise(setImmediate)
    expect(started).toEqual(['a1', 'a3'])
  })

  it('refuses a site that has too many waiting, and goes on after a failure', async () => {
    const queue = createFairQueue({ running: 1, runningOfSite: 1, waitingOfSite: 1 })
    const gone = new AbortController()
    const failing = queue.enter('a', () => Promise.reject(new Error('broken')), never())
    const left = expect(queue.enter('a', async () => '', gone.signal)).rejects.toMatchObject({
      code: 'unavailable',
    })
    gone.abort() // and leaves its place
    const waiting = queue.enter('a', async () => 'answered', never())
    await expect(queue.enter('a', async () => '', never())).rejects.toMatchObject({ code: 'flood' })
    await left
    await expect(failing).rejects.toThrow('broken')
    expect(await waiting).toBe('answered')
  })
})
