import type { Config } from './config.ts'
import { bad, type Finding, note, ok } from './finding.ts'

const isLoopback = (host: string) => ['localhost', '127.0.0.1', '::1'].includes(host)
const GUESSED = /^(postgres|password|secret|admin|footfall|changeme|root|)$/i

/** What the settings alone tell. */
export function findingsOfSettings(config: Config): Finding[] {
  const found: Finding[] = []
  const isProduction = config.environment === 'production'
  const isPublic = !isLoopback(config.host)
  found.push(
    isProduction
      ? ok('ENVIRONMENT is production')
      : isPublic
        ? bad(
            `ENVIRONMENT is development, and HOST ${config.host} is reached from outside`,
            'Set ENVIRONMENT=production: in development anybody makes sites and reads the record.',
          )
        : note(
            'ENVIRONMENT is development',
            'Set ENVIRONMENT=production where others can reach it.',
          ),
  )
  const publicUrl = new URL(config.publicUrl)
  if (isProduction && publicUrl.protocol !== 'https:')
    found.push(
      bad(
        `PUBLIC_URL ${config.publicUrl} is not https`,
        'Set up TLS (docs/install.md) and PUBLIC_URL=https://…: a sign-in over http can be stolen.',
      ),
    )
  if (isProduction && isLoopback(publicUrl.hostname))
    found.push(
      bad(
        `PUBLIC_URL ${config.publicUrl} is this machine's own name`,
        'Set PUBLIC_URL to what people type: sign-in links and cookies are made for it.',
      ),
    )
  if (config.trustProxy.some((range) => range.endsWith('/0')))
    found.push(
      bad(
        'TRUST_PROXY trusts every address',
        'Name the proxy alone: else visitors choose the address that limits and exclusions see.',
      ),
    )
  else if (isProduction && isPublic && config.trustProxy.length === 0)
    found.push(
      bad(
        `HOST ${config.host} is reached from outside, and TRUST_PROXY is empty`,
        'Put nginx in front (deploy/nginx) and name it in TRUST_PROXY: else all visitors have its address.',
      ),
    )
  if (config.limits.network.perSecond === 0 && isProduction)
    found.push(
      note('LIMIT_NETWORK is 0', 'Unset it, unless nginx limits in front: a flood costs disk.'),
    )
  if (config.databaseUrl) {
    const { password, hostname, searchParams } = new URL(config.databaseUrl)
    if (GUESSED.test(decodeURIComponent(password)) && !isLoopback(hostname))
      found.push(
        bad(
          'the password in DATABASE_URL is one that is tried first',
          'Choose a long random one: "openssl rand -hex 24".',
        ),
      )
    if (!isLoopback(hostname) && hostname.includes('.') && !searchParams.has('sslmode'))
      found.push(
        note(
          `the connection to ${hostname} may be in clear`,
          'Add ?sslmode=verify-full to DATABASE_URL when it leaves this machine.',
        ),
      )
  }
  return found
}
