import { describe, expect, it } from 'vitest'
import { uuidv7 } from './uuidv7.ts'

describe('a UUID version 7', () => {
  it('has the form of one, and its time', () => {
    const id = uuidv7(0x019a_1234_5678)
    expect(id).toMatch(/^019a1234-5678-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/)
    expect(uuidv7(1)).toMatch(/^00000000-0001-7/)
  })

  it('ascends within a millisecond, as often as a page can make one', () => {
    const ids = Array.from({ length: 2_000 }, () => uuidv7(1_700_000_000_000))
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('ascends with the time, and follows a clock that is set back', () => {
    const ids = [5, 6, 7, 1_000].map(uuidv7)
    expect([...ids].sort()).toEqual(ids)
    expect(uuidv7(3) < (ids[0] ?? '')).toBe(true)
  })
})
