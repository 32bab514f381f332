import type { Json } from '../../contract/event.ts'
import { isSecretKey } from '../../redact/keys.ts'
import { redactText } from '../../redact/text.ts'

// The collector takes 50 properties, 6 levels (3 of them the envelope's) and 64 KiB.
const MOST_PROPERTIES = 50
const MOST_LEVELS = 3
const LONGEST_TEXT = 1_024
const LONGEST_NAME = 120
const MOST_CHARACTERS = 16_000

/**
 * What a page gave as properties, as JSON that the collector takes: redacted,
 * cut to the limits, and without what is no data (elements, functions, getters
 * that throw, circles).
 */
export function clean(given: unknown): { [name: string]: Json } | undefined {
  let left = MOST_CHARACTERS

  const text = (value: string) => {
    const cut = redactText(value.slice(0, Math.min(LONGEST_TEXT, left)))
    left -= cut.length
    return cut
  }
  const member = (value: unknown, level: number): Json | undefined => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value === 'boolean' || value === null) return value
    if (typeof value === 'bigint') return text(`${value}`)
    if (value instanceof Date) return value.toJSON()
    // An element leads through all of the page; deeper levels may go in a circle.
    if (typeof value !== 'object' || 'nodeType' in value || level > MOST_LEVELS) return undefined
    if (Array.isArray(value))
      return value.slice(0, MOST_PROPERTIES).flatMap((item) => member(item, level + 1) ?? [])
    return members(value, level)
  }
  const members = (value: object, level: number) => {
    const result: { [name: string]: Json } = {}
    for (const name of Object.keys(value).slice(0, MOST_PROPERTIES)) {
      try {
        const raw = (value as { [name: string]: unknown })[name] // its own key
        const kept = raw !== null && isSecretKey(name) ? '[redacted]' : member(raw, level + 1)
        if (kept !== undefined) result[name.slice(0, LONGEST_NAME)] = kept
      } catch {
        // A getter or a proxy that throws is not sent.
      }
    }
    return result
  }
  return given && typeof given === 'object' ? members(given, 1) : undefined
}
