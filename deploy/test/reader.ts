import { sleep } from '../../faults/wait.ts'

export interface Reads {
  /** Reports that were answered. */
  done: number
  /** Questions whose first try failed, and those whose second failed too. */
  once: number
  twice: number
}

const query = (url: string, site: string, key: string, dimensions: readonly string[] = []) =>
  fetch(`${url}/api/v1/sites/${encodeURIComponent(site)}/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ metrics: ['events'], dimensions, range: '7d' }),
  })

/** How many events the reports have of a site, those of bots too: clients of a load go through pages like one. */
export async function reportedEvents(url: string, site: string, key: string): Promise<number> {
  let events = 0
  for (const dimensions of [[], ['visit:bot']]) {
    const answer = await query(url, site, key, dimensions)
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
    events += ((await answer.json()) as { totals: { events: number } }).totals.events // docs/api.md
  }
  return events
}

/** Somebody who looks at a report again and again, and tries once more after Retry-After. */
export function startReading(url: string, site: string, key: string) {
  const reads: Reads = { done: 0, once: 0, twice: 0 }
  let isOver = false
  /** Seconds to wait before the second try; undefined: it was answered. */
  const attempt = async () => {
    const answer = await query(url, site, key).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.ok ? undefined : Number(answer?.headers.get('retry-after') ?? 1)
  }
  const running = (async () => {
    while (!isOver) {
      const waitS = await attempt()
      if (waitS === undefined) reads.done++
      else {
        reads.once++
        await sleep(waitS * 1_000)
        if ((await attempt()) === undefined) reads.done++
        else reads.twice++
      }
      await sleep(50)
    }
  })()
  return {
    async stop(): Promise<Reads> {
      isOver = true
      await running
      return reads
    },
  }
}
