import type { WireEvent } from '../../contract/event.ts'
import { redactText } from '../../redact/text.ts'
import { redactUrl } from '../../redact/url.ts'
import type { Surroundings } from './features.ts'

const MOST = 20
const LONGEST_MESSAGE = 300
const LONGEST_STACK = 1_000

/** Uncaught errors and unhandled rejections: each once a page, the first twenty. */
export function errors({ options, record, hear }: Surroundings): void {
  if (!options.trackErrors) return
  const seen = new Set<string>()
  const take = (
    during: Partial<WireEvent>,
    error: unknown,
    fallback: string,
    source = '',
    line = 0,
  ) => {
    const { name, message, stack } = (error ?? {}) as Partial<Error> // anything can be thrown
    const text = message ? `${name}: ${message}` : fallback
    // Two of the same place are one; a browser extension's are not the page's.
    const trace = `${stack ?? ''}`
    const key = text + (trace || source + line)
    if (seen.has(key) || seen.size >= MOST || /-extension:\/\//.test(trace + source)) return
    seen.add(key)
    record(
      'js_error',
      {
        message: redactText(text.slice(0, LONGEST_MESSAGE)),
        stack: redactStack(trace.slice(0, LONGEST_STACK)) || undefined,
        source: redactUrl(source),
        line: line || undefined,
      },
      undefined,
      during,
    )
  }
  hear<ErrorEvent>('error', ({ event: { error, message, filename, lineno }, during }) => {
    // An image that is missing has no message.
    if (message) take(during, error, message, filename, lineno)
  })
  hear<PromiseRejectionEvent>('unhandledrejection', ({ event: { reason }, during }) =>
    take(
      during,
      reason,
      `Unhandled rejection: ${typeof reason === 'string' ? reason : typeof reason}`,
    ),
  )
}

/** A stack names files with their query, and messages with whatever was in them. */
const redactStack = (stack: string) =>
  redactText(
    stack.replace(
      /https?:\/\/[^\s)]+?(?=(?::\d+){0,2}(?:[\s)]|$))/g,
      (url) => redactUrl(url) ?? '',
    ),
  )
