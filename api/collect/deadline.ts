import { Problem } from '../errors.ts'

/**
 * The work's result, or 503 after `deadlineMs`. Work of many steps asks `isLate`
 * before each: nobody waits for it any more.
 */
export async function withinDeadline<T>(
  deadlineMs: number,
  work: (isLate: () => boolean) => Promise<T>,
): Promise<T> {
  let isLate = false
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      isLate = true
      reject(new Problem('unavailable', 'The events could not be stored in time; send them again.'))
    }, deadlineMs)
  })
  try {
    return await Promise.race([work(() => isLate), deadline])
  } finally {
    clearTimeout(timer)
  }
}
