// Hot path. Screens, languages, titles and property names are the same few
// thousand texts: two thirds of the time of redaction went into looking at them
// again (2026-11-24, batches of 20). What is remembered is the same in every
// request, so it is kept with the module; a text in which something was found
// is never kept.
import { isSecretKey } from '../../redact/keys.ts'
import { redactText } from '../../redact/text.ts'

const MOST = 10_000
const LONGEST = 200

const clean = new Set<string>()
const secretKeys = new Map<string, boolean>()

/** As `redactText`. */
export function redactedText(text: string): string {
  if (clean.has(text)) return text
  const redacted = redactText(text)
  if (redacted === text && text.length <= LONGEST) {
    if (clean.size >= MOST) clean.clear()
    clean.add(text)
  }
  return redacted
}

/** As `isSecretKey`. */
export function isSecretName(name: string): boolean {
  const known = secretKeys.get(name)
  if (known !== undefined) return known
  const isSecret = isSecretKey(name)
  if (name.length <= LONGEST) {
    if (secretKeys.size >= MOST) secretKeys.clear()
    secretKeys.set(name, isSecret)
  }
  return isSecret
}
