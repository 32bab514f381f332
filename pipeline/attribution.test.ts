import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CHANNELS, DIRECT } from '../contract/attribution.ts'
import { redactReferrer, redactUrl } from '../redact/url.ts'
import { attribute } from './attribution.ts'
import { CHANNEL_RULES, CHANNEL_RULES_VERSION } from './channel-rules.ts'
import { SOURCE_LISTS } from './source-lists.ts'

const SITE = 'https://site.example/'

describe('a visit by its referrer', () => {
  it.each([
    ['https://www.google.com/', 'Google', 'Organic Search'],
    ['https://www.google.co.uk/', 'Google', 'Organic Search'],
    ['https://www.google.com.br/', 'Google', 'Organic Search'],
    ['https://yandex.kz/', 'Yandex', 'Organic Search'],
    ['https://de.search.yahoo.com/', 'Yahoo!', 'Organic Search'],
    ['https://search.yahoo.co.jp/', 'Yahoo! Japan', 'Organic Search'],
    ['https://duckduckgo.com/', 'DuckDuckGo', 'Organic Search'],
    ['https://m.baidu.com/', 'Baidu', 'Organic Search'],
    ['https://search.seznam.cz/', 'Seznam', 'Organic Search'],
    ['https://l.facebook.com/', 'Facebook', 'Organic Social'],
    ['https://t.co/', 'Twitter', 'Organic Social'],
    ['https://x.com/', 'Twitter', 'Organic Social'],
    ['https://old.reddit.com/', 'Reddit', 'Organic Social'],
    ['https://news.ycombinator.com/', 'Hacker News', 'Organic Social'],
    ['https://lnkd.in/', 'LinkedIn', 'Organic Social'],
    ['https://go.bsky.app/', 'Bluesky', 'Organic Social'],
    ['https://pinterest.de/', 'Pinterest', 'Organic Social'],
    ['https://away.vk.com/', 'Vkontakte', 'Organic Social'],
    ['https://m.youtube.com/', 'YouTube', 'Organic Video'],
    ['https://www.amazon.de/', 'Amazon', 'Organic Shopping'],
    ['https://www.ebay.com.au/', 'eBay', 'Organic Shopping'],
    ['https://mail.google.com/', 'Gmail', 'Email'],
    ['https://us-mg6.mail.yahoo.com/', 'Yahoo! Mail', 'Email'],
    ['https://webmail12.orange.fr/', 'Orange Webmail', 'Email'],
    ['https://webmail.uni.example/', 'webmail.uni.example', 'Email'],
    ['https://chatgpt.com/', 'ChatGPT', 'AI Assistants'],
    ['https://www.perplexity.ai/', 'Perplexity', 'AI Assistants'],
    ['https://gemini.google.com/', 'Gemini', 'AI Assistants'],
    ['https://copilot.microsoft.com/', 'Microsoft Copilot', 'AI Assistants'],
    ['https://en.wikipedia.org/', 'Wikipedia', 'Referral'],
    ['https://docs.google.com/', 'Google Docs', 'Referral'],
    ['https://www.other.example:8443/', 'other.example', 'Referral'],
    ['https://google.evil.example/', 'google.evil.example', 'Referral'],
    ['https://notgoogle.com/', 'notgoogle.com', 'Referral'],
    ['https://ad.doubleclick.net/', 'Google', 'Display'],
    ['android-app://com.google.android.gm/', 'Gmail', 'Email'],
    ['android-app://com.google.android.googlequicksearchbox/', 'Google', 'Organic Search'],
    ['android-app://org.telegram.messenger/', 'Telegram', 'Organic Social'],
    ['android-app://com.Slack/', 'Slack', 'Organic Social'],
    ['android-app://some.android.app', 'android-app://some.android.app', 'Referral'],
  ])('%s is %s, %s', (referrer, source, channel) => {
    expect(attribute(SITE, referrer)).toMatchObject({
      referrer,
      source,
      medium: '',
      campaign: '',
      channel,
    })
  })

  it.each([
    ['the same host', SITE, 'https://site.example/before'],
    ['www of it', SITE, 'https://www.site.example/'],
    ['a host below', 'https://www.site.example/', 'https://shop.site.example/'],
    ['the host above', 'https://shop.site.example/', 'https://www.site.example/'],
    ['PayPal', SITE, 'https://www.paypal.com/'],
    ['Stripe Checkout', SITE, 'https://checkout.stripe.com/'],
    ['Klarna', SITE, 'https://pay.klarna.com/'],
    ['Adyen', SITE, 'https://checkoutshopper-live.adyen.com/'],
    ['3-D Secure of a bank', SITE, 'https://3ds.bank.example/'],
    ['an access control server', SITE, 'https://acs2.bank.example/'],
    ['no web address', SITE, 'about:blank'],
    ['no address at all', SITE, 'garbage'],
    ['an unknown page', undefined, ''],
  ])('%s says nothing', (_what, url, referrer) => {
    expect(attribute(url, referrer)).toMatchObject({
      referrer: null,
      source: DIRECT,
      channel: 'Direct',
    })
  })

  it('is not from the hosts that the site names', () => {
    const options = { ownHosts: ['www.sister.example'], ignoredHosts: ['login.example'] }
    const source = (referrer: string) => attribute(SITE, referrer, options).source
    expect(source('https://de.sister.example/')).toBe(DIRECT)
    expect(source('https://login.example/')).toBe(DIRECT)
    expect(source('https://other.example/')).toBe('other.example')
  })
})

