import { randomUUIDv7 } from 'node:crypto'

/** What a client knows of each event that it sent. */
export type Fate = 'acked' | 'refused' | 'unknown'

/**
 * A client that keeps a ledger: sends events until it is stopped, each until
 * it is acknowledged, as the tracker does, and some of them twice on purpose.
 */
export class LedgerClient {
  readonly fates = new Map<string, Fate>()
  readonly answers = new Map<number, number>()
  #stopped = false
  readonly #url: string
  readonly #siteId: string
  readonly #random: () => number

  constructor(url: string, siteId: string, random: () => number) {
    this.#url = url
    this.#siteId = siteId
    this.#random = random
  }

  async run(): Promise<void> {
    while (!this.#stopped) await this.#sendUntilAcknowledged()
  }

  stop(): void {
    this.#stopped = true
  }

  async #sendUntilAcknowledged(): Promise<void> {
    const events = Array.from({ length: 1 + Math.floor(this.#random() * 10) }, () => ({
      eventType: this.#random() < 0.7 ? 'pageview' : 'signup',
      eventId: randomUUIDv7(),
      visitorId: `v${Math.floor(this.#random() * 200)}`,
      sessionId: `s${Math.floor(this.#random() * 400)}`,
      timestamp: Date.now(),
      url: `https://${this.#siteId}/${Math.floor(this.#random() * 20)}`,
    }))
    const body = JSON.stringify({ siteId: this.#siteId, sentAt: Date.now(), events })
    for (const { eventId } of events) this.fates.set(eventId, 'unknown')
    for (let attempt = 0; attempt < 400; attempt++) {
      const status = await this.#post(body)
      if (status === 202) {
        for (const { eventId } of events) this.fates.set(eventId, 'acked')
        // A retry whose first try did arrive: one in twenty.
        if (this.#random() < 0.05) await this.#post(body)
        return
      }
      if (status !== 0) for (const { eventId } of events) this.fates.set(eventId, 'refused')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async #post(body: string): Promise<number> {
    const status = await fetch(`${this.#url}/collect`, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(5_000),
    })
      .then(async (answer) => {
        await answer.arrayBuffer()
        return answer.status
      })
      .catch(() => 0)
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1)
    return status
  }
}
