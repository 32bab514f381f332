import type { Connection } from '../database/postgres.ts'
import type { AttributionOptions, ChannelOverride } from './attribution.ts'
import { SESSION_RULES, type SessionRules } from './session.ts'

/** How a site's visits are judged. */
export interface SiteRules extends SessionRules, AttributionOptions {
  /** A page that was visible for so long makes its visit engaged (S10). */
  readonly engagedAfterMs: number
  /** Whether a visit may be taken for a bot's by what it does (S11). */
  readonly judgesBehaviour: boolean
  /** Names of bots that are none for this site. */
  readonly people: readonly string[]
}

/** What `sites.rules` may hold; all of it is optional. */
export interface StoredRules {
  /** Seconds without an event that end a visit; 1 800. */
  readonly sessionTimeout?: number
  /** Seconds visible that make a visit engaged; 10. */
  readonly engagedAfter?: number
  readonly ownHosts?: readonly string[]
  readonly ignoredReferrers?: readonly string[]
  /** The site's own channels, asked before the built-in ones, in order. */
  readonly channels?: readonly ChannelOverride[]
  readonly judgesBehaviour?: boolean
  readonly people?: readonly string[]
}

export const DEFAULT_RULES: SiteRules = {
  ...SESSION_RULES,
  engagedAfterMs: 10_000,
  judgesBehaviour: true,
  people: [],
}

export function siteRules(stored: StoredRules): SiteRules {
  return {
    ...DEFAULT_RULES,
    ...(stored.sessionTimeout && { timeoutMs: stored.sessionTimeout * 1_000 }),
    ...(stored.engagedAfter && { engagedAfterMs: stored.engagedAfter * 1_000 }),
    judgesBehaviour: stored.judgesBehaviour ?? DEFAULT_RULES.judgesBehaviour,
    people: stored.people ?? [],
    ownHosts: stored.ownHosts ?? [],
    ignoredHosts: stored.ignoredReferrers ?? [],
    channels: stored.channels ?? [],
  }
}

/** The rules of some sites, as they are now. */
export async function loadSiteRules(
  connection: Connection,
  siteIds: readonly string[],
): Promise<Map<string, SiteRules>> {
  const { rows } = await connection.query<{ site_id: string; rules: StoredRules }>(
    '/* site rules */ select site_id, rules from sites where site_id = any($1)',
    [siteIds],
  )
  const found = new Map(rows.map((row) => [row.site_id, siteRules(row.rules)]))
  return new Map(siteIds.map((id) => [id, found.get(id) ?? DEFAULT_RULES]))
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string' && value !== '' && value.length <= 200
const isTexts: Check = (value) => Array.isArray(value) && value.length <= 100 && value.every(isText)
const isSeconds: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 1 && value <= 86_400

const CHECKS: Readonly<Record<keyof StoredRules, readonly [Check, string]>> = {
  sessionTimeout: [isSeconds, 'seconds, from 1 to 86400'],
  engagedAfter: [isSeconds, 'seconds, from 1 to 86400'],
  ownHosts: [isTexts, 'a list of hosts'],
  ignoredReferrers: [isTexts, 'a list of hosts'],
  channels: [
    (value) => Array.isArray(value) && value.length <= 100 && value.every(isChannel),
    'a list of {channel, source, medium, campaign}, each a text and channel required',
  ],
  judgesBehaviour: [(value) => typeof value === 'boolean', 'true or false'],
  people: [isTexts, 'a list of names of bots'],
}

function isChannel(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const members = Object.entries(value)
  const known = ['channel', 'source', 'medium', 'campaign']
  return 'channel' in value && members.every(([key, text]) => known.includes(key) && isText(text))
}

/** Rules from their JSON, or what is wrong with it. */
export function rulesFromJson(json: string): StoredRules | string {
  let given: unknown
  try {
    given = JSON.parse(json)
  } catch {
    return 'it is not JSON.'
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return 'it must be an object.'
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(CHECKS, name))
      return `"${name}" is no rule; there are ${Object.keys(CHECKS).join(', ')}.`
    const [isRight, wanted] = CHECKS[name as keyof StoredRules] // hasOwn has seen that it is one
    if (!isRight(value)) return `${name} must be ${wanted}.`
  }
  return given as StoredRules // each of its members has been looked at
}
