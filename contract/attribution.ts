/** What a visit without referrer and campaign is called. */
export const DIRECT = 'Direct / None'
