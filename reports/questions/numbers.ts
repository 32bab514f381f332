/** Per cent with one decimal; null of nothing. */
export const percent = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((1_000 * part) / whole) / 10

/** Milliseconds as the engine gives them, in seconds; null stays null. */
export const secondsOf = (ms: unknown): number | null =>
  ms === null || ms === undefined ? null : Math.round(Number(ms)) / 1_000

/** The name of what is beyond a limit, together. */
export const OTHER = '(other)'