describe('a visit by its link', () => {
  const FACEBOOK = 'https://l.facebook.com/'
  it.each([
    ['utm_source=GOOGLE&utm_medium=cpc', undefined, 'Google', 'Paid Search'],
    [
      'utm_source=google&utm_medium=cpc&utm_campaign=Spring%20Shop',
      undefined,
      'Google',
      'Paid Shopping',
    ],
    [
      'utm_source=google&utm_medium=cpc&utm_campaign=x-Cross-Network',
      undefined,
      'Google',
      'Cross-network',
    ],
    [
      'utm_source=x.example&utm_medium=email&utm_campaign=workshop',
      undefined,
      'x.example',
      'Email',
    ],
    ['utm_source=fb&utm_medium=paid_social', undefined, 'Facebook', 'Paid Social'],
    ['utm_source=facebook-ads', undefined, 'Facebook', 'Paid Social'],
    ['utm_source=Google%20Ads', undefined, 'Google', 'Paid Search'],
    ['utm_source=gads', undefined, 'Google', 'Paid Search'],
    ['utm_source=meta', undefined, 'Facebook', 'Organic Social'],
    ['utm_source=ig', undefined, 'Instagram', 'Organic Social'],
    ['utm_source=product_hunt', undefined, 'Product Hunt', 'Organic Social'],
    ['utm_source=yt&utm_medium=ppc', undefined, 'YouTube', 'Paid Video'],
    ['utm_source=chatgpt.com', undefined, 'ChatGPT', 'AI Assistants'],
    ['utm_source=www.perplexity.ai', undefined, 'Perplexity', 'AI Assistants'],
    ['utm_source=partner.example', undefined, 'partner.example', 'Referral'],
    ['utm_source=Newsletter', undefined, 'Newsletter', 'Unassigned'],
    ['utm_source=Newsletter&utm_medium=E-Mail', undefined, 'Newsletter', 'Email'],
    ['utm_source=e_mail', undefined, 'e_mail', 'Email'],
    ['utm_source=crm&utm_medium=qr', undefined, 'crm', 'Unassigned'],
    ['utm_source=crm&utm_medium=web-push', undefined, 'crm', 'Mobile Push Notifications'],
    ['utm_source=crm&utm_medium=sms', undefined, 'crm', 'SMS'],
    ['utm_source=spot&utm_medium=audio', undefined, 'spot', 'Audio'],
    ['utm_source=blog&utm_medium=affiliate', undefined, 'blog', 'Affiliates'],
    ['utm_source=criteo&utm_medium=display', undefined, 'Criteo', 'Display'],
    ['utm_source=x.example&utm_medium=cpc', undefined, 'x.example', 'Paid Other'],
    ['utm_source=x.example&utm_medium=organic', undefined, 'x.example', 'Organic Search'],
    ['utm_source=x.example&utm_medium=social-media', undefined, 'x.example', 'Organic Social'],
    ['utm_source=x.example&utm_medium=referral', undefined, 'x.example', 'Referral'],
    ['utm_medium=paid', FACEBOOK, 'Facebook', 'Paid Social'],
    ['utm_medium=email', undefined, DIRECT, 'Email'],
    ['utm_medium=postcard', undefined, DIRECT, 'Direct'],
    ['utm_source=(direct)&utm_medium=(none)', undefined, DIRECT, 'Direct'],
    ['utm_source=news', FACEBOOK, 'news', 'Unassigned'],
    ['ref=betalist-weekly', undefined, 'betalist-weekly', 'Referral'],
    ['UTM_Source=bing', undefined, 'Bing', 'Organic Search'],
    ['paid=google', 'https://www.google.com/', 'Google', 'Paid Search'],
    ['paid=google', undefined, 'Google', 'Paid Search'],
    ['paid=google', 'https://www.youtube.com/', 'YouTube', 'Paid Video'],
    ['gclid=Cj0KC', 'https://blog.example/', 'Google', 'Paid Search'],
    ['paid=google&utm_source=newsletter', undefined, 'newsletter', 'Unassigned'],
    ['paid=google&utm_source=google&utm_medium=display', undefined, 'Google', 'Display'],
    ['paid=meta', 'https://l.instagram.com/', 'Instagram', 'Organic Social'],
    ['paid=meta', undefined, 'Facebook', 'Organic Social'],
    ['paid=microsoft', undefined, 'Bing', 'Paid Search'],
    ['paid=impact', 'https://blog.example/', 'Impact', 'Affiliates'],
    ['paid=constructor&constructor=1', undefined, DIRECT, 'Direct'],
    ['utm_source=', 'https://www.bing.com/', 'Bing', 'Organic Search'],
  ])('%s from %s is %s, %s', (query, referrer, source, channel) => {
    expect(attribute(`${SITE}?${query}`, referrer)).toMatchObject({ source, channel })
  })

  it('keeps medium, campaign and the tag of the source as they are written', () => {
    expect(
      attribute(`${SITE}?utm_source=fb&utm_medium=Paid&utm_campaign=UK%20Spring`, undefined),
    ).toMatchObject({
      referrer: null,
      source: 'Facebook',
      utmSource: 'fb',
      medium: 'Paid',
      campaign: 'UK Spring',
      channel: 'Paid Social',
    })
    expect(attribute(`${SITE}?ref=fb`, undefined)).toMatchObject({
      source: 'Facebook',
      utmSource: '',
    })
  })
})

