import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BotClues, BotDetector, byUserAgent } from './bot.ts'
import { AI_BOTS } from './bot-names.ts'
import { inNetworks } from './networks.ts'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36'
const WEB_VIEW =
  'Mozilla/5.0 (Linux; Android 14; SM-A546B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36'
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'

const PERSON = { isBot: false, botName: undefined, botKind: undefined, reason: undefined }

describe('a bot by its user agent', () => {
  it.each([
    [
      'GPTBot',
      'ai',
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.2; +https://openai.com/gptbot',
    ],
    [
      'ChatGPT-User',
      'ai',
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot',
    ],
    [
      'OAI-SearchBot',
      'ai',
      `${CHROME}; compatible; OAI-SearchBot/1.3; +https://openai.com/searchbot`,
    ],
    [
      'ClaudeBot',
      'ai',
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)',
    ],
    [
      'Perplexity-User',
      'ai',
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)',
    ],
    ['Applebot-Extended', 'ai', 'Mozilla/5.0 (compatible; Applebot-Extended/0.1)'],
    [
      'meta-externalagent',
      'ai',
      'meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)',
    ],
    ['Bytespider', 'ai', 'Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)'],
    ['cohere-ai', 'ai', 'cohere-ai'],
    [
      'Googlebot',
      'search',
      `${CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    ],
    [
      'Bingbot',
      'search',
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36',
    ],
    ['AhrefsBot', 'seo', 'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)'],
    [
      'UptimeRobot',
      'monitor',
      'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
    ],
    ['Google Lighthouse', 'monitor', `${CHROME} Chrome-Lighthouse`],
    [
      'Facebook preview',
      'preview',
      'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    ],
    [
      'Headless Chrome',
      'automation',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36',
    ],
    [
      'PhantomJS',
      'automation',
      'Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1',
    ],
    ['curl', 'library', 'curl/8.5.0'],
    ['Python', 'library', 'python-requests/2.32.3'],
    ['Go', 'library', 'Go-http-client/2.0'],
    ['Java', 'library', 'okhttp/4.12.0'],
    ['Node.js', 'library', 'axios/1.7.2'],
    [undefined, 'feed', 'SomeFeedFetcher/1.0 (+https://example.com)'],
    [undefined, 'other', 'Mozilla/5.0 (compatible; BuyPillsBot/1.0; +https://pills.example)'],
  ])('%s (%s)', (botName, botKind, userAgent) => {
    expect(byUserAgent(userAgent)).toEqual({ isBot: true, botName, botKind, reason: 'user_agent' })
  })

  it.each(AI_BOTS)('%s is an AI service, whatever the case', (name) => {
    for (const word of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(byUserAgent(`Mozilla/5.0 (compatible; ${word}/1.0)`)).toMatchObject({
        isBot: true,
        botKind: 'ai',
        botName: name,
      })
    }
  })

  it('none at all is a bot', () => {
    expect(byUserAgent(' ')).toMatchObject({ isBot: true, reason: 'no_user_agent' })
  })

  it.each([
    CHROME,
    WEB_VIEW,
    'Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (Linux; U; Android 4.2.1; en-gb; CUBOT ONE Build/JOP40D) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
    'Mozilla/5.0 (Linux; Android 15; Pixel 9 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36',
    `${WEB_VIEW} [FB_IAB/FB4A;FBAV/536.0.0.46.77;IABMV/1;]`,
    `${WEB_VIEW} Instagram 380.0.0.30.84 Android (34/14; 450dpi; 1080x2131; samsung; SM-A546B; a54x; s5e8835; de_DE; 723456789)`,
    `${WEB_VIEW} musical_ly_2023408040 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/34.8.4 ByteLocale/de-DE ByteFullLocale/de-DE Region/DE`,
    `${WEB_VIEW} DailyNews/5.2 (Android)`,
    `${WEB_VIEW} CamScanner/6.1`,
    `${WEB_VIEW} DiscoveryCheck/2.0`,
    `${WEB_VIEW} GoogleApp/15.20.37.28.arm64`,
    `${IPHONE} Mobile/15E148 SmartNews/24.1.0`,
    `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/465.0.1.41.103;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5.1;FBSS/3;FBID/phone;FBLC/de_DE;FBOP/80]`,
    `${IPHONE} Mobile/15E148 SogouMobileBrowser/5.22.1`,
    `${IPHONE} GSA/320.0.639140130 Mobile/15E148 Safari/604.1`,
    `${IPHONE} Version/18.5 Mobile/15E148 Snapchat/13.40.0.40 (like Safari/8621.2.5.10.3, panda)`,
    `${IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003130) NetType/WIFI Language/de`,
    'Mozilla/5.0 (Windows NT 5.1; rv:6.0) Gecko/20100101 Firefox/6.0 FirePHP/0.6',
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
    'Mozilla/5.0 (PlayStation; PlayStation 5/8.40) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Safari/605.1.15',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Abbott/1.0 Chrome/138.0.0.0 Safari/537.36',
  ])('people use %s', (userAgent) => {
    expect(byUserAgent(userAgent)).toEqual(PERSON)
  })

  it('a crawler in a WebView is a bot all the same', () => {
    expect(byUserAgent(`${WEB_VIEW} NewsBot/1.0`).isBot).toBe(true)
    expect(byUserAgent(`${WEB_VIEW} Daily News (+https://news.example)`).isBot).toBe(true)
  })

  it('takes time that grows with the text, not with its square', () => {
    // The square of it would take minutes for one of these: the test's own time limit is the assertion.
    for (const unit of [
      'a',
      ' ',
      'bot',
      '(',
      ';',
      'Mozilla/',
      'iPhone Mobile',
      '; wv) ',
      'dv(',
      '1.',
      'GPT',
      'Yandex',
      'a/1.',
    ]) {
      for (let round = 0; round < 50; round++) {
        byUserAgent(`Mozilla/5.0 ${round}${unit.repeat(1_000_000 / unit.length)}`)
        byUserAgent(unit.repeat(1_000_000 / unit.length))
      }
    }
  })
})

