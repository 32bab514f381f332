import type { FastifyRequest } from 'fastify'
import type { Pool } from '../../database/postgres.ts'
import { Problem } from '../errors.ts'
import { type ApiKeyScope, findApiKey } from './api-key.ts'
import type { Auth } from './auth.ts'

/** Who asks: a signed-in person or a key. */
export type Principal =
  | { readonly kind: 'user'; readonly email: string }
  | { readonly kind: 'key'; readonly scope: ApiKeyScope; readonly siteId: string | null }

export interface Access {
  /** The principal, or a 401 or 403 Problem when it may not read this site. */
  requireRead(request: FastifyRequest, siteId?: string): Promise<Principal>
  /** The same of changing what the site is set up with. */
  requireChange(request: FastifyRequest, siteId: string): Promise<Principal>
}

/** Access by API key and, where accounts are served, by session cookie. */
export function createAccess(pool: Pool, auth?: Auth): Access {
  const access: Access = {
    async requireChange(request, siteId) {
      const principal = await access.requireRead(request, siteId)
      if (principal.kind === 'key' && principal.scope !== 'admin')
        throw new Problem('forbidden', 'This key may read, not change anything.')
      return principal
    },
    async requireRead(request, siteId) {
      const principal = await principalOf(request, pool, auth)
      if (!principal) {
        throw new Problem(
          'unauthenticated',
          'Sign in, or send an API key as "Authorization: Bearer footfall_…".',
        )
      }
      if (principal.kind === 'key') {
        if (principal.scope === 'collect')
          throw new Problem('forbidden', 'This key may send events, not read them.')
        if (siteId !== undefined && principal.siteId !== null && principal.siteId !== siteId) {
          throw new Problem('forbidden', 'This key opens another site.')
        }
      }
      return principal
    },
  }
  return access
}

async function principalOf(
  request: FastifyRequest,
  pool: Pool,
  auth?: Auth,
): Promise<Principal | undefined> {
  if (request.headers.authorization !== undefined) {
    const key = await findApiKey(pool, request.headers.authorization)
    return key && { kind: 'key', ...key }
  }
  if (!auth || request.headers.cookie === undefined) return undefined
  const session = await auth.api.getSession({
    headers: new Headers({ cookie: request.headers.cookie }),
  })
  return session ? { kind: 'user', email: session.user.email } : undefined
}
