// A labelled set for redaction, made by rule from a fixed seed: what must go,
// and what looks like it and must stay.

export interface Labelled {
  readonly text: string
  /** What must not survive; undefined when the text must stay as it is. */
  readonly secret?: string
  readonly kind: string
}

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const SENTENCES = [
  '',
  'paid with ',
  'Order for ',
  'Kontakt: ',
  'see (',
  '"',
  'a=',
  'x, ',
  'é ',
  '✓ ',
]

export function labelledSet(perKind: number): Labelled[] {
  const random = seeded(20_261_124)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T // never empty
  const digits = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
  const from = (alphabet: string, count: number) =>
    Array.from({ length: count }, () => pick([...alphabet])).join('')
  const LOWER = 'abcdefghijklmnopqrstuvwxyz'
  const BASE64URL = `${LOWER}${LOWER.toUpperCase()}0123456789-_`

  const luhn = (start: string, length: number) => {
    const body = start + digits(length - start.length - 1)
    for (let check = 0; ; check++) if (luhnSum(body + check) % 10 === 0) return body + check
  }
  const card = () => {
    const number = luhn(
      ...pick<[string, number]>([
        ['4', 16],
        ['51', 16],
        ['55', 16],
        ['2221', 16],
        ['6011', 16],
        ['65', 16],
        ['34', 15],
        ['37', 15],
        ['36', 14],
        ['3528', 16],
      ]),
    )
    const separator = pick(['', ' ', '-'])
    return (number.match(/.{1,4}/g) ?? []).join(separator)
  }
  const iban = () => {
    const [country, body] = pick<[string, () => string]>([
      ['DE', () => digits(18)],
      ['GB', () => from('ABCDEFGHIJ', 4) + digits(14)],
      ['FR', () => digits(23)],
      ['NL', () => from('ABCDEFGHIJ', 4) + digits(10)],
      ['NO', () => digits(11)],
      ['CH', () => digits(17)],
    ])
    const account = body()
    const check = 98 - Number(BigInt(inDigits(`${account}${country}00`)) % 97n)
    const whole = country + String(check).padStart(2, '0') + account
    return random() < 0.5 ? whole : (whole.match(/.{1,4}/g) ?? []).join(' ')
  }
  const email = () =>
    `${from(LOWER, 1 + Math.floor(random() * 9))}${pick(['', '.', '_', '+', '-', '7'])}${from(LOWER, 3)}${pick(['@', '@', '@', '%40'])}${from(LOWER, 6)}${pick(['.com', '.co.uk', '.de', '.museum', '-shop.fr', '.xn--p1ai'])}`
  const jwt = () =>
    `eyJ${from(BASE64URL, 20)}.eyJ${from(BASE64URL, 40)}.${from(BASE64URL, 43).replace(/-$/, 'A')}`
  const hex = (count: number) => from('0123456789abcdef', count)
  const uuid = () => `${hex(8)}-${hex(4)}-7${hex(3)}-a${hex(3)}-${hex(12)}`
  const ean13 = () => {
    const body = pick(['400', '590', '978', '501', '871']) + digits(9)
    let sum = 0
    for (let at = 0; at < 12; at++) sum += Number(body[at]) * (at % 2 === 0 ? 1 : 3)
    return body + ((10 - (sum % 10)) % 10)
  }
  const day = () => `2026-${pick(['01', '06', '11'])}-${pick(['02', '17', '28'])}`

  const secrets: Record<string, () => string> = { card, iban, email, jwt }
  const lookAlikes: Record<string, () => string> = {
    'epoch ms': () => `17${digits(11)}`,
    'epoch µs': () => `17${digits(14)}`,
    'order number': () => `${day()}-${digits(6)}`,
    'order code': () => `ORD-${digits(8)}-${from('ABCDEF', 2)}`,
    uuid,
    'EAN code': ean13,
    'git hash': () => hex(40),
    'short hash': () => hex(7),
    instant: () => `${day()}T${pick(['08', '23'])}:15:42.${digits(3)}Z`,
    version: () => `${digits(2)}.${digits(1)}.${digits(4)}-beta.${digits(1)}`,
    price: () => `${digits(2)},${digits(3)}.${digits(2)} EUR`,
    'number with a wrong check': () => {
      const right = luhn('4', 16)
      return right.slice(0, 15) + ((Number(right[15]) + 1) % 10)
    },
    handle: () => `@${from(LOWER, 8)}`,
    words: () => `${from(LOWER, 5)} ${from(LOWER, 3)} ${digits(3)} ${from(LOWER, 7)}`,
  }
  const made = (kinds: Record<string, () => string>, isSecret: boolean) =>
    Object.entries(kinds).flatMap(([kind, make]) =>
      Array.from({ length: perKind }, () => {
        const value = make()
        const text = `${pick(SENTENCES)}${value}${pick(['', ' now', ')', '"', '.', ', thanks'])}`
        return { kind, text, ...(isSecret && { secret: value }) }
      }),
    )
  return [...made(secrets, true), ...made(lookAlikes, false)]
}

function luhnSum(digits: string): number {
  return [...digits].reverse().reduce((sum, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return sum + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
}

const inDigits = (text: string) =>
  [...text].map((char) => String(Number.parseInt(char, 36))).join('')
