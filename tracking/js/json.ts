/**
 * JSON of what is JSON already, whatever `toJSON` says: old libraries
 * (Prototype.js) put one on arrays, and every list becomes a string.
 */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, name) {
    return this[name] // instead of what toJSON has made of it
  })
