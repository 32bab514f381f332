/** In percent of before; of rates, in points. */
export function change(name: string, before: unknown, now: unknown): number | null {
  const [then, value] = [numberOf(before), numberOf(now)]
  if (then === null || value === null) return null
  switch (name) {
    case 'bounce_rate':
      return then > 0 ? value - then : null
    case 'conversion_rate':
    case 'exit_rate':
      return Math.round((value - then) * 10) / 10
  }
  if (then === 0) return value > 0 ? 100 : 0
  return Math.round(((value - then) / then) * 100)
}

const numberOf = (value: unknown): number | null =>
  typeof value === 'number'
    ? value
    : typeof value === 'object' && value !== null && 'value' in value
      ? Number(value.value)
      : null
