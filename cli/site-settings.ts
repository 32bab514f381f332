import { isNetwork } from '../api/collect/networks.ts'
import { LEAST_DAYS } from '../pipeline/retention.ts'
import { ConfigError } from './config.ts'

/** Options of `footfall site`. */
export const SITE_SETTINGS = [
  'name',
  'timezone',
  'status',
  'allowed-hosts',
  'exclude-addresses',
  'exclude-countries',
  'exclude-hosts',
  'exclude-paths',
  'retain-events',
  'retain-daily',
] as const

type Given = Readonly<Record<string, string | undefined>>

const STATUSES = ['active', 'paused', 'deleted']

/** Columns of `sites` from the options that were given; `exclude` and `retention` are only what changes. */
export function siteColumns(given: Given) {
  const { name, timezone, status } = given
  if (timezone && !Intl.supportedValuesOf('timeZone').includes(timezone) && timezone !== 'UTC')
    throw new ConfigError('--timezone must be an IANA zone such as Europe/Berlin.')
  if (status && !STATUSES.includes(status))
    throw new ConfigError(`--status must be ${STATUSES.join(', ')}.`)
  const list = (option: string, isRight: (entry: string) => boolean, wanted: string) => {
    const entries = given[option]?.split(',').map((entry) => entry.trim())
    const named = entries?.filter((entry) => entry !== '')
    const wrong = named?.find((entry) => !isRight(entry))
    if (wrong !== undefined) throw new ConfigError(`--${option}: "${wrong}" is not ${wanted}.`)
    return named
  }
  const days = (option: string) => {
    const text = given[option]
    if (text === undefined) return undefined
    const count = Number(text)
    if (count === 0 || (Number.isInteger(count) && count >= LEAST_DAYS)) return count
    throw new ConfigError(`--${option} must be ${LEAST_DAYS} days or more, or 0 for ever.`)
  }
  return {
    name,
    timezone,
    status,
    allowed_hosts: list('allowed-hosts', isHost, 'a host such as example.com or *.example.com'),
    exclude: defined({
      addresses: list('exclude-addresses', isNetwork, 'an address or a CIDR range'),
      countries: list('exclude-countries', isCountry, 'a country code of two letters'),
      hosts: list('exclude-hosts', isHost, 'a host such as example.com or *.example.com'),
      paths: list('exclude-paths', (path) => /^[/*]/.test(path), 'a path such as /admin/*'),
    }),
    retention: defined({ events: days('retain-events'), daily: days('retain-daily') }),
  }
}

const isHost = (entry: string) => /^(?:\*\.)?[a-z0-9.-]+$/i.test(entry)
const isCountry = (entry: string) => /^[a-z]{2}$/i.test(entry)

const defined = <T extends object>(members: T) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
