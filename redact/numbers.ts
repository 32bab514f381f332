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

// Length of an IBAN, and the countries that have it (SWIFT's registry).
const IBAN_LENGTHS =
  '15NO 16BE 18DKFIFKFOGLNLSD 19MKSI 20ATBAEEKZLTLUMNXK 21CHHRLILV 22BGBHCRDEGBGEIEMERSVA 23AEGIILIQOMSOTL ' +
  '24ADCZESMDPKROSASESKTNVG 25LYPTST 26ISTR 27BIDJFRGRITMCMRSM 28ALAZBYCYDOGTHNHULBNIPLSV 29BREGPSQAUA 30JOKWMUYE 31MTSC 32LC 33RU'

/** What has the form of an IBAN: country, length, and single spaces or hyphens wherever. */
export const IBAN = /* @__PURE__ */ ibanPattern()

function ibanPattern(): RegExp {
  const forms = IBAN_LENGTHS.replace(
    /(\d\d)(\S+) ?/g,
    (_, length, countries) =>
      `|(?:${countries.replace(/..(?!$)/g, '$&|')})\\d\\d(?:[ -]?[a-z\\d]){${length - 4}}`,
  )
  return new RegExp(`(?<![a-z\\d])(?:${forms.slice(1)})(?![a-z\\d])`, 'gi')
}

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
