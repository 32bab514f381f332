// Whole words, so that "passenger", "experience" and "pinned" are no secrets.
const SECRET_WORDS =
  /\b(?:pass(?: ?(?:word|wd|phrase))?|pwd|secrets?|token|auth(?:orization)?|session|sid|otp|pin|cvv|cvc|csc|(?:credit ?)?card(?: ?number)?|cc ?number|iban|ssn|dob|birth ?day|e? ?mail|(?:tele)?phone|mobile|tel|address|street|(?:(?:first|last|full) ?|sur ?)name|credentials?|(?:api|private) ?key|sec ?code|security ?(?:code|number)|routing|cookie)\b/

/** Whether a field or property of this name holds what must not be stored, whatever its value looks like. */
export const isSecretKey = (name: string) =>
  SECRET_WORDS.test(
    name
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .replace(/[^a-z\d]+/g, ' '),
  )
