import { isIP } from 'node:net'
import pg from 'pg'

// bigint and numeric counts fit a double for any table we can hold.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

// The driver's own reads it letter by letter, which is most of reading a row of the record.
const { TIMESTAMPTZ } = pg.types.builtins
const parseTime = pg.types.getTypeParser(TIMESTAMPTZ)
pg.types.setTypeParser(TIMESTAMPTZ, (text: string) =>
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/.test(text)
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : parseTime(text),
)

export type Pool = pg.Pool
export type Connection = pg.PoolClient

/** A failure of the connection or the server rather than of the statement. */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown }).code // any thrown value may carry one
  if (typeof code !== 'string')
    return error instanceof Error && /timeout|terminated|not queryable/i.test(error.message)
  // 08: connection, 53: resources, 57: operator intervention, 58: system error;
  // 3D000 and 42P01: the database, or its tables, are not made yet.
  return /^(?:08|53|57|58|3D000|42P01)/.test(code) || /^E[A-Z]+$/.test(code)
}

/** A failure of the values of a statement: SQLSTATE 22 (data) and 54 (limits). The same values fail again. */
export function isRefused(error: unknown): boolean {
  const code = (error as { code?: unknown }).code // any thrown value may carry one
  return typeof code === 'string' && /^(22|54)/.test(code)
}

/**
 * A pool on the database at `url`. `statementTimeoutMs` bounds each statement
 * on both sides, so that a hung server cannot hold a caller; 0: for as long as it takes.
 */
export function openPostgres(
  url: string,
  options: { max: number; statementTimeoutMs: number; onError: (error: Error) => void },
): Pool {
  const { statementTimeoutMs } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    connectionTimeoutMillis: Math.min(5_000, statementTimeoutMs || 5_000),
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs && statementTimeoutMs + 500,
    // A stopped worker's open transaction ends here: its later commit fails, and
    // another may take the work. This is the pipeline's fence.
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    application_name: 'footfall',
  })
  // An idle connection that breaks raises here; without a listener it would end the process.
  pool.on('error', options.onError)
  // So does one that breaks in somebody's hands between two statements; the next statement tells.
  pool.on('connect', (connection) => connection.on('error', () => {}))
  return pool
}

/** Runs `work` in one transaction, which commits when it returns and rolls back when it throws. */
export async function inTransaction<T>(
  pool: Pool,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('begin')
    const result = await work(connection)
    await connection.query('commit')
    return result
  } catch (error) {
    await connection.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    connection.release(broken)
  }
}

/** The address in a form that a URL takes: IPv6 in brackets. */
export const urlHost = (host: string) => (isIP(host) === 6 ? `[${host}]` : host)
