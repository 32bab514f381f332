export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Waits until `isSo` answers true; answers how many ms that took, and throws after `withinMs`. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<number> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > withinMs)
      throw new Error(`${what}: not within ${withinMs} ms`)
    await sleep(20)
  }
  return performance.now() - startedAt
}
