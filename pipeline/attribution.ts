import { DIRECT } from '../contract/attribution.ts'

/** Where a visit came from. */
export interface Attribution {
  readonly referrer: string | null
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly channel: string
}

/** UTM parameters first, then the referrer's host; a referrer of the site itself says nothing. */
export function attribute(url: string | undefined, referrer: string | undefined): Attribution {
  const page = url === undefined ? null : URL.parse(url)
  const from = referrer === undefined ? null : URL.parse(referrer)
  const campaign = (name: string) => page?.searchParams.get(`utm_${name}`)?.trim() ?? ''
  const tagged =
    campaign('source') || page?.searchParams.get('ref') || page?.searchParams.get('source')
  const outside = from && from.host !== page?.host ? from.hostname.replace(/^www\./, '') : ''
  const source = tagged || outside || DIRECT
  return {
    referrer: outside ? (referrer ?? null) : null,
    source,
    medium: campaign('medium'),
    campaign: campaign('campaign'),
    channel: source === DIRECT ? 'Direct' : tagged ? 'Campaign' : 'Referral',
  }
}
