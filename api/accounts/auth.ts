import { betterAuth } from 'better-auth'
import { magicLink } from 'better-auth/plugins'
import type { Pool } from '../../database/postgres.ts'

export type Auth = ReturnType<typeof createAuth>['auth']

/** The one account of an installation until its owner invites others. */
const OWNER_EMAIL = 'owner@footfall.localhost'

/**
 * Sign-in by one-time link. There is no password and no default account: the
 * first link makes the owner, and only the command line prints links.
 */
export function createAuth(options: {
  pool: Pool
  secret: string
  baseUrl: string
  secureCookies: boolean
}) {
  let printed: string | undefined
  const auth = betterAuth({
    database: options.pool,
    secret: options.secret,
    baseURL: options.baseUrl,
    basePath: '/api/auth',
    telemetry: { enabled: false },
    logger: { level: 'error' },
    session: { expiresIn: 30 * 24 * 3_600, updateAge: 24 * 3_600 },
    advanced: {
      // No address is ever stored, an operator's neither.
      ipAddress: { disableIpTracking: true },
      useSecureCookies: options.secureCookies,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax' },
    },
    plugins: [
      magicLink({
        expiresIn: 24 * 3_600,
        storeToken: 'hashed',
        sendMagicLink: ({ token }) => {
          printed = token
        },
      }),
    ],
  })
  return {
    auth,
    /** A link that signs in whoever opens it first, within 24 hours. */
    async newSignInLink(): Promise<string> {
      await auth.api.signInMagicLink({
        body: { email: OWNER_EMAIL, name: 'Owner', callbackURL: '/dashboard/' },
        headers: new Headers(),
      })
      if (!printed) throw new Error('no sign-in link was made')
      return `${options.baseUrl}/sign-in?token=${printed}`
    },
  }
}