describe('the rules', () => {
  it('name every channel of the contract, in its order, and no other', () => {
    const { Direct, ...rest } = Object.fromEntries(CHANNELS.map((each) => [each, true]))
    const named = [...new Set(CHANNEL_RULES.map(({ channel }) => channel))]
    expect(Direct).toBe(true)
    expect([...named.filter((each) => each !== 'Direct'), 'Unassigned']).toEqual(Object.keys(rest))
  })

  it('have a version that changes with them', () => {
    expect(CHANNEL_RULES_VERSION).toBe(1)
  })

  it('know each host once', () => {
    const hosts = Object.values(SOURCE_LISTS).flatMap((list) =>
      list.split('\n').flatMap((line) => (line.split('|')[1] ?? '').split(' ').filter(Boolean)),
    )
    expect(hosts.filter((host, at) => hosts.indexOf(host) !== at)).toEqual([])
    expect(hosts.filter((host) => !/^(~?[a-z0-9-]+\.)+([a-z]+|\*)$/.test(host))).toEqual([])
  })
})

const VECTORS = join(import.meta.dirname, '../../shared/vectors/sources.json')

describe.skipIf(!existsSync(VECTORS))(
  'the collected vectors (skipped where they do not lie beside the project)',
  () => {
    interface Expected {
      channel?: string
      medium?: string
      referring_domain_type?: string
      source?: string
    }
    interface Vector {
      id: string
      whose: string
      kind: string
      given: Record<string, string> & { site_urls?: string[]; excluded_referrers?: string[] }
      expect?: Expected
      expect_by?: Record<string, Expected>
      superseded?: string
    }
    const vectors: Vector[] = existsSync(VECTORS)
      ? JSON.parse(readFileSync(VECTORS, 'utf8')).vectors
      : []

    /** What others call a channel. */
    const NAMES: Record<string, string> = {
      AI: 'AI Assistants',
      'Cross Network': 'Cross-network',
      direct: 'Direct',
      website: 'Referral',
      unknown: 'Referral',
      search: 'Organic Search',
      social: 'Organic Social',
      email: 'Email',
      paid: 'Display',
      chatbot: 'AI Assistants',
      'ai-assistant': 'AI Assistants',
      Social: 'Organic Social',
      Shopping: 'Organic Shopping',
    }

    function judge({ kind, given }: Vector) {
      const url = new URL(given.url ?? SITE)
      const source =
        given.utm_source ?? (kind === 'derived' ? (given.source ?? given.referrer) : '')
      if (source) url.searchParams.set('utm_source', source)
      for (const name of ['utm_medium', 'utm_campaign'])
        if (given[name]) url.searchParams.set(name, given[name])
      if (given.click_id_param) url.searchParams.set(given.click_id_param, '1')
      const referrer = kind === 'raw' ? (given.referrer ?? '') : ''
      const hosts = (urls: string[] = []) =>
        urls.map((each) => (URL.parse(each)?.hostname ?? each).replace(/^\./, ''))
      return attribute(redactUrl(url.href), redactReferrer(referrer, url.host), {
        ownHosts: hosts(given.site_urls),
        ignoredHosts: hosts(given.excluded_referrers),
      })
    }

    /** Where we follow GA4's order, our own definitions, or what is left after redaction. */
    const DIFFERS: Record<string, string> = {
      'matomo-146': "a page's own host is its site, whatever else is said of the site",
      'matomo-166': 'any host of a payment provider says nothing',
      'matomo-206': 'on the list of assistants too, which counts',
      'posthog-012': "GA4: the campaign's word for shopping is before the source",
      'matomo-027': 'Google Custom Search is told by its path, which is not kept',
      'matomo-029': 'named by its host, not by the engine behind it',
      'matomo-066': 'named by its host, not by the engine behind it',
      'matomo-088': 'named by its host, not by the engine behind it',
      'matomo-226': 'is spelt Qzone',
    }
    const expected = ({ expect, expect_by }: Vector) => Object.values(expect_by ?? { expect })

    function isChannel(vector: Vector): boolean {
      const { channel } = judge(vector)
      return expected(vector).some((each) => {
        const name = each?.channel ?? each?.medium ?? each?.referring_domain_type
        if (name === undefined) return true
        return channel === (vector.superseded ? 'AI Assistants' : (NAMES[name] ?? name))
      })
    }

    // Images and videos are told by the path, which is not kept; some are called by their host.
    const plain = (name: string) =>
      decodeURIComponent(name)
        .toLowerCase()
        .replace(/ (?:images|videos?)$|[ .](?:com|ai)$/, '')
        .replace(/[^\p{L}\p{N}+]/gu, '')

    function isSource(vector: Vector): boolean {
      const source = plain(judge(vector).source)
      const host = URL.parse(vector.given.referrer ?? '')?.hostname
      return expected(vector).some(
        (each) =>
          each?.source === undefined || each.source === host || plain(each.source) === source,
      )
    }

    it.each(vectors.map((vector) => [vector.id, vector] as const))('%s', (id, vector) => {
      const agrees = isChannel(vector) && isSource(vector)
      expect(agrees, JSON.stringify([vector, judge(vector)])).toBe(!(id in DIFFERS))
    })
  },
)
