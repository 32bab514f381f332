import { CLICK_IDS, KEPT_PARAMETERS } from './parameters.ts'
import { redactText } from './text.ts'

// Not every key of an object is its own: `?constructor=` is no click id.
const NETWORKS: readonly unknown[] = Object.values(CLICK_IDS)

const SECRET_FOLLOWS = /^(?:reset|verify|invite|unsubscribe|magic|token)$/i

export interface UrlRules {
  /** Names of further parameters that the site wants to keep. */
  readonly keepParameters?: readonly string[]
}

/**
 * A page's address without what must never be stored: user and password, all
 * parameters but attribution, click ids (reduced to `paid=network`), and path
 * segments that look like an e-mail address, a token or a card. Of the
 * fragment only a route (`#/…`) stays, by the same rules. `undefined` when it
 * is no http(s) URL. Redacting twice changes nothing more.
 */
export function redactUrl(url: string, { keepParameters = [] }: UrlRules = {}): string | undefined {
  const parsed = parseHttp(url)
  if (!parsed) return undefined
  const kept: string[] = []
  let paid = ''
  parsed.searchParams.forEach((value, name) => {
    const lower = name.toLowerCase()
    // `paid` is our own reduction, on its second pass.
    const network = lower === 'paid' ? value : CLICK_IDS[lower]
    if (NETWORKS.includes(network)) paid = `paid=${network}`
    else if (KEPT_PARAMETERS.test(lower) || keepParameters.includes(name))
      kept.push([name, redactText(value)].map(encodeURIComponent).join('='))
  })
  if (paid) kept.push(paid)
  const route = /^#!?\//.test(parsed.hash) ? redactPath(parsed.hash.replace(/\?.*/, '')) : ''
  const query = kept[0] ? `?${kept.join('&')}` : ''
  return parsed.origin + redactPath(parsed.pathname) + query + route
}

/** Where a visit came from: another site's origin or an app's package, one's own page as an address of the site. */
export function redactReferrer(
  referrer: string,
  ownHost: string | undefined,
  rules?: UrlRules,
): string | undefined {
  const parsed = parseHttp(referrer)
  if (!parsed) return /^android-app:\/\/[\w.]+/.exec(referrer)?.[0]
  return parsed.host === ownHost ? redactUrl(referrer, rules) : `${parsed.origin}/`
}

const redactPath = (path: string) =>
  path
    .split('/')
    .map((segment, at, all) =>
      segment && SECRET_FOLLOWS.test(all[at - 1] ?? '') ? '[token]' : redactSegment(segment),
    )
    .join('/')

function redactSegment(segment: string): string {
  let text = segment
  try {
    text = decodeURIComponent(segment)
  } catch {
    // Not UTF-8: judged as it stands.
  }
  if (/\S@\S+\.\S/.test(text)) return '[email]'
  if (isToken(text)) return '[token]'
  const redacted = redactText(text)
  return redacted === text ? segment : redacted.replace(/[/?#]/g, '')
}

/**
 * A random string: 24 or more characters of base64url or hex with more than 3.5
 * bits each (hex has less). Titles as addresses have as many; but theirs are
 * words and numbers, and a random string's parts are neither.
 */
function isToken(text: string): boolean {
  // A UUID names a thing more often than it is a key.
  if (!/^(?![\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$)[\w~+=.-]{24,}$/i.test(text)) return false
  const parts = text.split(/[-_.]/)
  const random = parts.filter((part) => !/^(?:[A-Z]?[a-z]*|[A-Z]+|\d+)$/.test(part)).join('')
  return random.length * 2 > text.length && entropy(text) > (/^[\da-f]+$/i.test(text) ? 2.5 : 3.5)
}

/** Shannon's, in bits a character. */
function entropy(text: string): number {
  let bits = 0
  for (const char of text) bits -= Math.log2((text.split(char).length - 1) / text.length)
  return bits / text.length
}

function parseHttp(url: string): URL | undefined {
  if (!/^\s*https?:/i.test(url)) return undefined // most referrers are empty; to throw is slow
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}
