// Whole words of a name, so that "passenger", "experience" and "pinned" are no secrets.
const SECRET_WORDS = new Set(
  (
    'password passwd passphrase pwd pass secret secrets token auth authorization session sid otp pin cvv cvc csc card ' +
    'creditcard cardnumber ccnumber iban ssn dob birthday email mail phone telephone mobile tel address street ' +
    'firstname lastname fullname surname credential credentials apikey privatekey seccode securitycode securitynumber ' +
    'routing cookie'
  ).split(' '),
)

/** Whether a field or property of this name holds what must not be stored, whatever its value looks like. */
export function isSecretKey(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  return words.some(
    (word, at) => SECRET_WORDS.has(word) || SECRET_WORDS.has(word + (words[at + 1] ?? '')),
  )
}
