import { expect, it } from 'vitest'
import { withinDeadline } from './deadline.ts'

const never = new Promise<never>(() => {})

it('passes on what is done in time, and what fails in time', async () => {
  expect(await withinDeadline(1_000, async () => 'done')).toBe('done')
  await expect(withinDeadline(1_000, () => Promise.reject(new Error('own')))).rejects.toThrow('own')
})

it('answers 503 when the work hangs, and tells the work', async () => {
  let asked = () => false
  const waiting = withinDeadline(20, (isLate) => {
    asked = isLate
    return never
  })
  expect(asked()).toBe(false)
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable' })
  expect(asked()).toBe(true)
})