describe('a browser that is none', () => {
  const sent = {
    'user-agent': CHROME,
    accept: '*/*',
    'accept-encoding': 'gzip, br',
    'accept-language': 'de-DE,de;q=0.9',
    'sec-fetch-mode': 'cors',
    'sec-ch-ua': '"Chromium";v="138", "Not)A;Brand";v="8", "Google Chrome";v="138"',
  }
  const judge = (headers: BotClues['headers'], isSecure = true) =>
    new BotDetector().judge({ headers, isSecure })
  const without = (...names: (keyof typeof sent)[]) =>
    Object.fromEntries(Object.entries(sent).filter(([name]) => !names.includes(name as never)))

  it('lacks two things that browsers send, the language one of them', () => {
    expect(judge(without('accept-language', 'sec-fetch-mode'))).toMatchObject({
      isBot: true,
      reason: 'headers',
    })
    expect(judge(without('accept-language', 'accept-encoding'), false).isBot).toBe(false)
    expect(judge({ 'user-agent': CHROME }).isBot).toBe(true)
  })

  it('is not known by one missing header, for which there are innocent causes', () => {
    expect(judge(sent)).toEqual(PERSON)
    for (const name of Object.keys(sent) as (keyof typeof sent)[]) {
      if (name !== 'user-agent') expect(judge(without(name))).toEqual(PERSON)
    }
    // Browsers keep Sec-Fetch and hints for https.
    expect(judge(without('accept-language', 'sec-fetch-mode', 'sec-ch-ua'), false)).toEqual(PERSON)
  })

  it('says so in its hints', () => {
    const brands = '"HeadlessChrome";v="138", "Chromium";v="138"'
    expect(judge({ ...sent, 'sec-ch-ua': brands })).toMatchObject({
      isBot: true,
      botKind: 'automation',
    })
  })
})

describe('what the request comes from', () => {
  const person = {
    headers: { 'user-agent': CHROME, 'accept-language': 'en' },
    isSecure: true,
  }

  it.each([
    ['semalt.com', true],
    ['semalt.semalt.com', true],
    ['SEMALT.com.', true],
    ['spam.example', true],
    ['notsemalt.com', false],
    ['com', false],
    ['semalt.com.example.org', true],
    ['', false],
  ])('a referrer of %j is spam: %j', (referrerHost, isBot) => {
    const detector = new BotDetector({ spamHosts: ['Spam.example', ''] })
    expect(detector.judge({ ...person, referrerHost })).toMatchObject({ isBot })
  })

  it('is a bot in a network that the operator named', () => {
    const isBotNetwork = inNetworks(['192.0.2.0/24'])
    const detector = new BotDetector({ isBotNetwork })
    expect(detector.judge({ ...person, address: '192.0.2.77' })).toMatchObject({
      isBot: true,
      reason: 'network',
    })
    expect(detector.judge({ ...person, address: '198.51.100.1' })).toEqual(PERSON)
    expect(new BotDetector().judge({ ...person, address: '192.0.2.77' })).toEqual(PERSON)
  })

  it('is asked anew each time; only user agents are remembered', () => {
    const detector = new BotDetector({ isBotNetwork: inNetworks(['2001:db8::/32']) })
    const verdicts = ['::1', '2001:db8::1', '::1'].map(
      (address) => detector.judge({ ...person, address }).isBot,
    )
    expect(verdicts).toEqual([false, true, false])
    expect([detector.hits, detector.misses]).toEqual([2, 1])
  })
})

const VECTORS = join(import.meta.dirname, '../../../shared/vectors/bots.json')

describe.skipIf(!existsSync(VECTORS))(
  'the collected vectors (skipped where they do not lie beside the project)',
  () => {
    interface Vector {
      id: string
      ua: string
      is_bot: boolean
      ai?: boolean
    }
    const vectors: Vector[] = existsSync(VECTORS)
      ? JSON.parse(readFileSync(VECTORS, 'utf8')).vectors
      : []

    it('hold no person that is taken for a bot, no bot for a person, and no AI service for another bot', () => {
      const wrong = vectors.filter(({ ua, is_bot, ai }) => {
        const { isBot, botKind } = byUserAgent(ua)
        return isBot !== is_bot || (ai && botKind !== 'ai')
      })
      expect(wrong).toEqual([])
      expect(vectors.length).toBeGreaterThan(100)
    })
  },
)
