// What the server's redaction found tells what a browser let through: counted
// by rule and by the field it was found in, of which there are few.

/** Fields of an event that are redacted. */
export type RedactedPlace = 'event_type' | 'url' | 'referrer' | 'title' | 'event_data' | 'context'

export interface RedactionHit {
  readonly rule: string
  readonly place: RedactedPlace
}

// What `redact/` writes where something was.
const MARKS = /\[(email|token|card|iban|ssn|nino|nir|phone|ip|place|key|user)\]/g

/** The rules that changed one text into the other, one for each time. */
export function rulesOfText(before: string, after: string): string[] {
  const had = marksOf(before)
  const rules = marksOf(after).filter((mark) => {
    const at = had.indexOf(mark)
    if (at >= 0) had.splice(at, 1)
    return at < 0
  })
  return rules.length > 0 ? rules : ['other']
}

/** As `rulesOfText`, for an address; none when it was only written otherwise. */
export function rulesOfUrl(before: string, after: string): string[] {
  const given = URL.parse(before)
  const stored = URL.parse(after)
  if (!given || !stored || given.href === stored.href) return []
  const rules = marksOf(after).length > marksOf(before).length ? rulesOfText(before, after) : []
  if (given.username || given.password) rules.push('user')
  if (given.hash && !stored.hash) rules.push('fragment')
  const isPaid = stored.searchParams.has('paid') && !given.searchParams.has('paid')
  if (isPaid) rules.push('click_id')
  if (given.searchParams.size > stored.searchParams.size) rules.push('parameter')
  if (given.pathname.length > 1 && stored.pathname === '/') rules.push('path')
  return rules
}

const marksOf = (text: string) => [...text.matchAll(MARKS)].map(([, mark = '']) => mark)
