/** The value below which a share of the values lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0
}

/** The middle one: on a busy machine single runs are off by much. */
export const median = (values: readonly number[]) => quantile(values, 0.5)
