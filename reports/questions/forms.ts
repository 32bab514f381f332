import { FORM_DEFINITION, SUMMARY, summaryRow, triesOf } from './form-tries.ts'
import { ASKED, type Asked, limitOf, open, type Question } from './question.ts'

/** Every form of a site, the most used first. */
export const forms: Question<Asked & { readonly limit?: number }> = {
  name: 'forms',
  summary: 'Forms, with how far people get in them',
  definition: FORM_DEFINITION,
  members: { ...ASKED, limit: limitOf(1_000, 100) },
  required: ['range'],
  async answer({ limit = 100, ...asked }, context) {
    const opened = await open(asked, context)
    const { sql, tries } = triesOf(opened, context, {})
    const rows = await context.run(
      sql.statement(`select form, ${SUMMARY}
from (${tries})
group by form
order by starts desc, n_views desc, form
limit ${limit}`),
    )
    return {
      rows: rows.map((row) => ({ form: row.form, ...summaryRow(row) })),
      meta: opened.meta,
    }
  },
}
