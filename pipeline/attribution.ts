import { DIRECT } from '../contract/attribution.ts'
import { CLICK_IDS } from '../redact/parameters.ts'
import { channelOf } from './channel-rules.ts'
import { CLICK_NETWORKS, type ClickNetwork } from './click-networks.ts'
import {
  bareHost,
  isPayment,
  type Source,
  sourceOfApp,
  sourceOfHost,
  sourceOfTag,
} from './sources.ts'

/** Where a visit came from. */
export interface Attribution {
  readonly referrer: string | null
  readonly source: string
  readonly medium: string
  readonly campaign: string
  /** As the link has it, where it has one. */
  readonly utmSource: string
  readonly content: string
  readonly term: string
  /** One of CHANNELS; of visits that older rules judged, one of theirs; or one of the site's own. */
  readonly channel: string
}

export interface AttributionOptions {
  /** Hosts that are the site too; what is below them also. */
  readonly ownHosts?: readonly string[]
  /** Further hosts that people only pass through; what is below them also. */
  readonly ignoredHosts?: readonly string[]
  /** The site's own channels, asked first and in order. */
  readonly channels?: readonly ChannelOverride[]
}

/** A visit that has each of the values, in any case, is of the channel; `*` stands for anything. */
export interface ChannelOverride {
  readonly channel: string
  readonly source?: string
  readonly medium?: string
  readonly campaign?: string
}

/** UTM parameters first, then a click id, then the referrer (SPEC, A1 to A8). */
export function attribute(
  url: string | undefined,
  referrer: string | undefined,
  options: AttributionOptions = {},
): Attribution {
  const page = url === undefined ? null : URL.parse(url)
  const tags = readTags(page)
  const from = outsideReferrer(page, referrer, options)
  const { network } = tags
  const source = tags.source ?? clicked(network, from) ?? from
  const impliedMedium = tags.source?.isPaid
    ? 'cpc'
    : network && source && network.sources.includes(source.name)
      ? network.medium
      : ''
  const named = { source: source?.name ?? DIRECT, medium: tags.medium, campaign: tags.campaign }
  const own = options.channels?.find((each) => isOf(named, each))?.channel
  const channel =
    own ??
    channelOf({
      tag: tags.tag.toLowerCase(),
      kind: source?.kind ?? null,
      medium: tags.medium.toLowerCase() || impliedMedium,
      campaign: tags.campaign.toLowerCase(),
      hasSource: source !== null,
      isSite: source !== null && (tags.source === null || tags.isReferral || source.kind !== null),
    })
  return {
    referrer: from ? (referrer ?? null) : null,
    ...named,
    utmSource: tags.utmSource,
    content: tags.content,
    term: tags.term,
    channel,
  }
}

function isOf(
  visit: { source: string; medium: string; campaign: string },
  wanted: ChannelOverride,
): boolean {
  return (['source', 'medium', 'campaign'] as const).every((key) => {
    const pattern = wanted[key]
    if (pattern === undefined) return true
    const parts = pattern.split('*').map((part) => RegExp.escape(part))
    return new RegExp(`^${parts.join('.*')}$`, 'iu').test(visit[key])
  })
}

const UNSET = /^\((?:direct|none|not set)\)$/i // what GA4 writes for nothing

function readTags(page: URL | null) {
  const given = new Map<string, string>()
  let network: ClickNetwork | undefined
  page?.searchParams.forEach((value, name) => {
    const key = name.toLowerCase()
    const text = value.trim()
    if (text && !UNSET.test(text) && !given.has(key)) given.set(key, text)
    network ??= CLICK_NETWORKS.get(key === 'paid' ? text : String(CLICK_IDS[key]))
  })
  const utm = given.get('utm_source')
  const tag = utm ?? given.get('ref') ?? given.get('source') ?? ''
  return {
    tag,
    source: tag ? sourceOfTag(tag) : null,
    utmSource: utm ?? '',
    isReferral: utm === undefined, // `ref` is what sites put on their links to others
    medium: given.get('utm_medium') ?? '',
    campaign: given.get('utm_campaign') ?? '',
    content: given.get('utm_content') ?? '',
    term: given.get('utm_term') ?? '',
    network,
  }
}

/** A click id names its network; the referrer may say which of the network's sites it was. */
function clicked(network: ClickNetwork | undefined, from: Source | null): Source | null {
  if (!network) return null
  return from && network.sources.includes(from.name) ? from : sourceOfTag(network.sources[0])
}

/** Null when there is none, or it is the site itself or a page that people only pass through. */
function outsideReferrer(
  page: URL | null,
  referrer: string | undefined,
  { ownHosts = [], ignoredHosts = [] }: AttributionOptions,
): Source | null {
  const from = referrer ? URL.parse(referrer) : null
  if (!from?.hostname) return null
  if (from.protocol === 'android-app:') return sourceOfApp(from.hostname)
  if (!/^https?:$/.test(from.protocol)) return null
  const host = bareHost(from.hostname)
  const own = page ? bareHost(page.hostname) : ''
  const isOwn = own && (isWithin(host, own) || isWithin(own, host))
  const isListed = (hosts: readonly string[]) =>
    hosts.some((each) => isWithin(host, bareHost(each)))
  if (isOwn || isListed(ownHosts) || isListed(ignoredHosts) || isPayment(host)) return null
  return sourceOfHost(host)
}

const isWithin = (host: string, other: string) => host === other || host.endsWith(`.${other}`)
