// Hot path. What becomes of the events of one request, from the parsed body to
// the commit; each step is a file of its own.
import type { CollectAnswer, Derived } from '../../contract/event.ts'
import { eventTypeOf, isBuiltIn } from '../../contract/event-types.ts'
import { Problem } from '../errors.ts'
import { isExcluded, refusalOf, type Sender } from './admission.ts'
import type { AnonymousCounts, Objection } from './anonymous-counts.ts'
import type { BotDetector, BotVerdict } from './bot.ts'
import type { DailyVisitor } from './daily-visitor.ts'
import type { DeviceReader, Headers } from './device.ts'
import { type Dictionary, type Kind, OTHER, type SiteDay } from './dictionary.ts'
import type { EventRow } from './event-row.ts'
import type { GroupCommit } from './group-commit.ts'
import { type NormalisedEvent, normalise, type Refusal } from './normalise.ts'
import type { PlaceFinder } from './place.ts'
import type { TokenBuckets } from './rate-limit.ts'
import type { RedactionHit } from './redaction-hits.ts'
import { redactedPage } from './redaction-memory.ts'
import type { SiteRegistry } from './site-registry.ts'

export interface IntakeParts {
  readonly sites: SiteRegistry
  readonly devices: DeviceReader
  readonly bots: BotDetector
  /** Counted as people: in development, browsers that a test drives. */
  readonly countsBotKind: 'automation' | undefined
  readonly places: PlaceFinder
  readonly dictionary: Dictionary
  readonly dailyVisitor: DailyVisitor
  readonly anonymous: AnonymousCounts
  readonly groupCommit: GroupCommit
  readonly limits: Readonly<Record<'site' | 'total', TokenBuckets>>
  readonly now: () => number
  readonly newEventId: () => string
  readonly metrics: IntakeMetrics
}

export interface IntakeMetrics {
  count(result: 'accepted' | 'duplicate' | 'rejected' | 'ignored', reason: string, n: number): void
  redaction(hit: RedactionHit): void
  clockOffset(ms: number): void
  late(events: number): void
  limited(scope: 'network' | 'site' | 'total'): void
}

/** What is known of a request beside its body. The address goes no further than this. */
export interface Request extends Sender {
  readonly headers: Headers
  readonly isSecure: boolean
  readonly isViaTrustedProxy: boolean
  readonly isPixel: boolean
  readonly bytes: number
}

interface Admitted {
  readonly event: NormalisedEvent
  readonly derived: Derived
}

const LATE_MS = 3_600_000

/** Stores the events of a request; resolves once they are committed, or stops when it is late. */
export async function intake(
  parts: IntakeParts,
  request: Request,
  body: unknown,
  isLate: () => boolean = () => false,
): Promise<CollectAnswer> {
  const { metrics } = parts
  const receivedAtMs = parts.now()
  const normalised = normalise(body, receivedAtMs, parts.newEventId)
  const { events, refused, redactions, clockOffsetMs } = normalised
  for (const hit of redactions) metrics.redaction(hit)
  if (clockOffsetMs !== undefined) metrics.clockOffset(clockOffsetMs)
  // A page that is only prepared may never be seen. Ours wait; of others the browser tells.
  const isPrepared = /prefetch|prerender/.test(headerText(request.headers, 'sec-purpose'))
  const rejected: Refusal[] = [...refused]
  const admitted: Admitted[] = []
  let ignored = 0
  const ignore = (reason: string) => {
    ignored++
    metrics.count('ignored', reason, 1)
  }

  for (const { index, event } of events) {
    if (isLate()) break // nobody waits for the answer any more
    const known = parts.sites.rulesOf(event.siteId)
    const rules = known instanceof Promise ? await known : known
    const refusal = refusalOf(event.siteId, rules, request, event.host)
    if (refusal || !rules) {
      if (refusal) rejected.push({ index, ...refusal })
      continue
    }
    if (isPrepared) {
      ignore('prefetch')
      continue
    }
    const objection = objectionTo(request.headers, event)
    if (objection) {
      const isPageview = eventTypeOf(event.eventType).table === 'pageviews'
      parts.anonymous.add(event.siteId, objection, isPageview, receivedAtMs)
      ignore(objection)
      continue
    }
    const derived = derive(parts, request, event)
    const { host, path } = event
    if (isExcluded(rules, request, { host, path, country: derived.country })) ignore('excluded')
    else admitted.push({ event, derived })
  }

  for (const { code } of rejected) metrics.count('rejected', code, 1)
  if (admitted.length === 0 && ignored === 0) throw allRefused(rejected)
  takeTokens(parts, admitted, receivedAtMs)
  const accepted = admitted.length > 0 ? await store(parts, request, admitted, receivedAtMs) : 0
  const duplicates = admitted.length - accepted
  if (accepted > 0) metrics.count('accepted', '', accepted)
  if (duplicates > 0) metrics.count('duplicate', '', duplicates)
  rejected.sort((a, b) => a.index - b.index)
  return { accepted, duplicates, ...(ignored > 0 && { ignored }), rejected }
}

