import { Problem } from '../errors.ts'

/**
 * The work's result, or 503 after `deadlineMs`. Work of many steps asks `isLate`
 * before each: nobody waits for it any more.
 */
export function withinDeadline<T>(
  deadlineMs: number,
  work: (isLate: () => boolean) => Promise<T>,
): Promise<T> {
  // By hand: it is done for each request, and Promise.race makes five promises of one.
  return new Promise((resolve, reject) => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      reject(new Problem('unavailable', 'The events could not be stored in time; send them again.'))
    }, deadlineMs)
    work(() => isLate).then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
