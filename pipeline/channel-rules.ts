import type { Channel } from '../contract/attribution.ts'
import type { SourceKind } from './source-lists.ts'

/** Grows with every change of a rule or a list that could put a visit into another channel. */
export const CHANNEL_RULES_VERSION = 1

/** What the rules look at; texts are in lower case, and empty where a visit has none. */
export interface ChannelFacts {
  /** As the link has it (`utm_source`); empty without. */
  readonly tag: string
  readonly kind: SourceKind | null
  readonly medium: string
  readonly campaign: string
  readonly hasSource: boolean
  /** The source is a site, or an app, that linked here. */
  readonly isSite: boolean
}

interface ChannelRule {
  readonly channel: Channel
  readonly matches: (facts: ChannelFacts) => boolean
}

const isPaid = ({ medium }: ChannelFacts) => /^(?:.*cp.*|ppc|retargeting|paid.*)$/.test(medium)
const isShopping = ({ kind, campaign }: ChannelFacts) =>
  kind === 'shopping' || /(?:[^a-df-z]|^)shop|shopping/.test(campaign)
const isMail = (text: string) => /^e[-_ ]?mail$/.test(text)

/**
 * GA4's default channel group, in its order: the first that matches counts
 * (support.google.com/analytics/answer/9756891). Ours beside it: AI Assistants,
 * hosts of advertising networks and of webmail, and the last two, for what GA4
 * knows by `(direct)` and by a medium of its own.
 */
export const CHANNEL_RULES: readonly ChannelRule[] = [
  { channel: 'Cross-network', matches: ({ campaign }) => campaign.includes('cross-network') },
  { channel: 'Paid Shopping', matches: (facts) => isShopping(facts) && isPaid(facts) },
  { channel: 'Paid Search', matches: (facts) => facts.kind === 'search' && isPaid(facts) },
  { channel: 'Paid Social', matches: (facts) => facts.kind === 'social' && isPaid(facts) },
  { channel: 'Paid Video', matches: (facts) => facts.kind === 'video' && isPaid(facts) },
  {
    channel: 'Display',
    matches: ({ kind, medium }) =>
      /^(?:display|banner|expandable|interstitial|cpm)$/.test(medium) ||
      (kind === 'ads' && medium === ''),
  },
  { channel: 'Paid Other', matches: isPaid },
  { channel: 'AI Assistants', matches: ({ kind }) => kind === 'ai' },
  { channel: 'Organic Shopping', matches: isShopping },
  {
    channel: 'Organic Social',
    matches: ({ kind, medium }) =>
      kind === 'social' || /^(?:social(?:[- ](?:network|media))?|sm)$/.test(medium),
  },
  {
    channel: 'Organic Video',
    matches: ({ kind, medium }) => kind === 'video' || medium.includes('video'),
  },
  {
    channel: 'Organic Search',
    matches: ({ kind, medium }) => kind === 'search' || medium === 'organic',
  },
  { channel: 'Referral', matches: ({ medium }) => /^(?:referral|app|link)$/.test(medium) },
  {
    channel: 'Email',
    matches: ({ tag, kind, medium }) => isMail(tag) || isMail(medium) || kind === 'email',
  },
  { channel: 'Affiliates', matches: ({ medium }) => medium === 'affiliate' },
  { channel: 'Audio', matches: ({ medium }) => medium === 'audio' },
  { channel: 'SMS', matches: ({ tag, medium }) => tag === 'sms' || medium === 'sms' },
  {
    channel: 'Mobile Push Notifications',
    matches: ({ tag, medium }) => /push$|mobile|notification/.test(medium) || tag === 'firebase',
  },
  { channel: 'Direct', matches: ({ hasSource }) => !hasSource },
  { channel: 'Referral', matches: ({ isSite, medium }) => isSite && medium === '' },
]

/** The channel of a visit: that of the first rule that matches. */
export function channelOf(facts: ChannelFacts): Channel {
  return CHANNEL_RULES.find((rule) => rule.matches(facts))?.channel ?? 'Unassigned'
}
