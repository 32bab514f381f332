import { Agent } from 'node:http'
import { seconds } from './fault.ts'
import { type Answer, post } from './ledger.ts'

/** What became of a request for which the collector had to ask the database first. */
export interface ColdAnswer {
  readonly answer: Answer
  readonly ms: number
}

/** Asks for a site that is new, for twenty of them at once, and for a visitor without an id. */
export async function askCold(url: string, name: string): Promise<ColdAnswer[]> {
  const agent = new Agent()
  const event = { eventType: 'pageview', url: 'https://shop.example/' }
  const visit = { ...event, visitorId: 'v' }
  const bodies = [
    { ...visit, siteId: `${name}-one.example` },
    {
      events: Array.from({ length: 20 }, (_, at) => ({
        ...visit,
        siteId: `${name}-${at}.example`,
      })),
    },
    { ...event, siteId: `${name}-one.example` },
  ]
  return Promise.all(
    bodies.map(async (body) => {
      const startedAt = performance.now()
      const { answer } = await post(`${url}/collect`, JSON.stringify(body), agent)
      return { answer, ms: performance.now() - startedAt }
    }),
  )
}

export const longestMs = (cold: readonly ColdAnswer[]) =>
  cold.map(({ ms }) => ms).reduce((a, b) => Math.max(a, b), 0)

export const describeCold = (cold: readonly ColdAnswer[]) =>
  `${[...new Set(cold.map(({ answer }) => answer))].join(', ')} after at most ${seconds(longestMs(cold))}`

/** A request must be answered, as stored or as to be sent again. */
export const wrongCold = (cold: readonly ColdAnswer[]): string | false =>
  cold.some(({ answer }) => answer !== 503 && answer !== 202) &&
  `requests for new sites: ${describeCold(cold)}`
