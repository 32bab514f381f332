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
