import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../contract/event.ts'
import type { ClaimedEvent } from './claim.ts'
import { DEFAULT_RULES, rulesFromJson, type SiteRules, siteRules } from './site-rules.ts'
import { noState, processVisitor } from './visitor.ts'

const START = Date.parse('2026-11-24T10:00:00Z')
let ids = 0

function claimed(
  seconds: number,
  type: string,
  event: StoredEvent = {},
  over: Partial<ClaimedEvent> = {},
): ClaimedEvent {
  const at = new Date(START + seconds * 1_000)
  return {
    ...{ site_id: 's', visitor_id: 'v', visitor_basis: 'persistent_id', session_id: 'a' },
    ...{ event_id: `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`, event_type: type },
    ...{ occurred_at: at, received_at: at, host: 's.example', path: '/', event, ...over },
  }
}

function processed(events: readonly ClaimedEvent[], rules: SiteRules = DEFAULT_RULES) {
  const state = noState()
  const made = processVisitor(events, state, rules)
  if (!made) throw new Error('events in their order')
  return { ...state, made }
}

const engagement = (seconds: number, viewId: string, ms: number) =>
  claimed(seconds, 'engagement', {
    eventData: { visibleMs: ms, engagedMs: ms, attentionMs: [ms, 0], scrollDepth: 50 },
    context: { viewId },
  })
const view = (seconds: number, viewId: string, path = '/') =>
  claimed(seconds, 'pageview', { context: { viewId } }, { path })

describe('what is made of a visitor’s events', () => {
  it('S1: the same session id of two visitors is two visits, which the batch keeps apart', () => {
    const { sessions } = processed([view(0, 'x')])
    expect(sessions).toMatchObject([{ visitorId: 'v', sessionId: 'a', pageviews: 1 }])
  })

  it('S12: a view has its newest engagement, and each adds what is more to its visit', () => {
    const { views, sessions, made } = processed([
      view(0, 'x'),
      engagement(5, 'x', 4_000),
      engagement(9, 'x', 7_000),
      engagement(10, 'nowhere', 9_000),
    ])
    expect(views.get('x')?.engagement).toMatchObject({ engagedMs: 7_000, scrollDepth: 50 })
    expect(made.events.map(({ gain }) => [gain.engagedMs, gain.attentionMs])).toEqual([
      [0, []],
      [4_000, [4_000, 0]],
      [3_000, [3_000, 0]],
      [0, []],
    ])
    expect(sessions[0]?.engagedMs).toBe(7_000)
  })

  it('S12: an engagement that names no view adds all that it says, each of them', () => {
    const said = (seconds: number, ms: number) =>
      claimed(seconds, 'engagement', { eventData: { visibleMs: ms, engagedMs: ms } })
    const { sessions, made } = processed([view(0, 'x'), said(5, 4_000), said(9, 3_000)])
    expect(made.events.map(({ gain }) => gain.visibleMs)).toEqual([0, 4_000, 3_000])
    expect(sessions[0]?.engagedMs).toBe(7_000)
  })

  it('S12: of two views with one id, an engagement is of the last before it, for a day', () => {
    const late = { ...engagement(90_000, 'x', 1_000), session_id: 'b' }
    const { made } = processed([
      view(0, 'x', '/1'),
      view(60, 'x', '/2'),
      engagement(61, 'x', 500),
      late,
    ])
    const [first, second] = made.events.flatMap(({ pageview }) => pageview ?? [])
    expect([first?.engagement.engagedMs, second?.engagement.engagedMs]).toEqual([0, 500])
    expect(made.events.at(-1)?.gain.engagedMs).toBe(0)
  })

  it('a page view knows the one before and the one after', () => {
    const { made } = processed([view(0, 'x', '/1'), view(1, 'y', '/2'), view(2, 'z', '/3')])
    const views = made.events.flatMap(({ pageview }) => pageview ?? [])
    expect(views.map(({ previousPage, nextPage }) => [previousPage, nextPage])).toEqual([
      [null, '/2'],
      ['/1', '/3'],
      ['/2', null],
    ])
  })

  it('S13: the events of a try are one submission, done at its first success', () => {
    const part = (seconds: number, type: string, data: object = {}) =>
      claimed(seconds, type, { eventData: { form: 'f', attempt: 't', ...data } })
    const fields = [{ field: 'name', timeMs: 900 }]
    const { submissions } = processed([
      part(0, 'form_touch', { field: 'name' }),
      part(2, 'form_start', { field: 'name', hesitationMs: 2_000 }),
      part(5, 'form_invalid', { failed: ['mail'] }),
      part(6, 'form_submit', { submits: 1, timeMs: 4_000, lastField: 'mail', fields }),
      part(8, 'form_success', { rule: 'page', submits: 1, timeMs: 6_000 }),
      part(9, 'form_success', { rule: 'removed' }),
    ])
    expect(submissions.get('t')).toMatchObject({
      ...{ form: 'f', session_id: 'a', submits: 1, failures: 1, success_rule: 'page' },
      ...{ hesitation_ms: 2_000, time_ms: 6_000, drop_field: 'mail', fields },
      started_at: new Date(START + 2_000),
      submitted_at: new Date(START + 6_000),
      succeeded_at: new Date(START + 8_000),
    })
  })
})

describe('a site’s own rules', () => {
  const from = (referrer: string, url = 'https://s.example/') =>
    claimed(0, 'pageview', { url, referrer })
  const channelOf = (event: ClaimedEvent, rules: object) =>
    processed([event], siteRules(rules)).sessions[0]?.attributes

  it('A9: own hosts, ignored referrers and own channels come first', () => {
    const partner = from('https://blog.partner.example/post')
    expect(channelOf(partner, {})).toMatchObject({ channel: 'Referral' })
    expect(
      channelOf(partner, { channels: [{ channel: 'Partners', source: '*.PARTNER.example' }] }),
    ).toMatchObject({ channel: 'Partners', source: 'blog.partner.example' })
    expect(channelOf(partner, { ownHosts: ['partner.example'] })).toMatchObject({
      channel: 'Direct',
    })
    expect(channelOf(partner, { ignoredReferrers: ['blog.partner.example'] })).toMatchObject({
      channel: 'Direct',
    })
  })

  it('S4, S10, S11: timeout, when a visit is engaged, and who is no bot', () => {
    const bot = claimed(0, 'pageview', { derived: { isBot: true, botName: 'curl' } })
    expect(processed([bot]).sessions[0]?.hasBotEvent).toBe(true)
    expect(processed([bot], siteRules({ people: ['curl'] })).sessions[0]?.hasBotEvent).toBe(false)
    const two = [view(0, 'x'), view(600, 'y')]
    expect(processed(two, siteRules({ sessionTimeout: 300 })).sessions).toHaveLength(2)
    const seen = [view(0, 'x'), engagement(6, 'x', 6_000)]
    expect(processed(seen).sessions[0]?.isEngaged).toBe(false)
    expect(processed(seen, siteRules({ engagedAfter: 5 })).sessions[0]?.isEngaged).toBe(true)
  })

  it.each([
    ['no', 'it is not JSON.'],
    ['[]', 'it must be an object.'],
    ['{"timeout":3}', '"timeout" is no rule; there are sessionTimeout'],
    ['{"sessionTimeout":0}', 'sessionTimeout must be seconds, from 1 to 86400.'],
    ['{"channels":[{"source":"x"}]}', 'channels must be a list of'],
    ['{"people":"curl"}', 'people must be a list'],
  ])('%s is refused with what would be accepted', (json, wanted) => {
    expect(rulesFromJson(json)).toContain(wanted)
  })
})