/** The first of the ways in which a visitor says no. */
function objectionTo(headers: Headers, event: NormalisedEvent): Objection | undefined {
  if (headers['sec-gpc'] === '1') return 'gpc'
  if (headers.dnt === '1') return 'dnt'
  return event.consent === 'granted' ? undefined : 'consent'
}

function derive(parts: IntakeParts, request: Request, { stored }: NormalisedEvent): Derived {
  const { headers, isSecure, isViaTrustedProxy, address } = request
  const { screen, timezone } = stored.context ?? {}
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const { browser, browserVersion, os, osVersion, device } = parts.devices.read(
    headers,
    text(screen),
  )
  const referrerHost = stored.referrer ? redactedPage(stored.referrer)?.hostname : undefined
  const bot = parts.bots.judge({ headers, isSecure, referrerHost, address })
  const isBot = bot.isBot && !isIntegration(bot, request) && bot.botKind !== parts.countsBotKind
  const { country, region, city } = parts.places.find({
    address,
    headers,
    isViaTrustedProxy,
    timeZone: text(timezone),
  })
  // JSON leaves out what is undefined.
  return {
    country,
    region,
    city,
    browser,
    browserVersion,
    os,
    osVersion,
    device,
    ...(isBot && {
      isBot: true,
      botName: bot.botName,
      botKind: bot.botKind,
      botReason: bot.reason,
    }),
  }
}

/**
 * A crawler that posts events runs a browser, and a browser names the page's
 * origin. What does not, under a program's name or its visitor's, is somebody's
 * server. Only for the pixel need a crawler do no more than read a page.
 */
function isIntegration({ botKind, reason }: BotVerdict, request: Request): boolean {
  if (request.isPixel) return false
  if (botKind === 'library' || reason === 'no_user_agent') return true
  return reason === 'headers' && request.originHost === undefined
}

/** Throws a 429 when a site, or all together, send too much. */
function takeTokens(parts: IntakeParts, admitted: readonly Admitted[], nowMs: number): void {
  const bySite = new Map<string, number>()
  for (const { event } of admitted) bySite.set(event.siteId, (bySite.get(event.siteId) ?? 0) + 1)
  const wanted = [
    ...[...bySite].map(([siteId, events]) => ['site', siteId, events] as const),
    ['total', '', admitted.length] as const,
  ]
  for (const [scope, key, events] of wanted) {
    const waitMs = parts.limits[scope].take(key, events, nowMs)
    if (waitMs === 0) continue
    parts.metrics.limited(scope)
    throw flood(waitMs)
  }
}

export const flood = (waitMs: number) =>
  new Problem('flood', 'Too much at once; send the same events again later.', {}, waitMs)

