import { gunzipSync } from 'node:zlib'
import secureJson from 'secure-json-parse'
import { LIMITS } from '../../contract/event.ts'
import { Problem } from '../errors.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The value of a request body: inflated, decoded once and strictly, scanned for
 * depth before it is parsed (64 KiB hold 32 000 levels, which would overflow
 * whatever walks them later), parsed once with `__proto__` refused.
 */
export function parseBody(body: Buffer, encoding: string | undefined): unknown {
  const text = decode(inflate(body, encoding))
  if (depthOf(text) > LIMITS.depth) {
    throw new Problem(
      'too_deep',
      `At most ${LIMITS.depth} levels of objects and arrays are accepted.`,
    )
  }
  try {
    return secureJson.parse(text, null, { protoAction: 'error', constructorAction: 'error' })
  } catch (error) {
    // The parser's own words quote the body, which must not be echoed.
    const forbidden = error instanceof Error && /forbidden/i.test(error.message)
    throw new Problem(
      'invalid_json',
      forbidden
        ? 'A key such as __proto__ is not accepted.'
        : 'The body must be one JSON object or array.',
    )
  }
}

function inflate(body: Buffer, given: string | undefined): Buffer {
  if (given === undefined) return body
  const encoding = given.trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return body
  if (encoding !== 'gzip') {
    throw new Problem('unsupported_media_type', 'Content-Encoding may be gzip or absent.')
  }
  try {
    return gunzipSync(body, { maxOutputLength: LIMITS.inflatedBytes })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Problem('too_large', `The inflated body may have ${LIMITS.inflatedBytes} bytes.`)
    }
    throw new Problem('invalid_encoding', 'The body is not valid gzip.')
  }
}

function decode(body: Buffer): string {
  try {
    return decoder.decode(body)
  } catch {
    throw new Problem('invalid_encoding', 'The body must be UTF-8.')
  }
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (inString) {
      if (unit === 0x5c) at++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (unit === 0x7d || unit === 0x5d) depth--
  }
  return deepest
}
