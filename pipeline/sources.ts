import { APPS, PAYMENT_HOSTS, SOURCE_LISTS, type SourceKind } from './source-lists.ts'

/** A source by the name that reports show; `kind` is null when it is on no list. */
export interface Source {
  readonly name: string
  readonly kind: SourceKind | null
}

type Sources = Map<string, Source>

// By host: `google.com`, `google.*`. By mail domain: those of its hosts that are webmail.
const byHost: Sources = new Map()
const byMailDomain: Sources = new Map()
const byName: Sources = new Map()
const byApp: Sources = new Map()
const paymentHosts = new Set(words(PAYMENT_HOSTS))

// Words of hosts that in `utm_source` mean something else.
const COMMON_WORD = /^(?:info|online|search|note|band|mix|mail|news|meta|shop)$/

for (const [kind, list] of Object.entries(SOURCE_LISTS)) {
  for (const line of lines(list)) {
    const [name = '', hosts = '', names = ''] = line.split('|').map((part) => part.trim())
    addSource({ name, kind: kind as SourceKind }, words(hosts), words(names)) // a key of SOURCE_LISTS
  }
}
for (const line of lines(APPS)) {
  const at = line.indexOf(' ')
  const source = byName.get(nameKey(line.slice(at + 1)))
  if (!source) throw new Error(`${line}: no such source`)
  byApp.set(line.slice(0, at).toLowerCase(), source)
}

/** `WWW.Google.com.` → `google.com`: the host as the lists write it. */
export function bareHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^www\d?\./, '')
}

/** The source of a referrer's host; one that is on no list is called by its host. */
export function sourceOfHost(hostname: string): Source {
  const host = bareHost(hostname)
  return listedHost(host) ?? { name: host, kind: null }
}

/** The source that an app's package name stands for; an unknown app is called by its address. */
export function sourceOfApp(packageName: string): Source {
  const labels = packageName.toLowerCase().split('.')
  for (let end = labels.length; end > 1; end--) {
    const found = byApp.get(labels.slice(0, end).join('.'))
    if (found) return found
  }
  return { name: `android-app://${packageName}`, kind: null }
}

export interface TaggedSource extends Source {
  /** It says of itself that it was paid for: `facebook-ads`. */
  readonly isPaid: boolean
}

/** The source that a link names (`utm_source`): by a name, a host or an address; else as written. */
export function sourceOfTag(tag: string): TaggedSource {
  const named = byName.get(nameKey(tag))
  if (named) return { ...named, isPaid: /adwords|^gads$/i.test(tag) }
  const site = /^(?:(?:https?|android-app):\/\/)?([\w-]+(?:\.[\w-]+)+)(?:[:/].*)?$/i.exec(tag)?.[1]
  if (site) {
    const listed = /^android/i.test(tag) ? sourceOfApp(site) : listedHost(bareHost(site))
    // Whoever writes a host means the site.
    return { ...(listed ?? { name: tag, kind: 'site' }), isPaid: false }
  }
  const advertiser = /^(.+?)[\s_-]*(?:ads?|paid)$/i.exec(tag)?.[1]
  const known = advertiser === undefined ? undefined : byName.get(nameKey(advertiser))
  return known ? { ...known, isPaid: true } : { name: tag, kind: null, isPaid: false }
}

const SECURE_LABEL = /^(?:3ds?\d*|acs\d*|.*(?:3ds|3dsec|3-?d-?secure|threeds).*)$/

/** A payment provider, or the bank's page that confirms a card payment (3-D Secure). */
export function isPayment(hostname: string): boolean {
  const labels = bareHost(hostname).split('.')
  return labels.some(
    (label, at) =>
      paymentHosts.has(labels.slice(at).join('.')) ||
      (at < labels.length - 2 && SECURE_LABEL.test(label)),
  )
}

function listedHost(host: string): Source | undefined {
  const labels = host.split('.')
  for (let at = 0; at < labels.length - 1; at++) {
    const rest = labels.slice(at)
    const found = listed(byHost, rest) ?? webmail(rest)
    if (found) return found
  }
  return undefined
}

// What a country's registry puts before its code: amazon.co.uk, ebay.com.au.
const SECOND_LEVEL = /^(?:co|com|net|org|ne|or)$/
const REGION = /^(?:[a-z]{2}|com|net|org|cat|info)$/

/** Exactly this host, or its name under the ending of any region. */
function listed(sources: Sources, labels: readonly string[]): Source | undefined {
  const exact = sources.get(labels.join('.'))
  const last = labels.at(-1) ?? ''
  if (exact || !REGION.test(last)) return exact
  const isSecondLevel = last.length === 2 && SECOND_LEVEL.test(labels.at(-2) ?? '')
  return sources.get(`${labels.slice(0, isSecondLevel ? -2 : -1).join('.')}.*`)
}

const MAIL_LABEL = /^(?:[a-z0-9]{0,5}mail(?:er|business|box)?[a-z]?\d*[a-z]?|owa|roundcube|zimbra)$/

/** Webmail has a label that says so, before the domain: `webmail1.orange.fr`, `mail.example.com`. */
function webmail(labels: readonly string[]): Source | undefined {
  const [label = '', ...rest] = labels
  if (rest.length < 2 || !MAIL_LABEL.test(label)) return undefined
  for (let at = 0; at < rest.length - 1; at++) {
    const domain = rest.slice(at)
    const found = listed(byMailDomain, domain) ?? listed(byHost, domain)
    if (found?.kind === 'email') return found
  }
  return { name: labels.join('.'), kind: 'email' }
}

function addSource(source: Source, hosts: readonly string[], names: readonly string[]): void {
  for (const host of hosts) {
    if (host.startsWith('~')) byMailDomain.set(host.slice(1), source)
    else byHost.set(host, source)
  }
  const word = source.kind === 'email' ? null : /^([^.]{2,})\.(?:\*|[a-z]+)$/.exec(hosts[0] ?? '')
  const ownWord = word?.[1] && !COMMON_WORD.test(word[1]) ? [word[1]] : []
  for (const name of [source.name, ...ownWord, ...names]) {
    const key = nameKey(name)
    if (!byName.has(key)) byName.set(key, source)
  }
}

/** Spaces, `-`, `_` and case make no other name. */
function nameKey(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '')
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean)
}
