/** Which form and which try at it: what every event of a form carries. */
export const FORM_FIELDS = {
  form: 'its id, its name, else its selector',
  attempt: 'UUIDv7 of this try at the form',
  version: 'hash of its set of fields',
}
