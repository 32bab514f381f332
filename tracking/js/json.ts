/**
 * JSON without `toJSON`: old libraries (Prototype.js) put one on arrays and
 * strings, and every list becomes a string. Only for values that are JSON already.
 */
export const toJson = (value: unknown): string =>
  'toJSON' in Array.prototype || 'toJSON' in String.prototype
    ? withoutToJson(value)
    : JSON.stringify(value)

function withoutToJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(withoutToJson)}]`
  if (!value || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${withoutToJson(member)}`)}}`
}
