import type { Pool } from './postgres.ts'

/** Each of them must not be off. */
export const DURABLE_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const

/**
 * An SQL expression: the settings in force, for this transaction, with which
 * PostgreSQL could lose a commit that it confirmed, such as `fsync = off`; ''
 * when there are none.
 */
export const UNSAFE_SETTINGS = `concat_ws(', ', ${DURABLE_SETTINGS.map(
  (name) => `case when current_setting('${name}') = 'off' then '${name} = off' end`,
).join(', ')})`

/** PostgreSQL could lose confirmed events. */
export class UnsafeSettings extends Error {
  /** As `UNSAFE_SETTINGS` gives them. */
  readonly settings: string

  constructor(settings: string) {
    super(`PostgreSQL could lose confirmed events: ${settings}. Turn it on.`)
    this.settings = settings
  }
}

/** Throws UnsafeSettings on a server that could lose a commit that it confirmed. */
export async function assertDurable(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ unsafe: string }>(
    `/* durable settings */ select ${UNSAFE_SETTINGS} as unsafe`,
  )
  if (rows[0]?.unsafe) throw new UnsafeSettings(rows[0].unsafe)
}
