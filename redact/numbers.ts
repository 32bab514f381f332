import { passesEan13, passesLuhn, passesMod97 } from './checksums.ts'

/** A card number: a known prefix with its length, and Luhn. Separators are taken out before. */
export function isCard(digits: string): boolean {
  return (
    /^(?:3[47]\d{13}|1\d{14}|2131\d{11}|2[2-7]\d{14}|3[05689]\d{12,16}|[456]\d{12,18})$/.test(
      digits,
    ) &&
    passesLuhn(digits) &&
    // The oldest Visa cards have 13 digits, as article numbers have.
    !passesEan13(digits)
  )
}

/**
 * What has the form of an IBAN: the country, and single spaces or hyphens
 * wherever in what its length leaves (SWIFT's registry; 15 in all for Norway).
 */
export const IBAN =
  /(?<![a-z\d])(?:(?:NO)\d\d(?:[ -]?[a-z\d]){11}|(?:BE)\d\d(?:[ -]?[a-z\d]){12}|(?:DK|FI|FK|FO|GL|NL|SD)\d\d(?:[ -]?[a-z\d]){14}|(?:MK|SI)\d\d(?:[ -]?[a-z\d]){15}|(?:AT|BA|EE|KZ|LT|LU|MN|XK)\d\d(?:[ -]?[a-z\d]){16}|(?:CH|HR|LI|LV)\d\d(?:[ -]?[a-z\d]){17}|(?:BG|BH|CR|DE|GB|GE|IE|ME|RS|VA)\d\d(?:[ -]?[a-z\d]){18}|(?:AE|GI|IL|IQ|OM|SO|TL)\d\d(?:[ -]?[a-z\d]){19}|(?:AD|CZ|ES|MD|PK|RO|SA|SE|SK|TN|VG)\d\d(?:[ -]?[a-z\d]){20}|(?:LY|PT|ST)\d\d(?:[ -]?[a-z\d]){21}|(?:IS|TR)\d\d(?:[ -]?[a-z\d]){22}|(?:BI|DJ|FR|GR|IT|MC|MR|SM)\d\d(?:[ -]?[a-z\d]){23}|(?:AL|AZ|BY|CY|DO|GT|HN|HU|LB|NI|PL|SV)\d\d(?:[ -]?[a-z\d]){24}|(?:BR|EG|PS|QA|UA)\d\d(?:[ -]?[a-z\d]){25}|(?:JO|KW|MU|YE)\d\d(?:[ -]?[a-z\d]){26}|(?:MT|SC)\d\d(?:[ -]?[a-z\d]){27}|(?:LC)\d\d(?:[ -]?[a-z\d]){28}|(?:RU)\d\d(?:[ -]?[a-z\d]){29})(?![a-z\d])/gi

export const isIban = (text: string) => passesMod97(text.replace(/[ -]/g, ''))

/** A US social security number, or the tax number of the same form, by its three groups. */
export const isSocialSecurityNumber = (text: string) =>
  !/^(?:000|666)|-00-|-0000$/.test(text) &&
  // 9xx are tax numbers, which the office gives with these groups only.
  /^[0-8]|-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-/.test(text)

/** A French social security number: 13 characters and their key, 97 less the rest. */
export function isNir(text: string): boolean {
  const compact = text.replace(/ /g, '')
  // Corsica's two departments count as 19 and 18.
  const number = Number(compact.slice(0, 13).replace('2A', '19').replace('2B', '18'))
  return 97 - (number % 97) === Number(compact.slice(13))
}

/** An IPv6 address, by the parser that every browser has. */
export function isIpv6(text: string): boolean {
  try {
    return !!new URL(`http://[${text}]`)
  } catch {
    return false
  }
}
