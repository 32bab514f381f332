// Parameters that say where a visit came from. Any other may carry a secret,
// so its name and value are dropped.
const KEPT_PARAMETERS = new Set([
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'ref',
  'source',
])

const EMAIL = /[^\s/@=&?]+(?:@|%40)[^\s/@=&?]+\.[a-z]{2,}/i
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/
const LONG_TOKEN = /^(?=.*\d)(?=.*[a-z])[\w-]{24,}$/i
const LONG_DIGITS = /^\d{13,19}$/
const SECRET_FOLLOWS = /^(?:reset|verify|invite|unsubscribe|magic|token)$/i

/**
 * A page's address without what must never be stored: user and password,
 * fragment, all parameters but attribution, and path segments that look like
 * an e-mail address, a token or a card. `undefined` when it is no http(s) URL.
 */
export function redactUrl(url: string): string | undefined {
  const parsed = parseHttp(url)
  if (!parsed) return undefined
  parsed.username = ''
  parsed.password = ''
  parsed.hash = ''
  for (const name of new Set(parsed.searchParams.keys())) {
    const value = parsed.searchParams.get(name) ?? ''
    if (!KEPT_PARAMETERS.has(name.toLowerCase()) || EMAIL.test(value))
      parsed.searchParams.delete(name)
  }
  let afterSecretWord = false
  const segments = parsed.pathname.split('/').map((segment) => {
    const shown = afterSecretWord && segment !== '' ? '[token]' : redactSegment(segment)
    afterSecretWord = SECRET_FOLLOWS.test(segment)
    return shown
  })
  // Assigning pathname would percent-encode the brackets.
  return `${parsed.origin}${segments.join('/')}${parsed.search}`
}

/** Where a visit came from: another site's origin only, one's own page as an address of the site. */
export function redactReferrer(referrer: string, ownHost: string | undefined): string | undefined {
  const parsed = parseHttp(referrer)
  if (!parsed) return undefined
  return parsed.host === ownHost ? redactUrl(referrer) : `${parsed.origin}/`
}

function redactSegment(segment: string): string {
  if (EMAIL.test(segment)) return '[email]'
  if (JWT.test(segment) || LONG_TOKEN.test(segment) || LONG_DIGITS.test(segment)) return '[token]'
  return segment
}

function parseHttp(url: string): URL | undefined {
  const parsed = URL.parse(url)
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed : undefined
}
