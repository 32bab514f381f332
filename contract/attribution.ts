/** What a visit without referrer and campaign is called. */
export const DIRECT = 'Direct / None'

/** What kinds of source there are: GA4's default channel group and its names, and AI Assistants. */
export const CHANNELS = [
  'Direct',
  'Cross-network',
  'Paid Shopping',
  'Paid Search',
  'Paid Social',
  'Paid Video',
  'Display',
  'Paid Other',
  'AI Assistants',
  'Organic Shopping',
  'Organic Social',
  'Organic Video',
  'Organic Search',
  'Referral',
  'Email',
  'Affiliates',
  'Audio',
  'SMS',
  'Mobile Push Notifications',
  'Unassigned',
] as const

export type Channel = (typeof CHANNELS)[number]
