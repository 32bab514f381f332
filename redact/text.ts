import { IPV4, isCard, isIpv6, isNir, isSocialSecurityNumber, leadingIban } from './numbers.ts'

// Each pattern is bounded in what it repeats, so that its time grows with the
// text and not with the square of it.
const EMAIL =
  /[\p{L}\p{N}._%+'-]{1,64}(?:@|%40| at |\s?[[(]at[\])]\s?)(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}/giu
const USERINFO = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@]{1,200}@/gi
const JWT = /\beyJ[\w-]{5,}\.[\w-]{5,}\.?[\w-]*/g
const TOKENS =
  /\b(?:[sr]k_(?:live|test)_\w{8,}|AKIA[0-9A-Z]{16}|gh[opusr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{8,}|AIza[\w-]{30,}|glpat-[\w-]{15,})/g
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi
const PEM = /-----BEGIN [A-Z ]{3,40}-----[\s\S]*/g
const IBAN_START = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9])/gi
const CARD_DIGITS = /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![ -]?\d|\w)/g
const SOCIAL_SECURITY = /(?<![\w-])(\d{3})-(\d{2})-(\d{4})(?![\w-])/g
const NINO = /\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]\b/g
const NIR = /(?<![\w.-])[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\w)/g
const PHONE_INTERNATIONAL =
  /(?<![\w+])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,11}(?!\w)/g
const PHONE_NATIONAL = /(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g
const IPV6_CANDIDATE = /(?<![\w:.])[0-9a-f:]{2,39}(?:(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])/gi
const COORDINATES = /(?<![\w.])-?\d{1,3}\.\d{3,}\s?,\s?-?\d{1,3}\.\d{3,}/g

/**
 * Free text without what must never be stored: e-mail and network addresses,
 * cards (Luhn), IBANs (mod 97), social security and telephone numbers,
 * passwords in addresses, keys and tokens, exact places. What goes is named in
 * brackets; the rest stays as it was.
 */
export function redactText(text: string): string {
  // Most texts have nothing of the kind: no digit, no @, no token's beginning.
  if (!/[\d@]|eyJ|-----BEGIN|bearer|basic|_live_|_test_|xox|%40|\bat\b/i.test(text)) return text
  const withoutKeys = withoutIbans(text.replace(PEM, '[key]'))
    .replace(USERINFO, '$1[user]@')
    .replace(JWT, '[token]')
    .replace(TOKENS, '[token]')
    .replace(BEARER, '$1 [token]')
  // A browser takes milliseconds to prepare a pattern with all letters of all languages.
  const mayHaveEmail = /@|%40|\bat\b/i.test(text)
  return (mayHaveEmail ? withoutKeys.replace(EMAIL, '[email]') : withoutKeys)
    .replace(CARD_DIGITS, (found) => (isCard(found.replace(/[ -]/g, '')) ? '[card]' : found))
    .replace(SOCIAL_SECURITY, (found, area: string, group: string, serial: string) =>
      isSocialSecurityNumber(area, group, serial) ? '[ssn]' : found,
    )
    .replace(NINO, '[nino]')
    .replace(NIR, (found) => (isNir(found) ? '[nir]' : found))
    .replace(PHONE_INTERNATIONAL, '[phone]')
    .replace(PHONE_NATIONAL, '[phone]')
    .replace(IPV4, '[ip]')
    .replace(IPV6_CANDIDATE, (found) => (isIpv6(found) ? '[ip]' : found))
    .replace(COORDINATES, '[place]')
}

function withoutIbans(text: string): string {
  let kept = ''
  let from = 0
  for (const { index } of text.matchAll(IBAN_START)) {
    if (index < from) continue
    const iban = leadingIban(text.slice(index))
    if (iban === undefined) continue
    kept += `${text.slice(from, index)}[iban]`
    from = index + iban.length
  }
  return kept + text.slice(from)
}
