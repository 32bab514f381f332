import { attribute } from './attribute.ts'
import { selectorOf } from './element.ts'
import {
  FIELDS,
  type Field,
  type FieldState,
  fieldName,
  isField,
  newFieldState,
} from './form-field.ts'
import { hash } from './hash.ts'
import { uuidv7 } from './uuidv7.ts'
import { visibleTime } from './visible-time.ts'

/**
 * One visitor's try at a form: seen → touched (focus) → started (input) →
 * submitted, once or more → succeeded. One that ends with input since its last
 * submit is abandoned; a later event of the same attempt takes that back.
 * After success the next input begins a new attempt.
 */
export interface Attempt {
  readonly form: Element
  /** What the form is called: its id, its name, else its selector. */
  readonly name: string
  readonly id: string
  readonly fields: Map<string, FieldState>
  /** These by the clock that stands still while the page is hidden. Until it was seen: since when it is there. */
  seenAt: number
  startedAt?: number
  isTouched?: boolean
  /** There was input since the last submit. */
  isDirty?: boolean
  /** There was input since it was last said to be left. */
  isUntold?: boolean
  submits: number
  /** The page asked its server at the last submit: whether all was well; undefined: it has no answer. */
  isAnswered?: boolean | undefined
  /** Fields in the order in which they were first filled. */
  filled: number
  /** The last with input, and the last that was focused. */
  lastField?: string
  lastFocused?: string
}

export const FORMS = 'form,[role=form]'
const MOST_FIELDS = 45 // the collector takes 50 of anything

// A form's input can be named like a member of the form, and hide it.
const { closest, querySelectorAll } = Element.prototype

export const formOf = (element: Element): Element | null =>
  (element as Partial<Field>).form ?? closest.call(element, FORMS)

export const fieldsOf = (form: Element) =>
  Array.from(querySelectorAll.call(form, FIELDS)).filter(isField)

export function newAttempt(form: Element, seenAt: number): Attempt {
  const attempt: Attempt = {
    form,
    name: attribute(form, 'id') || attribute(form, 'name') || selectorOf(form),
    id: uuidv7(Date.now()),
    fields: new Map(),
    seenAt,
    submits: 0,
    filled: 0,
  }
  for (const field of fieldsOf(form)) stateOf(attempt, field)
  return attempt
}

/** The state of a field, which is new when the page has added the field since. */
export function stateOf({ fields }: Attempt, field: Field): FieldState {
  const name = fieldName(field)
  const state = fields.get(name) ?? newFieldState(name, field, fields.size + 1)
  if (fields.size < MOST_FIELDS) fields.set(name, state)
  return state
}

/** Which form, which try, and which version of the form: a hash of its set of fields. */
export const identityOf = ({ name, id, fields }: Attempt) => ({
  form: name,
  attempt: id,
  version: hash([...fields.keys()].sort().join()),
})

export const since = (from: number | undefined, to = visibleTime()) =>
  from === undefined ? undefined : Math.max(Math.round(to - from), 0)

/** Everything known of an attempt beside its identity. Members that are zero are left out: they are most of it. */
export const summaryOf = (attempt: Attempt, at?: number) => ({
  hesitationMs: since(attempt.seenAt, attempt.startedAt),
  timeMs: since(attempt.startedAt, at),
  submits: attempt.submits,
  lastField: attempt.lastField,
  lastFocused: attempt.lastFocused,
  fields: Array.from(attempt.fields.values(), (state) =>
    Object.fromEntries(Object.entries(state).filter(([, value]) => value)),
  ),
})
