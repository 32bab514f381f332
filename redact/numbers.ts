import { passesEan13, passesLuhn, passesMod97 } from './checksums.ts'

/** A card number: a known prefix with its length, and Luhn. Separators are taken out before. */
export function isCard(digits: string): boolean {
  return (
    /^(?:3[47]\d{13}|1\d{14}|2131\d{11}|2[2-7]\d{14}|3[05689]\d{12,16}|[456]\d{12,18})$/.test(
      digits,
    ) &&
    passesLuhn(digits) &&
    // The oldest Visa cards have 13 digits, as article numbers have.
    !(digits.length === 13 && passesEan13(digits))
  )
}

// Country and length of its IBAN (SWIFT's registry).
const IBAN_LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** The IBAN that a text begins with, with its spaces; undefined when there is none. */
export function leadingIban(text: string): string | undefined {
  const length = IBAN_LENGTHS.get(text.slice(0, 2).toUpperCase())
  if (length === undefined) return undefined
  let compact = ''
  let at = 0
  for (; at < text.length && compact.length < length; at++) {
    const char = text[at] ?? ''
    if (/[A-Za-z0-9]/.test(char)) compact += char
    else if (!/[ -]/.test(char)) return undefined
  }
  const goesOn = /^[A-Za-z0-9]/.test(text.slice(at))
  return compact.length === length && !goesOn && passesMod97(compact.toUpperCase())
    ? text.slice(0, at)
    : undefined
}

/** A US social security number, or the tax number of the same form, by its three groups. */
export function isSocialSecurityNumber(area: string, group: string, serial: string): boolean {
  if (area === '000' || area === '666' || group === '00' || serial === '0000') return false
  // 9xx are tax numbers, which the office gives with these groups only.
  return area < '900' || /^(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])$/.test(group)
}

/** A French social security number: 13 characters and their key, 97 less the rest. */
export function isNir(text: string): boolean {
  const compact = text.replace(/ /g, '')
  // Corsica's two departments count as 19 and 18.
  const number = Number(compact.slice(0, 13).replace('2A', '19').replace('2B', '18'))
  return 97 - (number % 97) === Number(compact.slice(13))
}

/** An IPv6 address, with or without a v4 tail: `::` or all eight groups. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const tail = groups.at(-1)?.includes('.') ? groups.pop() : undefined
  if (tail !== undefined && !IPV4_WHOLE.test(tail)) return false
  const count = groups.length + (tail === undefined ? 0 : 2)
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) || count === 0) return false
  return halves.length === 2 ? count <= 7 : count === 8
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const IPV4_WHOLE = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`)
export const IPV4 = new RegExp(`(?<![\\w.])(?:${OCTET}\\.){3}${OCTET}(?!\\.?\\w)`, 'g')
