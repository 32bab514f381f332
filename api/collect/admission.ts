import type { SiteRules } from './site-registry.ts'

/** Where a request says that it comes from: the host of its Origin header; '' for an opaque one (`null`). */
export interface Sender {
  readonly originHost: string | undefined
  readonly address: string
}

export type RefusalCode = 'unknown_site' | 'site_paused' | 'origin_not_allowed'

/** Why a site takes no event of this sender for a page of this host; undefined when it does. */
export function refusalOf(
  siteId: string,
  rules: SiteRules | undefined,
  { originHost }: Sender,
  pageHost: string | undefined,
): { code: RefusalCode; message: string } | undefined {
  if (!rules || rules.status === 'deleted')
    return { code: 'unknown_site', message: `The site ${siteId} is not registered here.` }
  if (rules.status === 'paused')
    return { code: 'site_paused', message: `The site ${siteId} takes no events at present.` }
  // Without an Origin it is no page of another site: browsers send it with every POST to another origin.
  const hosts = [originHost, pageHost].filter((host) => host !== undefined)
  if (rules.allowedHosts.length > 0 && !hosts.every((host) => isAmong(host, rules.allowedHosts)))
    return {
      code: 'origin_not_allowed',
      message: `Pages of this host may not send events for the site ${siteId}.`,
    }
  return undefined
}

/** Whether the site's owner does not want this event counted. */
export function isExcluded(
  rules: SiteRules,
  { address }: Sender,
  page: { host: string | undefined; path: string | undefined; country: string | undefined },
): boolean {
  return (
    rules.excludesAddress(address) ||
    (page.country !== undefined && rules.excludedCountries.has(page.country)) ||
    (page.host !== undefined && isAmong(page.host, rules.excludedHosts)) ||
    (page.path !== undefined && rules.excludedPaths.some((path) => path.test(page.path ?? '')))
  )
}

/** `*.example.com` is every host below example.com, and example.com. A port does not matter. */
function isAmong(host: string, patterns: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '')
  return patterns.some((pattern) =>
    pattern.startsWith('*.')
      ? name === pattern.slice(2) || name.endsWith(pattern.slice(1))
      : name === pattern,
  )
}
