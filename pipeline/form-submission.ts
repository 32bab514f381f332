import type { Json } from '../contract/event.ts'
import type { ClaimedEvent } from './claim.ts'

/** A row of form_submissions: one visitor's try at a form. */
export interface FormSubmission {
  readonly site_id: string
  readonly visitor_id: string
  readonly attempt: string
  session_id: string
  form: string
  version: string | null
  path: string | null
  first_at: Date
  last_at: Date
  started_at: Date | null
  submitted_at: Date | null
  succeeded_at: Date | null
  success_rule: string | null
  submits: number
  failures: number
  hesitation_ms: number | null
  time_ms: number | null
  is_autofill: boolean
  drop_field: string | null
  drop_field_focused: string | null
  fields: Json | null
  snapshot_at: Date | null
  is_bot: boolean
}

// Loading and seeing a form are no try at it: they stay events.
const OF_ATTEMPTS = new Set([
  'form_touch',
  'form_start',
  'form_invalid',
  'form_submit',
  'form_success',
  'form_abandon',
])

/** The try that an event is of; undefined for an event that is of none. */
export function attemptOf({ event_type, event }: ClaimedEvent): string | undefined {
  if (!OF_ATTEMPTS.has(event_type) || text(event.eventData?.form) === null) return undefined
  return text(event.eventData?.attempt) ?? undefined
}

/** Adds the next event to its try, or begins one. */
export function addToSubmission(
  before: FormSubmission | undefined,
  claimed: ClaimedEvent,
  attempt: string,
  sessionId: string,
): FormSubmission {
  const { site_id, visitor_id, event_type, occurred_at: at, path } = claimed
  const { eventData: data = {} } = claimed.event
  const row = before ?? {
    ...{ site_id, visitor_id, attempt, session_id: sessionId, form: text(data.form) ?? '', path },
    ...{ version: text(data.version), first_at: at, last_at: at, started_at: null },
    ...{ submitted_at: null, succeeded_at: null, success_rule: null, submits: 0, failures: 0 },
    ...{ hesitation_ms: null, time_ms: null, is_autofill: false, drop_field: null },
    ...{ drop_field_focused: null, fields: null, snapshot_at: null, is_bot: false },
  }
  row.last_at = at
  if (event_type === 'form_start') {
    row.started_at ??= at
    row.drop_field = text(data.field)
  }
  if (event_type === 'form_submit') row.submitted_at = at
  if (event_type === 'form_invalid') row.failures++
  if (event_type === 'form_success' && row.succeeded_at === null) {
    row.succeeded_at = at
    row.success_rule = text(data.rule)
  }
  row.submits = Math.max(row.submits, whole(data.submits) ?? 0)
  row.hesitation_ms ??= whole(data.hesitationMs)
  row.time_ms = whole(data.timeMs) ?? row.time_ms
  row.is_autofill ||= data.isAutofill === true
  row.drop_field = text(data.lastField) ?? row.drop_field
  row.drop_field_focused = text(data.lastFocused) ?? text(data.field) ?? row.drop_field_focused
  if (Array.isArray(data.fields)) {
    row.fields = data.fields
    row.snapshot_at = at
  }
  return row
}

const text = (value: Json | undefined) => (typeof value === 'string' && value !== '' ? value : null)
const whole = (value: Json | undefined) =>
  typeof value === 'number' && value >= 0 ? Math.min(Math.round(value), 2_147_483_647) : null
