// Data, in order: the first that fits is taken. Each row is a product that
// `bowser` does not know or names otherwise. Names are a closed set, because
// whoever sends the header could fill the reports with names of their own.
// Patterns are literals with at most one open repetition, so their time is
// linear; the header is cut to 512 characters before.

/** A name, the pattern that shows it (its first group is the version), and one for the version where it stands elsewhere. */
export type Rule<Name extends string = string> = readonly [
  name: Name,
  shows: RegExp,
  version?: RegExp,
]

/** Apps that show pages themselves. They stand beside a browser's name in the header, and win. */
export const APPS: readonly Rule[] = [
  ['Messenger', /FB(?:AN|_IAB)\/(?:Messenger|Orca)/i, /FBAV\/(\d+)/],
  ['Instagram', /\bInstagram (\d+)/],
  ['Threads', /\bBarcelona (\d+)/],
  ['Facebook', /\bFB(?:AN|AV|_IAB)\/|\bFBIOS\b/, /FBAV\/(\d+)/],
  [
    'TikTok',
    /musical_ly|\btrill_|BytedanceWebview|\bTikTok\b/i,
    /(?:app_version\/|musical_ly_|trill_|TikTok[ /])(\d{1,3})\./i,
  ],
  ['Pinterest', /\[Pinterest\/|^Pinterest for /, /Pinterest for [A-Za-z ]+\/(\d+)/],
  ['LinkedIn', /\bLinkedInApp\b/, /LinkedInApp\/(\d+)/],
  ['Snapchat', /\bSnapchat[ /](\d+)?/],
  ['X', /\bTwitter(?: for|Android)\b/, /Twitter for [A-Za-z]+\/(\d+)/],
  ['Reddit', /\bReddit\/(?:Version )?(\d+)?/],
  ['Telegram', /\bTelegram-(?:Android|iOS)\/(\d+)/],
  ['WhatsApp', /^WhatsApp\/\d|\bWhatsApp\/(\d+)/],
  ['LINE', /\bLine\/(\d+)/],
  ['KakaoTalk', /\bKAKAOTALK[ /]?(\d+)?/i],
  ['WeChat', /\bMicroMessenger\/(\d+)/],
  ['Weibo', /\bWeibo\b/],
  ['Alipay', /\bAlipayClient\/(\d+)/],
  ['Naver', /\bNAVER\(inapp; \w+; \d+; (\d+)/],
  ['Baidu', /\b(?:baiduboxapp|baidubrowser)\/(\d+)/i],
  ['Google Search App', /\b(?:GSA|GoogleApp)\/(\d+)/],
  ['Flipboard', /\bFlipboard\/(\d+)/],
  ['Spotify', /\bSpotify\/(\d+)/],
  ['Slack', /\bSlack(?:_SSB)?\/(\d+)/],
  ['Discord', /\bdiscord\/(\d+)/],
  ['Teams', /\bTeams\/(\d+)/],
  ['Thunderbird', /\bThunderbird\/(\d+)/],
  ['Outlook', /\bMicrosoft Outlook(?: (\d+))?/],
]

export const BROWSERS: readonly Rule[] = [
  ['UC Browser', /\bUC ?Browser[/ ]?(\d+)?|\bUCWEB/i, /UC ?Browser[/ ]?(\d+)/i],
  ['Opera Mini', /\bOpera Mini\/(?:att\/)?(\d+)/],
  ['Yandex Browser', /\bYa(?:Search)?Browser\/(\d+)/],
  ['DuckDuckGo', /\b(?:DuckDuckGo|Ddg)\/(\d+)/],
  ['Huawei Browser', /\bHuaweiBrowser\/(\d+)/],
  ['MIUI Browser', /\bMiuiBrowser\/(\d+)/],
  ['HeyTap Browser', /\bHeyTapBrowser\/(\d+)/],
  ['Vivo Browser', /\bVivoBrowser\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['QQ Browser', /\bM?QQBrowser(?:Lite)?\/(\d+)/],
  ['Sogou Browser', /\bSogouMobileBrowser\/(\d+)|\bMetaSr (\d+)/],
  ['360 Browser', /\b(?:QihooBrowser|360SE|360EE|QHBrowser)\b(?:\/(\d+))?/],
  ['Quark', /\bQuark\/(\d+)/],
  ['Amazon Silk', /\bSilk\/(\d+)/],
  ['Meta Quest Browser', /\bOculusBrowser\/(\d+)/],
  ['Coc Coc', /\bcoc_coc_browser\/(\d+)/],
  ['Naver Whale', /\bWhale\/(\d+)/],
  ['Ecosia', /\bEcosia \w+@(\d+)/i],
  ['Avast Secure Browser', /\bAvast\/(\d+)/],
  ['AVG Secure Browser', /\bAVG\/(\d+)/],
  ['CCleaner Browser', /\bCCleaner\/(\d+)/],
  ['Brave', /\bBrave(?: Chrome)?\/(\d+)/],
  ['Vivaldi', /\bVivaldi\/(\d+)/],
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\b(?:OPR|OPT|OPX|OPiOS)\/(\d+)/],
  ['Sailfish Browser', /\bSailfish ?Browser\/(\d+)/],
  ['Puffin', /\bPuffin\/(\d+)/],
  ['Maxthon', /\bMaxthon[/ ](\d+)/i],
  ['Iron', /\bIron(?:\/(\d+))?/],
  ['Firefox Lite', /\bRocket\/(\d+)/],
  ['Firefox Focus', /\b(?:Focus|Klar)\/(\d+)/],
  ['Waterfox', /\bWaterfox\/(\d+)/],
  ['Basilisk', /\bBasilisk\/(\d+)/],
  ['Iceweasel', /\bIceweasel\/(\d+)/],
  ['Konqueror', /\bKonqueror\/(\d+)/],
  ['Falkon', /\bFalkon\/(\d+)/],
  ['Netscape', /\bNetscape\d?\/(\d+)/],
  ['Camino', /\bCamino\/(\d+)/],
  ['Nokia Browser', /\b(?:S40Ovi|Nokia)Browser\/(\d+)/],
  ['NetFront', /\bNetFront(?: NX)?\/(\d+)/],
  ['Nintendo Browser', /\bNintendoBrowser\/(\d+)/],
  ['PlayStation', /\bPlayStation (?:Vita|[345])\b|\(PlayStation/i],
  ['NetSurf', /\bNetSurf\/(\d+)/],
  ['Lynx', /^Lynx\/(\d+)/],
]

/** Brands of `Sec-CH-UA`. Chromium and WebView say what it is made of, not which it is, so they are not here. */
export const BRANDS: Readonly<Record<string, string>> = {
  'Google Chrome': 'Chrome',
  'Microsoft Edge': 'Edge',
  Opera: 'Opera',
  'Opera GX': 'Opera',
  OperaMobile: 'Opera',
  'Opera Mini': 'Opera Mini',
  Brave: 'Brave',
  Vivaldi: 'Vivaldi',
  DuckDuckGo: 'DuckDuckGo',
  YaBrowser: 'Yandex Browser',
  Yandex: 'Yandex Browser',
  'Samsung Internet': 'Samsung Internet',
  HuaweiBrowser: 'Huawei Browser',
  MiuiBrowser: 'MIUI Browser',
  'Mi Browser': 'MIUI Browser',
  HeyTapBrowser: 'HeyTap Browser',
  VivoBrowser: 'Vivo Browser',
  QQBrowser: 'QQ Browser',
  UCBrowser: 'UC Browser',
  Quark: 'Quark',
  'Amazon Silk': 'Amazon Silk',
  'Oculus Browser': 'Meta Quest Browser',
  CocCoc: 'Coc Coc',
  'Coc Coc': 'Coc Coc',
  Whale: 'Naver Whale',
  Ecosia: 'Ecosia',
  'Avast Secure Browser': 'Avast Secure Browser',
  'AVG Secure Browser': 'AVG Secure Browser',
  'CCleaner Browser': 'CCleaner Browser',
}

/** Bowser's names that are not ours. Its crawlers are not here: `bot.ts` names those. */
export const BOWSER_NAMES: Readonly<Record<string, string | undefined>> = {
  'Microsoft Edge': 'Edge',
  Focus: 'Firefox Focus',
  'Google Search': 'Google Search App',
  'NAVER Whale Browser': 'Naver Whale',
  'QQ Browser Lite': 'QQ Browser',
  'Samsung Internet for Android': 'Samsung Internet',
  'WebOS Browser': 'webOS Browser',
  // Whatever stands first in a header that it does not know.
  Generic: undefined,
}

export const SYSTEMS: readonly Rule[] = [
  ['KaiOS', /\bKAIOS\/(\d+)/i],
  ['OpenHarmony', /\bOpenHarmony ?(\d+)?/],
  ['HarmonyOS', /\bHarmonyOS ?(\d+)?/],
  ['Windows Phone', /\bWindows Phone(?: OS)?(?: (\d+))?/],
  ['Firefox OS', /\((?:Mobile|Tablet);[^)]*\brv:[\d.]+\) Gecko\//],
  ['Windows Mobile', /\bWindows (?:CE|Mobile)|\bIEMobile\b|; PPC;/],
  ['Roku', /\bRoku\/DVP-(\d+)|^Roku\b/],
  ['tvOS', /\b(?:AppleTV|Apple TV|tvOS)\b/, /\b(?:OS|tvOS)[ /](\d+)/],
  ['watchOS', /\bwatchOS\b|\bWatch OS\b/, /\b(?:watchOS|Watch OS)[ /](\d+)/],
  ['PlayStation', /\bPlayStation (?:Vita|(\d))?/i],
  ['Nintendo', /\bNintendo\b/],
  ['Tizen', /\bTizen[/ ]?(\d+)?/],
  ['webOS', /\bWeb0S\b|\bwebOS\b|\bhpwOS\b/],
  ['NetCast', /\bNetCast\b/],
  ['Chrome OS', /\bCrOS \w+ (\d+)|\bChromebook[^)]*Build\/R\d+-(\d+)/],
  ['Fuchsia', /\bFuchsia\b/],
  // On a Fire tablet it may say Macintosh, to get the pages of a desktop.
  ['Android', /\bAndroid[ /-]?(\d+)?|\bSilk\/|\bAdr (\d+)/],
  ['iOS', /\bCPU (?:iPhone )?OS (\d+)|\biPhone OS (\d+)|\biP(?:ad)?OS[ /](\d+)|\biOS (\d+)/],
  ['iOS', /^(?:iPhone|iPad|iPod)|\b(?:iPhone|iPad|iPod)\b|^dv\(iP/, /\bov\((\d+)|FBSV\/(\d+)/],
  [
    'BlackBerry',
    /\bBlackBerry|\bBB10\b|\bRIM Tablet OS\b/,
    /Tablet OS (\d+)|BlackBerry\d+\/(\d+)|\bVersion\/(\d+)/,
  ],
  ['Symbian', /\bSymbian|\bSymbOS|\bS60\/|\bSeries ?60\b/],
  ['Series 30+', /\bSeries30Plus\b/],
  ['Series 40', /\bSeries ?40\b|\bS40Ovi/],
  ['Bada', /\bBada\/(\d+)/],
  ['FreeBSD', /\bFreeBSD\b/],
  ['OpenBSD', /\bOpenBSD\b/],
  ['NetBSD', /\bNetBSD\b/],
  ['BSD', /BSD\b/],
  ['Haiku', /\bHaiku\b/],
  ['AmigaOS', /\bAmigaOS\b/, /AmigaOS (\d+)/],
  ['Solaris', /\bSunOS\b/],
  ['Linux', /\bLinux\b|\bX11\b|\bUbuntu\b/],
]

export type DeviceKind = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'console' | 'wearable' | 'car'

/** What says the kind of device louder than "Mobile" does. */
export const DEVICES: readonly Rule<DeviceKind>[] = [
  ['car', /\bTesla\/|\bQtCarBrowser\b|\bAndroid Automotive\b/],
  [
    'tv',
    /\bSMART-?TV\b|\bSmart-?TV\b|\bHbbTV\b|\bNetCast\b|\bWeb0S\b|\bGoogle ?TV\b|\bAndroid ?TV\b|\bApple ?TV\b|\btvOS\b|\bBRAVIA\b|\bAFT[A-Z]\w*|\bRoku\b|\bCrKey\b|\bViera\b|\bVIDAA\b|\bMiTV\b|\bMIBOX\b|\bOpera TV\b|\bLarge Screen\b|\bTV Safari\b|\bDTV\b|\bAQUOS ?TV\b|\bChromecast\b|\bSHIELD\b/i,
  ],
  ['console', /\bPlayStation\b|\bNintendo\b|\bXbox\b|\bPSP\b/i],
  [
    'wearable',
    /\bOculusBrowser\b|\bQuest\b|\bwatchOS\b|\bApple Watch\b|\bGalaxy Watch\b|\bSM-R\d{3}/,
  ],
  ['mobile', /\bWindows Phone\b|\bKAIOS\//i],
  // Words that makers put in the names of tablets, and their number ranges. Many tablets say "Mobile".
  [
    'tablet',
    /\biPad|\bPlayBook\b|\bKindle\b|\bKF[A-Z]{2,6}\b|\bSilk-Accelerated\b|\bTablet\b(?! PC)|(?:MediaPad|MatePad|TouchPad|MiPad)\b|\b(?:Mi|Redmi|OnePlus|OPPO|HONOR|Xiaomi) Pad\b|\bPad \d|\b(?:Galaxy )?Tab[ -]?[A-Z]?\d|\bNexus (?:7|9|10)\b|\bPixel (?:C|Tablet)\b|\bSM-[TXP]\d{3}|\bGT-P\d{4}|\bLenovo (?:TB|YT)|\bTB-?[0-9X]\d{2,3}|\bXoom\b/,
  ],
]

/** `Sec-CH-UA-Form-Factors`. */
export const FORM_FACTORS: Readonly<Record<string, DeviceKind>> = {
  Desktop: 'desktop',
  Mobile: 'mobile',
  Tablet: 'tablet',
  Automotive: 'car',
  XR: 'wearable',
  Watch: 'wearable',
}
