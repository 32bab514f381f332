/** Whether the digits add up to tens when every other, from the right, is weighted. */
const addsUp = (digits: string, weigh: (digit: number) => number) =>
  [...digits].reduceRight(
    (sum, digit, at) => sum + ((digits.length - at) % 2 ? +digit : weigh(+digit)),
    0,
  ) %
    10 ===
  0

/** Luhn's check of a string of digits: every card number passes it, one in ten others does. */
export const passesLuhn = (digits: string) => addsUp(digits, (digit) => (digit * 2) % 9 || digit) // 9 doubled is 18, which counts 9

/** The check of an EAN-13 article number. */
export const passesEan13 = (digits: string) =>
  digits.length === 13 && addsUp(digits, (digit) => digit * 3)

/** ISO 7064 mod 97 of an IBAN without spaces. */
export function passesMod97(iban: string): boolean {
  const turned = iban.slice(4) + iban.slice(0, 4)
  const digits = turned.replace(/[a-z]/gi, (letter) => `${Number.parseInt(letter, 36)}`)
  return BigInt(digits) % 97n === 1n
}
