import { IBAN, isCard, isIban, isIpv6, isNir, isSocialSecurityNumber } from './numbers.ts'

/** What goes, the name that stands for it, and how to tell it from what only looks like it. */
type Rule = readonly [pattern: RegExp, name: string, isOne?: (found: string) => boolean]

// Each pattern is bounded in what it repeats, so that its time grows with the
// text and not with the square of it. No \p{L}, which takes a browser
// milliseconds to prepare: what is beyond ASCII and no punctuation is a letter.
const RULES: readonly Rule[] = [
  [/-----BEGIN [A-Z ]{3,40}-----[\s\S]*/g, '[key]'],
  [IBAN, '[iban]', isIban],
  [/(?<=\b[a-z][a-z\d+.-]{1,20}:\/\/)[^\s/@]{1,200}(?=@)/gi, '[user]'],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.?[\w-]*/g, '[token]'],
  [
    /\b(?:[sr]k_(?:live|test)_\w{8,}|AKIA[\dA-Z]{16}|gh[opusr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{8,}|AIza[\w-]{30,}|glpat-[\w-]{15,})/g,
    '[token]',
  ],
  [/(?<=\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}/gi, '[token]'],
  [
    /[\w.%+'\xC0-\u1FFF\u3040-\uFEFF-]{1,64}(?:@|%40| at |\s?[[(]at[\])]\s?)(?:[\w\xC0-\u1FFF\u3040-\uFEFF-]{1,63}\.){1,8}[\w\xC0-\u1FFF\u3040-\uFEFF-]{2,63}/gi,
    '[email]',
  ],
  [
    /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![ -]?\d|\w)/g,
    '[card]',
    (found) => isCard(found.replace(/\D/g, '')),
  ],
  [/(?<![\w-])\d{3}-\d\d-\d{4}(?![\w-])/g, '[ssn]', isSocialSecurityNumber],
  [/\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]\b/g, '[nino]'],
  [
    /(?<![\w.-])[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\w)/g,
    '[nir]',
    isNir,
  ],
  [/(?<![\w+])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,11}(?!\w)/g, '[phone]'],
  [/(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g, '[phone]'],
  [/(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\w)/g, '[ip]'],
  [
    /(?<![\w:.])(?=:*[\da-f])(?=[\da-f]*:[\da-f]*:)[\da-f:]{2,39}(?:(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])/gi,
    '[ip]',
    isIpv6,
  ],
  [/(?<![\w.])-?\d{1,3}\.\d{3,}\s?,\s?-?\d{1,3}\.\d{3,}/g, '[place]'],
]

// Most texts have nothing of the kind, and a browser takes milliseconds to
// prepare all rules: no @, no token's beginning, no address, no six digits.
const MAY_HAVE_ANY =
  /@|%40|\bat\b|eyJ|-----BEGIN|bearer|basic|_(?:live|test|pat)_|gh[opusr]_|xox|AKIA|AIza|glpat|\d\.\d|:[\da-f]*:|(?:\d\D{0,2}){6}/i

/**
 * Free text without what must never be stored: e-mail and network addresses,
 * cards (Luhn), IBANs (mod 97), social security and telephone numbers,
 * passwords in addresses, keys and tokens, exact places. What goes is named in
 * brackets; the rest stays as it was.
 */
export function redactText(text: string): string {
  if (!MAY_HAVE_ANY.test(text)) return text
  return RULES.reduce(
    (left, [pattern, name, isOne]) =>
      left.replace(pattern, (found) => (isOne && !isOne(found) ? found : name)),
    text,
  )
}
