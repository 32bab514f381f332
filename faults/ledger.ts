import { randomUUIDv7 } from 'node:crypto'
import { Agent, request } from 'node:http'
import { sleep } from './wait.ts'

/** What a client knows of an event that it sent. `bad`: it must never be stored. */
export type Fate = 'acked' | 'refused' | 'unknown' | 'bad'

/** `cut`: the connection broke. `none`: nothing came within NO_ANSWER_MS. */
export type Answer = number | 'cut' | 'none'

// Twice what any answer may take: a busy machine does not fail a test, a request that hangs does.
const NO_ANSWER_MS = 10_000

/** What all clients of a run were told. */
export class Ledger {
  readonly fates = new Map<string, Fate>()
  readonly answers = new Map<Answer, number>()
  /** Sum of `accepted` over all answers: an event is new once. */
  accepted = 0
  longestMs = 0
  /** Requests whose first try failed, and those whose second failed too. */
  readonly failed = { once: 0, twice: 0 }
  readonly withoutRetryAfter: string[] = []
  /** Answers that do not add up. */
  readonly strange: string[] = []
  readonly acks: { readonly sentAt: number; readonly at: number }[] = []

  get sent(): number {
    return this.fates.size
  }

  count(fate: Fate): number {
    return [...this.fates.values()].filter((each) => each === fate).length
  }

  /** When the first request that was sent after `time` was acknowledged. */
  firstAckAfter(time: number): number | undefined {
    return this.acks.find((ack) => ack.sentAt >= time)?.at
  }

  /** Requests that were both sent and acknowledged between the two times. */
  acksWithin(from: number, to: number): number {
    return this.acks.filter((ack) => ack.sentAt >= from && ack.at <= to).length
  }

  percentileMs(share: number, from = 0, to = Number.POSITIVE_INFINITY): number {
    const times = this.acks
      .filter((ack) => ack.sentAt >= from && ack.at <= to)
      .map((ack) => ack.at - ack.sentAt)
      .sort((a, b) => a - b)
    return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  }
}

export interface Load {
  readonly url: string
  readonly sites: readonly string[]
  readonly eventsPerSecond: number
  readonly clients: number
  readonly maxBatch: number
  /** Bytes of further data on each event. */
  readonly padding?: number
}

export interface Running {
  readonly ledger: Ledger
  /** Lets each client finish what it holds; resolves when all have. */
  stop(): Promise<Ledger>
  /** Ends the clients as they are: the fault could not be done. */
  abandon(): void
}

/** Starts clients with one ledger: each sends a batch until it is acknowledged, as the tracker does. */
export function startLoad(load: Load, random: () => number): Running {
  const ledger = new Ledger()
  const state = { stoppedAt: Number.POSITIVE_INFINITY }
  const agent = new Agent({ keepAlive: true })
  const clients = Array.from({ length: load.clients }, () =>
    runClient(load, ledger, agent, random, state),
  )
  return {
    ledger,
    async stop() {
      state.stoppedAt = performance.now()
      await Promise.all(clients)
      agent.destroy()
      return ledger
    },
    abandon() {
      state.stoppedAt = Number.NEGATIVE_INFINITY
    },
  }
}

const GIVE_UP_MS = 30_000
const RETRY_MS = 100

async function runClient(
  load: Load,
  ledger: Ledger,
  agent: Agent,
  random: () => number,
  state: { readonly stoppedAt: number },
): Promise<void> {
  const perClient = load.eventsPerSecond / load.clients
  await sleep(random() * 200)
  while (state.stoppedAt === Number.POSITIVE_INFINITY) {
    const startedAt = performance.now()
    const batch = newBatch(load, ledger, random)
    await sendUntilAcknowledged(load.url, batch, ledger, agent, random, state)
    // A client that was kept waiting does not make up for it.
    await sleep(Math.max(0, (batch.size / perClient) * 1_000 - (performance.now() - startedAt)))
  }
}

interface Batch {
  readonly body: string
  readonly ids: readonly string[]
  readonly size: number
  readonly bad: number
}

