import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DeviceReader, deviceOf } from './device.ts'

const chrome = (middle: string, version = '137.0.0.0', mobile = '') =>
  `Mozilla/5.0 (${middle}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} ${mobile}Safari/537.36`
const webView = (middle: string, app: string) =>
  `Mozilla/5.0 (${middle}; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36 ${app}`
const mac = (rest: string) =>
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ${rest}`
const WINDOWS = 'Windows NT 10.0; Win64; x64'
const ANDROID = 'Linux; Android 10; K'

// browser | system | device | user agent
const LABELLED = `
Chrome 137 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36
Chrome 137 | macOS 10.15 | desktop | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36
Chrome 137 | Linux | desktop | Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36
Chrome 137 | Chrome OS 14541 | desktop | Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36
Chrome 137 | Android 10 | mobile | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36
Chrome 137 | Android 10 | tablet | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36
Chrome 138 | iOS 18 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1
Chrome 138 | iOS 17 | tablet | Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1
Chrome 120 | Android 13 | mobile | Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 30; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.1.2 Mobile Safari/537.36 
Safari 18 | macOS 10.15 | desktop | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15
Safari 18 | iOS 18 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1
Safari 17 | iOS 17 | tablet | Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1
Safari | iOS 18 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148
Firefox 140 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0
Firefox 140 | Linux | desktop | Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
Firefox 140 | macOS 10.15 | desktop | Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0
Firefox 140 | Android 15 | mobile | Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0
Firefox 140 | Android 14 | tablet | Mozilla/5.0 (Android 14; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0
Firefox 140 | iOS 18 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15
Firefox 115 | FreeBSD | desktop | Mozilla/5.0 (X11; FreeBSD amd64; rv:115.0) Gecko/20100101 Firefox/115.0
Edge 137 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.3296.52
Edge 137 | Android 10 | mobile | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 EdgA/137.0.0.0
Edge 137 | iOS 18 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/137.0.3296.66 Mobile/15E148 Safari/604.1
Edge 18 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763
Opera 119 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36 OPR/119.0.0.0
Opera 90 | Android 14 | mobile | Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 OPR/90.0.0.0
Opera 5 | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1 OPT/5.3.1
Opera Mini 7 |  | mobile | Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10
Samsung Internet 28 | Android 10 | mobile | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36
Samsung Internet 5 | Tizen 4 | tv | Mozilla/5.0 (SMART-TV; LINUX; Tizen 4.0) AppleWebKit/538.1 (KHTML, like Gecko) SamsungBrowser/5.1 TV Safari/538.1
Yandex Browser 25 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 YaBrowser/25.4.0.0 Safari/537.36
Vivaldi 7 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Vivaldi/7.4.3684.52
DuckDuckGo 7 | macOS 10.15 | desktop | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15 Ddg/7.1
DuckDuckGo 5 | Android 14 | mobile | Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 DuckDuckGo/5
Naver Whale 4 | Windows 10 | desktop | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Whale/4.31.304.16 Safari/537.36
UC Browser 13 | Android 12 | mobile | Mozilla/5.0 (Linux; U; Android 12; en-US; RMX3241) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/13.7.0.1322 Mobile Safari/537.36
MIUI Browser 14 | Android 13 | mobile | Mozilla/5.0 (Linux; U; Android 13; es-es; 2201117TG) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.10.1-gn
Huawei Browser 5 | OpenHarmony 5 | mobile | Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.4.300
Amazon Silk 120 | Android 11 | tablet | Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4.1 like Chrome/120.0.6099.230 Safari/537.36
Amazon Silk 120 | Android 9 | tv | Mozilla/5.0 (Linux; Android 9; AFTSSS) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4.1 like Chrome/120.0.6099.230 Safari/537.36
Meta Quest Browser 33 | Android 12 | wearable | Mozilla/5.0 (X11; Linux x86_64; Quest 3; Android 12) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/33.0.0 Chrome/126.0.0.0 VR Safari/537.36
Internet Explorer 11 | Windows 7 | desktop | Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko
Internet Explorer 11 | Windows 10 | desktop | Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; .NET4.0C)
Internet Explorer 6 | Windows XP | desktop | Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)
Facebook 536 | Android 15 | mobile | Mozilla/5.0 (Linux; Android 15; SM-S921B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/536.0.0.46.77;IABMV/1;]
Facebook 465 | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 [FBAN/FBIOS;FBAV/465.0.1.41.103;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5.1]
Messenger 400 | Android 13 | mobile | Mozilla/5.0 (Linux; Android 13; Pixel 6; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/400.0.0.11.118;]
Instagram 330 | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F79 Instagram 330.0.3.29.91 (iPhone14,3; iOS 17_5; en_US; en; scale=3.00; 1125x2436; 595323416)
TikTok 34 | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 musical_ly_34.5.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en
Pinterest | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 [Pinterest/iOS]
LinkedIn | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 [LinkedInApp]/9.29.6483
Snapchat 12 | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Snapchat/12.95.0.37 (like Safari/8618.2.12.10.9, panda)
WeChat 8 | Android 12 | mobile | Mozilla/5.0 (Linux; Android 12; M2011K2C; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36 MMWEBID/1234 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 NetType/WIFI
LINE 14 | Android 14 | mobile | Mozilla/5.0 (Linux; Android 14; SO-51C; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36 Line/14.9.1/IAB
Google Search App 320 | iOS 17 | mobile | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/320.0.639140130 Mobile/15E148 Safari/604.1
Edge 137 | iOS | tablet | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) EdgiOS/137 Version/18.0 Safari/605.1.15
Electron 31 | macOS 10.15 | desktop | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Notes/1.2.3 Electron/31.0.2 Safari/537.36
webOS Browser | webOS | tv | Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager
PlayStation | PlayStation 5 | console | Mozilla/5.0 (PlayStation; PlayStation 5/8.40) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Safari/605.1.15
Nintendo Browser 5 | Nintendo | console | Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/606.4 (KHTML, like Gecko) NF/6.0.1.15.4 NintendoBrowser/5.1.0.20393
Edge 44 | Windows 10 | console | Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/44.18363.8131
Firefox 48 | KaiOS 2 | mobile | Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5
Chrome 137 | Android 14 | tablet | Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36
`

describe('a device by its user agent', () => {
  const labelled = LABELLED.trim()
    .split('\n')
    .map((line) => line.split(' | '))
  it.each(labelled)('%s on %s (%s)', (browser, os, device, userAgent) => {
    expect(shown(deviceOf({ 'user-agent': userAgent }))).toEqual([browser, os, device])
  })

  it.each([
    '',
    ' ',
    '\u{1f600} ((((;;;; Version/999999999',
    'toString/1.0',
    '__proto__/2',
    'Buy pills/3',
  ])('%j is nothing', (userAgent) => {
    expect(shown(deviceOf({ 'user-agent': userAgent }))).toEqual(['', '', ''])
  })
})

const shown = ({ browser, browserVersion, os, osVersion, device }: ReturnType<typeof deviceOf>) => [
  [browser, browserVersion].filter(Boolean).join(' '),
  [os, osVersion].filter(Boolean).join(' '),
  device ?? '',
]

describe('client hints', () => {
  const userAgent = chrome(WINDOWS, '138.0.0.0')
  const brands = (name: string) => `"Not)A;Brand";v="8", "Chromium";v="138", "${name}";v="138"`

  it('name the browser where the user agent says Chrome', () => {
    for (const [brand, name] of [
      ['Google Chrome', 'Chrome'],
      ['Brave', 'Brave'],
      ['Microsoft Edge', 'Edge'],
      ['Vivaldi', 'Vivaldi'],
    ]) {
      const headers = { 'user-agent': userAgent, 'sec-ch-ua': brands(brand ?? '') }
      expect(deviceOf(headers)).toMatchObject({ browser: name, browserVersion: '138' })
    }
  })

  it('without a brand of its own are Chromium, and a name that nobody knows is not taken', () => {
    const headers = { 'user-agent': userAgent, 'sec-ch-ua': brands('Buy Pills Browser') }
    expect(deviceOf(headers)).toMatchObject({ browser: 'Chromium', browserVersion: '138' })
  })

  it('leave the app its name that shows the page in a WebView', () => {
    const headers = {
      'user-agent': webView('Linux; Android 15; SM-S921B', 'Instagram 380.0.0.1.2 Android'),
      'sec-ch-ua': brands('Android WebView'),
      'sec-ch-ua-mobile': '?1',
    }
    expect(deviceOf(headers)).toMatchObject({ browser: 'Instagram', browserVersion: '380' })
  })

  it.each([
    ['"Windows"', '"15.0.0"', 'Windows', '11'],
    ['"Windows"', '"10.0.0"', 'Windows', '10'],
    ['"Windows"', '"0.3.0"', 'Windows', '8.1'],
    ['"macOS"', '"15.5.0"', 'macOS', '15'],
    ['"macOS"', '"10.14.6"', 'macOS', '10.14'],
    ['"Android"', '"15.0.0"', 'Android', '15'],
    ['Chrome OS', '16238.0.0', 'Chrome OS', '16238'],
    ['"Linux"', '"6.8.0"', 'Linux', undefined],
    ['"Plan 9"', '"4"', 'Windows', '10'],
  ])('%s %s is %s %s', (platform, version, os, osVersion) => {
    const headers = {
      'user-agent': userAgent,
      'sec-ch-ua-platform': platform,
      'sec-ch-ua-platform-version': version,
    }
    expect(deviceOf(headers)).toMatchObject({ os, osVersion })
  })

  it('tell a phone from a tablet', () => {
    const android = { 'user-agent': chrome(ANDROID), 'sec-ch-ua-platform': '"Android"' }
    expect(deviceOf({ ...android, 'sec-ch-ua-mobile': '?1' }).device).toBe('mobile')
    expect(deviceOf({ ...android, 'sec-ch-ua-mobile': '?0' }).device).toBe('tablet')
    expect(
      deviceOf({ ...android, 'sec-ch-ua-mobile': '?1', 'sec-ch-ua-model': '"SM-X710"' }).device,
    ).toBe('tablet')
    expect(deviceOf({ ...android, 'sec-ch-ua-form-factors': '"XR"' }).device).toBe('wearable')
  })
})

describe('an iPad that says it is a Mac', () => {
  const headers = { 'user-agent': mac('Version/18.5 Safari/605.1.15') }

  it.each([
    ['800x1100', 'iOS', 'tablet'],
    ['1024x1366', 'iOS', 'tablet'],
    ['1500x900', 'macOS', 'desktop'],
    ['1080x1920', 'macOS', 'desktop'],
    [undefined, 'macOS', 'desktop'],
    ['9e9x1', 'macOS', 'desktop'],
  ])('with a screen of %s is %s (%s)', (screen, os, device) => {
    expect(deviceOf(headers, screen)).toMatchObject({ os, device })
    expect(new DeviceReader().read(headers, screen)).toMatchObject({ os, device })
  })
})

describe('a reader', () => {
  it('works out each device once, and forgets the one that was seen longest ago', () => {
    const reader = new DeviceReader(2)
    const read = (version: number) =>
      reader.read({ 'user-agent': chrome(WINDOWS, `${version}.0.0.0`) }).browserVersion
    expect([1, 1, 2, 1, 3, 1, 2].map(read)).toEqual(['1', '1', '2', '1', '3', '1', '2'])
    expect([reader.hits, reader.misses]).toEqual([3, 4])
  })

  it('tells hints apart', () => {
    const reader = new DeviceReader()
    const headers = { 'user-agent': chrome(WINDOWS), 'sec-ch-ua-platform': '"Windows"' }
    expect(reader.read({ ...headers, 'sec-ch-ua-platform-version': '"15.0.0"' }).osVersion).toBe(
      '11',
    )
    expect(reader.read({ ...headers, 'sec-ch-ua-platform-version': '"8.0.0"' }).osVersion).toBe(
      '10',
    )
  })

  it('takes no longer for a header of 1 MB than for one of 512 characters', () => {
    // The square of it would take minutes for one of these: the test's own time limit is the assertion.
    for (const unit of HOSTILE) {
      for (let round = 0; round < 20; round++) {
        const text = `Mozilla/5.0 (${round}${unit.repeat(1_000_000 / unit.length)}`
        deviceOf({ 'user-agent': text, 'sec-ch-ua': text, 'sec-ch-ua-platform': text })
      }
    }
  })

  it('takes time that grows with the 512 characters, not with their square', () => {
    const cost = (length: number) => {
      const texts = HOSTILE.map((unit) => unit.repeat(length).slice(0, length))
      const run = () => texts.forEach((text) => void deviceOf({ 'user-agent': text }))
      for (let round = 0; round < 50; round++) run()
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < 50; round++) {
        const from = performance.now()
        run()
        best = Math.min(best, performance.now() - from)
      }
      return best
    }
    // Four times the text; its square would be sixteen times the time.
    expect(cost(512) / cost(128)).toBeLessThan(9)
  })
})

const HOSTILE = [
  'a',
  ' ',
  ';',
  '(',
  '1',
  '/',
  'Chrome/',
  'Version/1.',
  'Android ',
  'Mobile Safari/',
  'Windows NT ',
  'Mac OS X ',
  'Opera Mini/',
  'iPhone OS 1_',
  '"',
  'Tab ',
  'Chromebook',
  'SM-',
  'wv) ',
  'FBAV/',
  'Nokia',
  'Build/',
]

const VECTORS = join(import.meta.dirname, '../../../shared/vectors/user-agents.json')

describe.skipIf(!existsSync(VECTORS))(
  'the collected vectors (skipped where they do not lie beside the project)',
  () => {
    interface Vector {
      id: string
      ua: string
      headers?: Record<string, string>
      expect: {
        browser?: string
        browser_version?: string
        os?: string
        os_family?: string
        os_version?: string
        os_version_name?: string
        device_type?: string
      }
    }
    const vectors: Vector[] = existsSync(VECTORS)
      ? JSON.parse(readFileSync(VECTORS, 'utf8')).vectors
      : []
    const results = vectors.map(({ id, ua, headers = {}, expect: wanted }) => {
      const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
      const given = deviceOf({ 'user-agent': ua, ...Object.fromEntries(lower) })
      return { id, given, wanted }
    })

    // Each at what was measured, 2026-11-24, less what a vector more or less may change.
    it.each<[string, number, (result: (typeof results)[number]) => boolean | undefined]>([
      ['browser', 0.96, ({ given, wanted }) => isSame(given.browser, wanted.browser)],
      [
        'browser version',
        0.95,
        ({ given, wanted }) => isSameVersion(given.browserVersion, wanted.browser_version),
      ],
      [
        'system',
        0.95,
        ({ given, wanted }) =>
          isSame(given.os, wanted.os) === false
            ? (isSame(given.os, wanted.os_family) ?? false)
            : isSame(given.os, wanted.os),
      ],
      [
        'system version',
        0.93,
        ({ given, wanted }) =>
          wanted.os_version_name !== undefined && given.osVersion === wanted.os_version_name
            ? true
            : isSameVersion(given.osVersion, wanted.os_version),
      ],
      [
        'device',
        0.94,
        ({ given, wanted }) =>
          wanted.device_type === undefined
            ? undefined
            : given.device === (KINDS[wanted.device_type] ?? wanted.device_type),
      ],
    ])('%s: at least %d are right', (_what, least, judge) => {
      const judged = results
        .map((result) => [result, judge(result)] as const)
        .filter(([, right]) => right !== undefined)
      const wrong = judged.filter(([, right]) => !right).map(([result]) => result)
      expect(
        1 - wrong.length / judged.length,
        JSON.stringify(wrong, null, 1),
      ).toBeGreaterThanOrEqual(least)
    })
  },
)

const KINDS: Record<string, string> = {
  smartphone: 'mobile',
  phablet: 'mobile',
  'feature phone': 'mobile',
  'car browser': 'car',
}

/** Words that say where a browser runs and not which it is, and names of one thing by several sources. */
function familyOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(
      /\b(mobile|webview|privacy|browser|ui\/wkwebview|microsoft|amazon|search|app|internet for android)\b/g,
      '',
    )
    .replace(/ ios$/, '')
    .replace(/[^a-z0-9]/g, '')
    .replace(/browser$/, '')
  return EQUAL_NAMES[plain] ?? plain
}

const EQUAL_NAMES: Record<string, string> = {
  mac: 'macos',
  macosx: 'macos',
  gnulinux: 'linux',
  ie: 'internetexplorer',
  samsunginternet: 'samsung',
  symbianos: 'symbian',
  nokiaseries30plus: 'series30',
  ipados: 'ios',
}

function isSame(given: string | undefined, wanted: string | undefined): boolean | undefined {
  return wanted === undefined ? undefined : familyOf(given ?? '') === familyOf(wanted)
}

function isSameVersion(given: string | undefined, wanted: string | undefined): boolean | undefined {
  if (wanted === undefined) return undefined
  const first = (version: string | undefined) => version?.replace(/^RT /, '').split(/[._]/)[0]
  return first(given) === first(wanted)
}
