import { createHash, randomBytes } from 'node:crypto'
import type { Pool } from '../../database/postgres.ts'

export const API_KEY_SCOPES = ['read', 'collect', 'admin'] as const
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number]

export interface ApiKey {
  readonly scope: ApiKeyScope
  /** The one site it opens; null: all. */
  readonly siteId: string | null
}

const hash = (key: string) => createHash('sha256').update(key).digest()

/** Makes a key and returns it; only its hash is kept. The prefix lets secret scanners find a leak. */
export async function createApiKey(pool: Pool, key: ApiKey): Promise<string> {
  const secret = `footfall_${randomBytes(32).toString('base64url')}`
  await pool.query(
    'insert into api_keys (key_hash, prefix, scope, site_id) values ($1, $2, $3, $4)',
    [hash(secret), secret.slice(0, 13), key.scope, key.siteId],
  )
  return secret
}

/** The key of an `Authorization: Bearer` header, or undefined when it opens nothing. */
export async function findApiKey(
  pool: Pool,
  authorization: string | undefined,
): Promise<ApiKey | undefined> {
  const secret = /^Bearer (footfall_[\w-]{43})$/i.exec(authorization ?? '')?.[1]
  if (!secret) return undefined
  const { rows } = await pool.query<{ scope: ApiKeyScope; site_id: string | null }>(
    'select scope, site_id from api_keys where key_hash = $1 and revoked_at is null',
    [hash(secret)],
  )
  const row = rows[0]
  return row && { scope: row.scope, siteId: row.site_id }
}
