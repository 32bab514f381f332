// What the processed tables are to hold, told plainly from the sorted events:
// the rules of SPEC.md once more, written apart from the pipeline and without a
// thought of batches, order of arrival or cost.

export interface ModelEvent {
  readonly site: string
  readonly id: string
  readonly visitor: string
  readonly session: string | null
  readonly at: number
  readonly type: string
  readonly path: string
  readonly source?: string
  readonly viewId?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly isBot?: boolean
}

const MINUTES = 60_000
const INTERACTIVE = new Set([
  'click',
  'outbound_link',
  'file_download',
  'form_start',
  'form_submit',
  'form_success',
])

interface Visit {
  readonly clientId: string | null
  readonly events: ModelEvent[]
}

/** Rows of user_sessions, pageviews, user_events and form_submissions, in the order of their keys. */
export function model(unsorted: readonly ModelEvent[]) {
  const events = [
    ...new Map(unsorted.map((event) => [`${event.site} ${event.id}`, event])).values(),
  ]
  const visitors = Map.groupBy(events, (event) => `${event.site}\n${event.visitor}`)
  const rows = [...visitors.values()].map((all) => modelVisitor(all.sort(inOrder)))
  return {
    user_sessions: sorted(rows.flatMap((each) => each.sessions)),
    pageviews: sorted(rows.flatMap((each) => each.pageviews)),
    user_events: sorted(rows.flatMap((each) => each.events)),
    form_submissions: sorted(rows.flatMap((each) => each.forms)),
  }
}

export const sorted = <Row extends object>(rows: readonly Row[]): Row[] =>
  rows
    .map((row) => ({ row, text: JSON.stringify(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ row }) => row)

const inOrder = (a: ModelEvent, b: ModelEvent) => a.at - b.at || (a.id < b.id ? -1 : 1)

function modelVisitor(events: readonly ModelEvent[]) {
  const visits = visitsOf(events)
  const visitOf = new Map(visits.flatMap((visit) => visit.events.map((event) => [event, visit])))
  const names = namesOf(visits)
  const nameOf = (event: ModelEvent) => names.get(visitOf.get(event) as Visit) // each is in one
  const isBot = (event: ModelEvent) => isBotVisit(visitOf.get(event) as Visit)

  const viewOf = (event: ModelEvent) =>
    events.findLast(
      (each) =>
        each.type === 'pageview' && each.viewId === event.viewId && inOrder(each, event) < 0,
    )
  const engagements = events.filter((event) => event.type === 'engagement')
  // Those of a view that was there by then, less than a day before.
  const counted = engagements.filter((event) => {
    const view = event.viewId === undefined ? undefined : viewOf(event)
    return view && event.at - view.at <= 24 * 60 * MINUTES
  })
  const gainOf = (event: ModelEvent) => {
    if (event.type === 'engagement' && event.viewId === undefined)
      return Number(event.data?.engagedMs)
    if (!counted.includes(event)) return 0
    const before = counted.filter(
      (each) => viewOf(each) === viewOf(event) && inOrder(each, event) < 0,
    )
    return Number(event.data?.engagedMs) - Number(before.at(-1)?.data?.engagedMs ?? 0)
  }

  const sessions = visits.map((visit) => {
    const views = visit.events.filter(({ type }) => type === 'pageview')
    const [first] = views.length > 0 ? views : visit.events
    return {
      site_id: first?.site,
      visitor_id: first?.visitor,
      session_id: names.get(visit),
      client_session_id: visit.clientId,
      started_at: visit.events[0]?.at,
      last_at: visit.events.at(-1)?.at,
      entry_page: views[0]?.path ?? null,
      exit_page: views.at(-1)?.path ?? null,
      source: first?.source ?? 'Direct / None',
      utm_source: first?.source ?? '',
      pageviews: views.length,
      events: visit.events.length,
      engaged_ms: visit.events.reduce((sum, event) => sum + gainOf(event), 0),
      is_bot: isBotVisit(visit),
      is_engaged: visit.events.some(isEngaging),
    }
  })

  const pageviews = visits.flatMap((visit) => {
    const views = visit.events.filter(({ type }) => type === 'pageview')
    return views.map((view, index) => {
      const of = counted.filter((each) => viewOf(each) === view)
      return {
        ...{ site_id: view.site, visitor_id: view.visitor, event_id: view.id },
        ...{ session_id: names.get(visit), occurred_at: view.at, path: view.path },
        previous_page: views[index - 1]?.path ?? null,
        next_page: views[index + 1]?.path ?? null,
        engaged_ms: Number(of.at(-1)?.data?.engagedMs ?? 0),
        scroll_depth: of.at(-1)?.data?.scrollDepth ?? null,
        is_bot: isBotVisit(visit),
      }
    })
  })

  const others = events
    .filter(({ type }) => type !== 'pageview')
    .map((event) => ({
      ...{ site_id: event.site, visitor_id: event.visitor, event_id: event.id },
      ...{ session_id: nameOf(event), occurred_at: event.at, event_type: event.type },
      is_bot: isBot(event),
    }))

  const tries = Map.groupBy(
    events.filter((event) => event.data?.attempt !== undefined),
    (event) => String(event.data?.attempt),
  )
  const forms = [...tries].map(([attempt, parts]) => {
    const [first] = parts
    const ofType = (type: string) => parts.filter((event) => event.type === type)
    return {
      ...{ site_id: first?.site, visitor_id: first?.visitor, attempt },
      session_id: first && nameOf(first),
      first_at: first?.at,
      last_at: parts.at(-1)?.at,
      started_at: ofType('form_start')[0]?.at ?? null,
      submitted_at: ofType('form_submit').at(-1)?.at ?? null,
      succeeded_at: ofType('form_success')[0]?.at ?? null,
    }
  })
  return { sessions, pageviews, events: others, forms }
}

function visitsOf(events: readonly ModelEvent[]): Visit[] {
  const visits: Visit[] = []
  for (const event of events) {
    const candidates = visits.filter(
      ({ clientId }) => event.session === null || clientId === event.session,
    )
    const latest = candidates.sort((a, b) => inOrder(lastOf(a), lastOf(b))).at(-1)
    const joins =
      latest &&
      event.at - lastOf(latest).at <= 30 * MINUTES &&
      event.at - firstOf(latest).at <= 24 * 60 * MINUTES
    if (joins) latest.events.push(event)
    else visits.push({ clientId: event.session, events: [event] })
  }
  return visits
}

const firstOf = ({ events }: Visit) => events[0] as ModelEvent // a visit has events
const lastOf = ({ events }: Visit) => events.at(-1) as ModelEvent

function namesOf(visits: readonly Visit[]): Map<Visit, string> {
  const taken = new Set<string>()
  return new Map(
    visits.map((visit) => {
      const { clientId } = visit
      const name =
        clientId === null || taken.has(clientId)
          ? `${clientId ?? ''}~${firstOf(visit).id}`
          : clientId
      taken.add(name)
      return [visit, name]
    }),
  )
}

const isEngaging = ({ type, data }: ModelEvent) =>
  INTERACTIVE.has(type) || (type === 'engagement' && Number(data?.visibleMs) >= 10_000)

function isBotVisit({ events }: Visit): boolean {
  if (events.some((event) => event.isBot)) return true
  const views = events.filter(({ type }) => type === 'pageview')
  if (views.length < 10 || events.some(isEngaging)) return false
  return ((views.at(-1)?.at ?? 0) - (views[0]?.at ?? 0)) / (views.length - 1) < 1_000
}
