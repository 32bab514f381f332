/**
 * What was worked out lately, at most `most` entries of it: the one that was
 * asked for longest ago goes first. A Map keeps the order of insertion, so an
 * entry that is asked for is inserted anew.
 */
export class LeastRecent<Value extends object> {
  readonly #entries = new Map<string, Value>()
  readonly #most: number
  hits = 0
  misses = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string, workOut: () => Value): Value {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.hits++
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known
    }
    this.misses++
    const value = workOut()
    this.#entries.set(key, value)
    if (this.#entries.size > this.#most) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest)
        break
      }
    }
    return value
  }
}
