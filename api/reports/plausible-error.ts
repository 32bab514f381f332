/** A refusal in the words and form of Plausible's API: `{"error": …}`. */
export class PlausibleError extends Error {
  readonly status: number

  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

/** A value as Plausible's messages print it (Elixir's `inspect`). */
export function inspect(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inspect).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `%{${Object.entries(value)
      .map(([key, each]) => `${inspect(key)} => ${inspect(each)}`)
      .join(', ')}}`
  return value === null ? 'nil' : JSON.stringify(value)
}

/** What kind of value was given instead, as JSON schema calls it. */
export function typeName(value: unknown): string {
  if (value === null) return 'Null'
  if (Array.isArray(value)) return 'Array'
  const names: Record<string, string> = {
    string: 'String',
    number: Number.isInteger(value) ? 'Integer' : 'Number',
    boolean: 'Boolean',
  }
  return names[typeof value] ?? 'Object'
}
