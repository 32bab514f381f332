import type { ClickHouse } from '../database/clickhouse.ts'
import { selectRows } from '../database/clickhouse.ts'
import type { Question, QuestionContext } from '../reports/questions/question.ts'

/** Asks a question of one site as the API does, at a time and in a zone of the test's. */
export function asking(
  clickhouse: ClickHouse,
  siteId: string,
  context: Partial<QuestionContext> = {},
) {
  return <Body>(
    question: Question<Body>,
    body: Body,
  ): Promise<{ rows: readonly Row[]; [member: string]: Row }> =>
    question.answer(body, {
      scope: { siteId },
      timezone: 'UTC',
      nowMs: Date.parse('2026-11-25T12:00:00Z'),
      freshness: '',
      tabsOf: async () => new Map(),
      run: ({ sql, params }) => selectRows(clickhouse, sql, params),
      ...context,
    }) as Promise<{ rows: readonly Row[] }> // a test reads what it expects
}

// biome-ignore lint/suspicious/noExplicitAny: a test compares members of answers whose questions differ
type Row = any
