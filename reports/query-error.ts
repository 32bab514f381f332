/** A query that cannot be answered. Names the part at fault and what would be accepted. */
export class QueryError extends Error {
  readonly part: string

  constructor(part: string, message: string) {
    super(`${part}: ${message}`)
    this.part = part
  }
}
