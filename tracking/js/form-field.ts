import { attribute } from './attribute.ts'
import { isPrivate } from './element.ts'
import { hash } from './hash.ts'

export type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

/** What is known of a field; of its value never more than whether there is one and its length in a rough class. */
export interface FieldState {
  field: string
  type: string
  /** Place in the document, and place in the order in which fields were filled, from 1. */
  index: number
  order?: number
  focuses: number
  timeMs: number
  /** From the first focus to the first input. */
  hesitationMs?: number
  changes: number
  /** Changed again after it was left. */
  refills: number
  /** Runs of backspace and delete. */
  corrections: number
  pastes: number
  autofills: number
  failures: number
  lengthBucket?: string
  isBlank?: boolean
}

export const FIELDS = 'input,select,textarea'
const NOT_FIELDS = /^(?:hidden|submit|button|reset|image)$/
const SECRET_TYPES = /^(?:password|file)$/
const SECRET_AUTOCOMPLETE = /\b(?:cc-|(?:current|new)-password|one-time-code)/
const SECRET_NAMES =
  /card|cvv|cvc|csc|iban|ssn|passw|pwd|otp|secret|token|(?:^|[^a-z])pin(?:[^a-z]|$)/i
const secrets = new WeakSet<Element>()

export function isField(element: Element): element is Field {
  return (
    element.matches(FIELDS) && !NOT_FIELDS.test(attribute(element, 'type')) && !isPrivate(element)
  )
}

/** Of passwords, payment and codes only focus and blur are recorded. What was one once stays one: pages show passwords by another type. */
export function isSecret(field: Field): boolean {
  if (
    SECRET_TYPES.test(attribute(field, 'type')) ||
    SECRET_AUTOCOMPLETE.test(attribute(field, 'autocomplete')) ||
    [attribute(field, 'name'), attribute(field, 'id')].some((name) => SECRET_NAMES.test(name))
  )
    secrets.add(field)
  return secrets.has(field)
}

/** The name that the page gives a field, else a hash of its label. */
export function fieldName(field: Field): string {
  const given = attribute(field, 'name') || attribute(field, 'id')
  // A name that is made of data ("answer[4711]") would be one field a visitor.
  if (given && !/\d{4}|@/.test(given)) return given.slice(0, 64)
  // To find the labels a browser looks at the whole document.
  const label =
    field.labels?.[0]?.textContent ||
    attribute(field, 'aria-label') ||
    attribute(field, 'placeholder')
  return `#${hash(label || given)}`
}

export function newFieldState(name: string, field: Field, index: number): FieldState {
  isSecret(field) // as it is now
  return {
    field: name,
    type: field.type,
    index,
    focuses: 0,
    timeMs: 0,
    changes: 0,
    refills: 0,
    corrections: 0,
    pastes: 0,
    autofills: 0,
    failures: 0,
  }
}

/** Length in five classes. */
const bucketOf = (length: number) =>
  length === 0 ? '0' : length < 6 ? '1-5' : length < 21 ? '6-20' : length < 101 ? '21-100' : '100+'

/** What a submit tells of a field: whether it is blank, and the class of its length where it is written. */
export function noteSubmitted(
  state: FieldState,
  field: Field,
  length: number,
  isChosen: boolean,
): void {
  if (isSecret(field)) return
  const isChoice = field.type === 'checkbox' || field.type === 'radio'
  const isEmpty = isChoice ? !isChosen : !length
  // One choice of a group fills it.
  state.isBlank = isEmpty && !(field.type === 'radio' && state.isBlank === false)
  if (!isChoice && field.localName !== 'select') state.lengthBucket = bucketOf(length)
}
