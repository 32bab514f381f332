import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import type { Question, QuestionContext } from '../reports/questions/question.ts'

/** What the API gives a question of a site, at a time and in a zone of the test's. */
export const contextOf = (clickhouse: ClickHouse, siteId: string): QuestionContext => ({
  scope: { siteId },
  timezone: 'UTC',
  nowMs: Date.parse('2026-11-25T12:00:00Z'),
  freshness: '',
  tabsOf: async () => new Map(),
  run: ({ sql, params }) => selectRows(clickhouse, sql, params),
})

/** Asks a question of one site as the API does. */
export function asking(
  clickhouse: ClickHouse,
  siteId: string,
  context: Partial<QuestionContext> = {},
) {
  return <Body>(
    question: Question<Body>,
    body: Body,
  ): Promise<{ rows: readonly Row[]; [member: string]: Row }> =>
    question.answer(body, { ...contextOf(clickhouse, siteId), ...context }) as Promise<{
      rows: readonly Row[]
    }> // a test reads what it expects
}

// biome-ignore lint/suspicious/noExplicitAny: a test compares members of answers whose questions differ
type Row = any
