export interface ClickNetwork {
  /** Its sites; the first is the source when the referrer names none of them. */
  readonly sources: readonly [string, ...string[]]
  /** What its click id says of the visit. Empty: it is put on every link, paid or not. */
  readonly medium: '' | 'cpc' | 'affiliate' | 'email'
}

/** By the network's name in `paid=` (redact/parameters.ts). */
export const CLICK_NETWORKS: ReadonlyMap<string, ClickNetwork> = new Map<string, ClickNetwork>([
  ['google', { sources: ['Google', 'YouTube', 'Google Shopping'], medium: 'cpc' }],
  ['microsoft', { sources: ['Bing', 'MSN'], medium: 'cpc' }],
  ['meta', { sources: ['Facebook', 'Instagram', 'Messenger', 'Threads', 'WhatsApp'], medium: '' }],
  ['instagram', { sources: ['Instagram', 'Facebook'], medium: '' }],
  ['pinterest', { sources: ['Pinterest'], medium: '' }],
  ['x', { sources: ['Twitter'], medium: 'cpc' }],
  ['linkedin', { sources: ['LinkedIn'], medium: 'cpc' }],
  ['tiktok', { sources: ['TikTok'], medium: 'cpc' }],
  ['reddit', { sources: ['Reddit'], medium: 'cpc' }],
  ['quora', { sources: ['Quora'], medium: 'cpc' }],
  ['snapchat', { sources: ['Snapchat'], medium: 'cpc' }],
  ['impact', { sources: ['Impact'], medium: 'affiliate' }],
  ['klaviyo', { sources: ['Klaviyo'], medium: 'email' }],
])
