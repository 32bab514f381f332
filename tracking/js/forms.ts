import type { WireEvent } from '../../contract/event.ts'
import { attribute } from './attribute.ts'
import { isPrivate } from './element.ts'
import type { Surroundings } from './features.ts'
import {
  type Attempt,
  FORMS,
  fieldsOf,
  formOf,
  identityOf,
  newAttempt,
  since,
  stateOf,
  summaryOf,
} from './form-attempt.ts'
import { type FieldState, isField, isSecret, noteSubmitted } from './form-field.ts'
import { guard } from './guard.ts'
import { later } from './later.ts'
import { matchesAny } from './options.ts'
import type { Seen } from './seen.ts'
import { tabStore } from './storage.ts'
import type { Sending } from './tracker.ts'
import { visibleTime } from './visible-time.ts'

const SEEN_MS = 1_000
const IDLE_MS = 30_000
const DISCOVERS_EVERY_MS = 2_000
const DESCRIBES_MS = 5
const PENDING_KEY = 'footfall_form'
const PENDING_MS = 1_800_000
/** A request that begins so soon after a submit is taken for its own. */
const ASKS_MS = 1_000
/** When to look, after a submit, whether the form is gone, shows mistakes or was answered. */
const LOOKS_MS = [300, 1_000, 2_500, 5_000, 10_000]
const FIRST_FIELD = 'input:not([type=hidden]),select,textarea'
const { querySelector } = Element.prototype

