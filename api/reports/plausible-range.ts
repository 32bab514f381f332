/** The ranges of Plausible's names, as first and last day: those of days and months end before the present one. */
export function namedRange(
  name: string,
  today: Temporal.PlainDate,
  firstDay: Temporal.PlainDate,
): readonly [Temporal.PlainDate, Temporal.PlainDate] | undefined {
  const month = today.with({ day: 1 })
  switch (name) {
    case 'day':
      return [today, today]
    case 'month':
      return [month, month.add({ months: 1 }).subtract({ days: 1 })]
    case 'year':
      return [today.with({ month: 1, day: 1 }), today.with({ month: 12, day: 31 })]
    case 'all':
      return [firstDay, today]
  }
  const [, digits = '', unit] = /^(\d{1,4})(d|mo)$/.exec(name) ?? []
  const count = Number(digits)
  if (!unit || count === 0) return undefined
  return unit === 'd'
    ? [today.subtract({ days: count }), today.subtract({ days: 1 })]
    : [month.subtract({ months: count }), month.subtract({ days: 1 })]
}

/** The same of its first API, where a date is the last day and belongs to the range. */
export function periodRange(
  period: string,
  date: Temporal.PlainDate,
  firstDay: Temporal.PlainDate,
): readonly [Temporal.PlainDate, Temporal.PlainDate] | undefined {
  const month = date.with({ day: 1 })
  const endOfMonth = month.add({ months: 1 }).subtract({ days: 1 })
  switch (period) {
    case 'day':
      return [date, date]
    case '7d':
      return [date.subtract({ days: 6 }), date]
    case '30d':
      return [date.subtract({ days: 30 }), date]
    case 'month':
      return [month, endOfMonth]
    case '6mo':
      return [month.subtract({ months: 5 }), endOfMonth]
    case '12mo':
      return [month.subtract({ months: 11 }), endOfMonth]
    case 'year':
      return [date.with({ month: 1, day: 1 }), date.with({ month: 12, day: 31 })]
    case 'all':
      return [firstDay, date]
    default:
      return undefined
  }
}
