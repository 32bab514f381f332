/** Luhn's check of a string of digits: every card number passes it, one in ten others does. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (const [at, digit] of [...digits].reverse().entries())
    sum += at % 2 === 0 ? +digit : (+digit * 2) % 9 || +digit // 9 doubled is 18, which counts 9
  return sum % 10 === 0
}

/** The check of an EAN-13 article number. */
export function passesEan13(digits: string): boolean {
  let sum = 0
  for (const [at, digit] of [...digits].entries()) sum += +digit * (at % 2 === 0 ? 1 : 3)
  return digits.length === 13 && sum % 10 === 0
}

/** ISO 7064 mod 97 of an IBAN without spaces. */
export function passesMod97(iban: string): boolean {
  const turned = iban.slice(4) + iban.slice(0, 4)
  const digits = turned.replace(/[a-z]/gi, (letter) => `${Number.parseInt(letter, 36)}`)
  return BigInt(digits) % 97n === 1n
}