async function store(
  parts: IntakeParts,
  request: Request,
  admitted: readonly Admitted[],
  receivedAtMs: number,
): Promise<number> {
  const bounded = await boundedNames(parts, admitted, receivedAtMs)
  const userAgent = headerText(request.headers, 'user-agent')
  const rows: EventRow[] = []
  let late = 0
  for (const { event, derived } of admitted) {
    const { siteId, visitor, occurredAtMs } = event
    if (receivedAtMs - occurredAtMs > LATE_MS) late++
    const names = bounded(event)
    rows.push({
      siteId,
      eventId: event.eventId,
      idAtMs: event.idAtMs,
      eventType: names.eventType,
      visitorId:
        visitor?.id ??
        (await parts.dailyVisitor.idOf(siteId, request.address, userAgent, receivedAtMs)),
      visitorBasis: visitor?.basis ?? 'daily_hash',
      sessionId: event.sessionId ?? null,
      occurredAtMs,
      receivedAtMs,
      host: event.host ?? null,
      path: names.path ?? null,
      derived,
      event: { ...event.stored, eventData: names.eventData },
    })
  }
  if (late > 0) parts.metrics.late(late)
  return parts.groupCommit.store(rows, request.bytes)
}

type Names = Pick<NormalisedEvent, 'eventType' | 'path'> &
  Pick<NormalisedEvent['stored'], 'eventData'>

/** What clients make up, with `(other)` for what is beyond a site's bounds. */
async function boundedNames(
  { dictionary }: IntakeParts,
  admitted: readonly Admitted[],
  nowMs: number,
): Promise<(event: NormalisedEvent) => Names> {
  const days = new Map<string, SiteDay>()
  for (const { event } of admitted)
    if (!days.has(event.siteId)) days.set(event.siteId, dictionary.of(event.siteId, nowMs))
  for (const [siteId, day] of days) {
    const asked: Record<Kind, string[]> = { name: [], property: [], path: [] }
    const look = (kind: Kind, value: string) => {
      if (day.isNew(kind, value)) asked[kind].push(value)
    }
    for (const { event } of admitted) {
      if (event.siteId !== siteId) continue
      if (!isBuiltIn(event.eventType)) look('name', event.eventType)
      for (const key of Object.keys(event.stored.eventData ?? {})) look('property', key)
      if (event.path !== undefined) look('path', event.path)
    }
    for (const kind of ['name', 'property', 'path'] as const)
      if (asked[kind].length > 0) await day.admit(kind, asked[kind])
  }
  return ({ siteId, eventType, path, stored: { eventData } }) => {
    const day = days.get(siteId)
    if (!day) return { eventType, path, eventData } // each site was asked for
    return {
      eventType: isBuiltIn(eventType) || day.has('name', eventType) ? eventType : OTHER,
      path: path === undefined || day.has('path', path) ? path : OTHER,
      eventData: eventData && withKnownKeys(eventData, day),
    }
  }
}

type EventData = NonNullable<NormalisedEvent['stored']['eventData']>

/** The properties whose keys have their place, and how many have not. */
function withKnownKeys(eventData: EventData, day: SiteDay): EventData {
  const others = Object.keys(eventData).filter((key) => !day.has('property', key)).length
  if (others === 0) return eventData
  const kept = Object.entries(eventData).filter(([key]) => day.has('property', key))
  return { ...Object.fromEntries(kept), [OTHER]: others }
}

function headerText(headers: Headers, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

const MAY_NOT_SEND = ['unknown_site', 'site_paused', 'origin_not_allowed'] as const

function allRefused(rejected: readonly Refusal[]): Problem {
  const [first] = rejected
  const code = MAY_NOT_SEND.find((each) => each === first?.code)
  const isOneReason = code !== undefined && rejected.every((refusal) => refusal.code === code)
  return new Problem(
    isOneReason ? code : 'invalid_event',
    first?.message ?? 'No event was given.',
    { accepted: 0, duplicates: 0, rejected },
  )
}