/** Forms, field by field, by rules that never take a value. */
export function forms({ options, record, hear, onView, onEnd, mayStore }: Surroundings): void {
  if (!options.trackForms) return
  const attempts = new Map<Element, Attempt>()
  const found = new WeakSet<Element>()
  const undescribed = new Set<Element>()
  const left = new WeakSet<FieldState>()
  const wrong = new WeakSet<Element>()
  const seeing = new WeakMap<Element, ReturnType<typeof setTimeout>>()
  let viewed = new WeakSet<Element>()
  let invalid = new Map<Attempt, Set<string>>()
  let focused: FieldState | undefined
  let focusedAt = 0
  let accountedAt = 0
  let isDeleting = false
  let shownAt = 0
  let hasStored = false
  let hasChanged = false
  // One change is enough: no more are told of until the forms have been looked for.
  const changes = new MutationObserver(() => {
    hasChanged = true
    changes.disconnect()
  })

  const tell = (
    attempt: Attempt,
    what: string,
    data?: object,
    sending?: Sending,
    during?: Partial<WireEvent>,
  ) => record(`form_${what}`, { ...identityOf(attempt), ...data }, sending, during)
  /** Of an event from before there were features: its form was there when the view began. */
  const attemptOf = (form: Element, isLate?: boolean): Attempt => {
    const known = attempts.get(form)
    if (known) return known
    const attempt = newAttempt(form, isLate ? shownAt : visibleTime())
    attempts.set(form, attempt)
    observe(form)
    return attempt
  }
  /** Listens to what happens in fields; what is private, or in no form, is not heard. */
  const onField = (
    types: string,
    listener: (attempt: Attempt, state: FieldState, seen: Seen, isOpen: boolean) => void,
  ) =>
    hear(types, (seen, isLate) => {
      const [field] = seen.path
      const form = field && isField(field) && formOf(field)
      if (!form) return
      const attempt = attemptOf(form, isLate)
      listener(attempt, stateOf(attempt, field), seen, !isSecret(field))
    })
  /** Consent that was taken back takes what a form has stored with it. */
  const forget = () => {
    if (mayStore()) hasStored = true
    else if (hasStored) {
      hasStored = false
      tabStore.write(PENDING_KEY)
    }
  }
  const account = (now = visibleTime()) => {
    if (focused) focused.timeMs += Math.round(Math.min(Math.max(now - accountedAt, 0), IDLE_MS))
    accountedAt = now
  }

  hear('focusout', ({ at }) => {
    account(visibleTime(at))
    if (focused?.changes) left.add(focused)
    focused = undefined
  })
  onField('focusin', (attempt, state, { at, during }) => {
    account(visibleTime(at))
    focused = state
    focusedAt = accountedAt
    state.focuses++
    attempt.lastFocused = state.field
    if (!attempt.isTouched) tell(attempt, 'touch', { field: state.field }, undefined, during)
    attempt.isTouched = true
  })
  onField('paste', (_attempt, state, _seen, isOpen) => {
    if (isOpen) state.pastes++
  })
  onField('input', (attempt, state, { event, path, at: eventAt, during }, isOpen) => {
    const at = visibleTime(eventAt)
    account(at)
    const isDeletion = /^delete/.test((event as InputEvent).inputType)
    let isAutofill: boolean | undefined
    try {
      isAutofill = path[0]?.matches(':autofill') || undefined
    } catch {
      // An older browser does not know the selector.
    }
    if (isOpen) {
      state.order ??= ++attempt.filled
      state.hesitationMs ??= since(focusedAt, at)
      state.changes++
      if (left.delete(state)) state.refills++
      if (isDeletion && !isDeleting) state.corrections++
      if (isAutofill) state.autofills ||= 1
    }
    isDeleting = isDeletion
    attempt.isDirty = attempt.isUntold = true
    attempt.lastField = state.field
    if (attempt.startedAt !== undefined) return
    attempt.startedAt = at
    const { field } = state
    const hesitationMs = since(attempt.seenAt, at)
    tell(attempt, 'start', { field, hesitationMs, isAutofill }, undefined, during)
  })

  // Submitting

  const fail = (attempt: Attempt, state: FieldState) => {
    state.failures++
    // The fields of one try come one after another.
    if (invalid.size === 0)
      later(() => {
        for (const [of, failed] of invalid) tell(of, 'invalid', { failed: [...failed] })
        invalid = new Map()
      })
    invalid.set(attempt, (invalid.get(attempt) ?? new Set()).add(state.field))
  }
  onField('invalid', fail)
  hear('submit', ({ event, path: [form], at: eventAt, during, filled, isValid }, isLate) => {
    if (!form || isPrivate(form)) return
    const at = visibleTime(eventAt)
    const attempt = attemptOf(form, isLate)
    for (const field of fieldsOf(form))
      noteSubmitted(stateOf(attempt, field), field, ...(filled?.get(field) ?? [0, false]))
    attempt.submits++
    attempt.isDirty = false
    account(at)
    // Whether the page has taken it over is known when all have heard of it.
    later(() => {
      const isPrevented = event.defaultPrevented
      tell(
        attempt,
        'submit',
        { ...summaryOf(attempt, at), isValid, isPrevented },
        'critical',
        during,
      )
      if (!isValid) return
      attempt.isAnswered = undefined
      if (isPrevented) awaitAnswer(attempt, event.timeStamp)
      for (const afterMs of LOOKS_MS) setTimeout(guard(look), afterMs, attempt)
      const pending = JSON.stringify({ at: Date.now(), ...identityOf(attempt) })
      forget()
      if (mayStore()) tabStore.write(PENDING_KEY, pending)
    })
  })

  /** Of the requests that a submit begins: only to the page's own server, as of others the status is not told. */
  const awaitAnswer = (attempt: Attempt, from: number) => {
    const answers = new PerformanceObserver(
      guard((list) => {
        for (const entry of list.getEntries()) {
          const { name, initiatorType, startTime, responseStatus } =
            entry as PerformanceResourceTiming
          if (
            /^fetch|^xml/.test(initiatorType) &&
            startTime >= from &&
            startTime < from + ASKS_MS &&
            name.startsWith(`${location.origin}/`) &&
            name !== options.endpoint
          )
            attempt.isAnswered =
              attempt.isAnswered !== false && responseStatus > 199 && responseStatus < 300
        }
      }),
    )
    answers.observe({ type: 'resource', buffered: true })
    setTimeout(() => answers.disconnect(), LOOKS_MS.at(-1))
  }
  const succeed = (attempt: Attempt, rule: string) => {
    attempts.delete(attempt.form)
    if (mayStore()) tabStore.write(PENDING_KEY)
    const { submits, startedAt } = attempt
    const timeMs = since(startedAt)
    tell(attempt, 'success', { rule, submits, timeMs }, 'critical')
  }
  const look = (attempt: Attempt) => {
    const { form } = attempt
    if (attempts.get(form) !== attempt || attempt.isDirty) return
    if (form.getClientRects().length === 0) return succeed(attempt, 'removed')
    for (const field of fieldsOf(form)) {
      if (attribute(field, 'aria-invalid') !== 'true') wrong.delete(field)
      else if (!wrong.has(field)) {
        wrong.add(field)
        fail(attempt, stateOf(attempt, field))
      }
    }
    if (attempt.isAnswered && !fieldsOf(form).some((field) => wrong.has(field)))
      succeed(attempt, 'request')
  }
  /** What an earlier page of this tab has sent, where it may still succeed. */
  const takePending = (isMeant = (_name: unknown) => true) => {
    const stored = mayStore() && tabStore.read(PENDING_KEY)
    if (!stored) return
    const { at, ...attempt } = JSON.parse(stored)
    if (!isMeant(attempt.form)) return
    tabStore.write(PENDING_KEY)
    return Date.now() - at < PENDING_MS ? attempt : undefined
  }
  hear<CustomEvent<unknown>>('footfall:formsuccess', ({ event: { detail } }) => {
    const isMeant = (name: unknown) => name === `${detail}`.replace('#', '')
    const meant = [...attempts.values()].filter(
      ({ form, name }) => form === detail || isMeant(name),
    )
    for (const attempt of meant) succeed(attempt, 'call')
    const pending = meant.length === 0 && takePending(isMeant)
    if (pending) record('form_success', { ...pending, rule: 'call' }, 'critical')
  })
  const succeedByPage = (triesLeft = 5) => {
    if (!matchesAny(location.pathname, options.formSuccessPages)) return
    for (const attempt of attempts.values())
      if (attempt.submits > 0 && !attempt.isDirty) return succeed(attempt, 'page')
    // The page may still wait for its turn, or for consent.
    if (!mayStore()) {
      if (triesLeft > 0) setTimeout(guard(succeedByPage), 300, triesLeft - 1)
      return
    }
    const pending = takePending()
    if (pending) record('form_success', { ...pending, rule: 'page' }, 'critical')
  }

  // Coming and going

  const observer = new IntersectionObserver(
    guard((entries: IntersectionObserverEntry[]) => {
      for (const { target, intersectionRatio } of entries) {
        clearTimeout(seeing.get(target))
        const form = formOf(target)
        if (intersectionRatio >= 0.5 && form)
          seeing.set(target, setTimeout(guard(view), SEEN_MS, form))
      }
    }),
    { threshold: 0.5 },
  )
  /** The form, or its first field, where the form is larger than the window. */
  const observe = (form: Element) => {
    for (const target of [form, querySelector.call(form, FIRST_FIELD)])
      if (target) observer.observe(target)
  }
  const view = (form: Element) => {
    if (viewed.has(form)) return
    viewed.add(form)
    const attempt = attemptOf(form)
    if (attempt.startedAt === undefined) attempt.seenAt = visibleTime() - SEEN_MS
    tell(attempt, 'view', { fieldCount: attempt.fields.size })
  }
  /** A browser goes through the whole page for it. */
  const discover = () => {
    hasChanged = false
    changes.observe(document, {
      childList: true,
      subtree: true,
      attributeFilter: ['role', 'class', 'data-private', 'contenteditable'],
    })
    for (const form of document.querySelectorAll(FORMS)) {
      if (found.has(form) || isPrivate(form)) continue
      found.add(form)
      undescribed.add(form)
    }
    describe(DESCRIBES_MS)
  }
  /** A page full of forms is described bit by bit. */
  const describe = (mostMs: number) => {
    const startedAt = performance.now()
    for (const form of undescribed) {
      if (performance.now() - startedAt > mostMs) return later(() => describe(mostMs))
      undescribed.delete(form)
      tell(attemptOf(form), 'load')
    }
  }
  setInterval(
    guard(() => {
      if (hasChanged) later(discover)
      forget()
    }),
    DISCOVERS_EVERY_MS,
  )
  onView(({ startedAt }) => {
    shownAt = visibleTime(startedAt)
    viewed = new WeakSet()
    observer.disconnect()
    // A form that is gone would hold all of the route that it was part of. One
    // that was filled may still succeed.
    for (const [form, { startedAt, submits }] of attempts)
      if (!form.isConnected && !startedAt && !submits) attempts.delete(form)
      else observe(form) // anew: it may have been in the window all the time
    later(discover)
    later(forget)
    later(() => succeedByPage())
  })
  onEnd(() => {
    forget()
    describe(Number.POSITIVE_INFINITY)
    account()
    for (const attempt of attempts.values()) {
      if (attempt.isAnswered) look(attempt)
      // A page that is left says so more than once.
      if (attempt.isDirty && attempt.isUntold)
        tell(attempt, 'abandon', summaryOf(attempt), 'latest')
      attempt.isUntold = false
    }
  })
}