function newBatch(load: Load, ledger: Ledger, random: () => number): Batch {
  const siteId = load.sites[Math.floor(random() * load.sites.length)] ?? 'nowhere'
  const size = 1 + Math.floor(random() * load.maxBatch)
  const ids: string[] = []
  let bad = 0
  const events = Array.from({ length: size }, (_, index) => {
    const eventId = randomUUIDv7()
    // One in twenty is bad, never the first: a batch with nothing good is refused as a whole.
    const isBad = index > 0 && random() < 0.05
    if (isBad) bad++
    else ids.push(eventId)
    ledger.fates.set(eventId, isBad ? 'bad' : 'unknown')
    const visitorId = `v${Math.floor(random() * 200)}`
    return {
      eventType: isBad ? '' : random() < 0.7 ? 'pageview' : 'signup',
      eventId,
      visitorId,
      // Two visits of each: people do not have hundreds.
      sessionId: `${visitorId}-${Math.floor(random() * 2)}`,
      timestamp: Date.now(),
      url: `https://shop.example/${Math.floor(random() * 20)}`,
      ...(load.padding && { eventData: { note: 'x'.repeat(load.padding) } }),
    }
  })
  return { body: JSON.stringify({ siteId, sentAt: Date.now(), events }), ids, size, bad }
}

async function sendUntilAcknowledged(
  url: string,
  batch: Batch,
  ledger: Ledger,
  agent: Agent,
  random: () => number,
  state: { readonly stoppedAt: number },
): Promise<void> {
  for (let attempt = 0; performance.now() < state.stoppedAt + GIVE_UP_MS; attempt++) {
    if (attempt === 1) ledger.failed.once++
    if (attempt === 2) ledger.failed.twice++
    const answer = await send(url, batch.body, ledger, agent, batch)
    if (answer === 202) {
      for (const id of batch.ids) ledger.fates.set(id, 'acked')
      // A retry whose first try did arrive: one in twenty.
      if (random() < 0.05) await send(url, batch.body, ledger, agent, batch)
      return
    }
    const fate = typeof answer === 'number' ? 'refused' : 'unknown'
    for (const id of batch.ids) ledger.fates.set(id, fate)
    await sleep(RETRY_MS)
  }
}

/** One request, written into the ledger; `expected` checks that the answer accounts for each event. */
export async function send(
  url: string,
  body: string,
  ledger: Ledger,
  agent: Agent,
  expected?: { readonly size: number; readonly bad: number },
): Promise<Answer> {
  const sentAt = performance.now()
  const { answer, text, retryAfter } = await post(`${url}/collect`, body, agent)
  const at = performance.now()
  ledger.longestMs = Math.max(ledger.longestMs, at - sentAt)
  ledger.answers.set(answer, (ledger.answers.get(answer) ?? 0) + 1)
  if (answer === 503 && retryAfter === undefined) ledger.withoutRetryAfter.push(text.slice(0, 200))
  if (answer === 202) {
    ledger.acks.push({ sentAt, at })
    // The answer's form is docs/api.md's.
    const told = JSON.parse(text) as { accepted: number; duplicates: number; rejected: unknown[] }
    ledger.accepted += told.accepted
    if (
      expected &&
      (told.accepted + told.duplicates + told.rejected.length !== expected.size ||
        told.rejected.length !== expected.bad)
    )
      ledger.strange.push(`202 for ${JSON.stringify(expected)}: ${text.slice(0, 200)}`)
  } else if (typeof answer === 'number' && answer !== 503)
    ledger.strange.push(`${answer}: ${text.slice(0, 200)}`)
  return answer
}

/** Sends until it is 202, as new as each try makes it; answers whether it was. */
export async function sendUntilStored(
  url: string,
  body: () => string,
  ledger: Ledger,
  agent: Agent,
  expected: { readonly size: number; readonly bad: number },
): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if ((await send(url, body(), ledger, agent, expected)) === 202) return true
    await sleep(RETRY_MS)
  }
  return false
}

/** POST with a time limit; never throws. */
export function post(
  url: string,
  body: string,
  agent: Agent,
): Promise<{ answer: Answer; text: string; retryAfter: string | undefined }> {
  return new Promise((resolve) => {
    const fail = (answer: Answer) => resolve({ answer, text: '', retryAfter: undefined })
    const timer = setTimeout(() => {
      fail('none')
      sending.destroy()
    }, NO_ANSWER_MS)
    const headers = { 'content-type': 'text/plain' }
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        clearTimeout(timer)
        if (!response.complete) return fail('cut')
        resolve({
          answer: response.statusCode ?? 0,
          text,
          retryAfter: response.headers['retry-after'],
        })
      })
      response.on('error', () => {
        clearTimeout(timer)
        fail('cut')
      })
    })
    sending.on('error', () => {
      clearTimeout(timer)
      fail('cut')
    })
    sending.end(body)
  })
}
