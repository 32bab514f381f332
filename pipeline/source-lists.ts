// Names and hosts of the sites that visits come from: facts, gathered by hand.
// One source a line: `Name | hosts | names in utm_source`, the last optional.
//
// A host stands for itself and all below it; the longest that fits counts.
// `google.*` is google.com, google.de, google.co.uk and so on. The name itself
// and the first host's own word (`walmart` of walmart.com; not for e-mail)
// need not be repeated as names in utm_source.

/** What GA4 calls a source's category, and what it has none for. */
export type SourceKind =
  | 'search'
  | 'social'
  | 'video'
  | 'shopping'
  | 'email'
  | 'ai'
  | 'ads'
  | 'site'

/** A kind that is nearer the top keeps a name that is written twice. */
export const SOURCE_LISTS: Readonly<Record<SourceKind, string>> = {
  ai: `
ChatGPT | chatgpt.com chat.openai.com | chat-gpt
OpenAI | openai.com
Perplexity | perplexity.ai | perplexityai
Claude | claude.ai claude.com anthropic.com | anthropic
Gemini | gemini.google.com bard.google.com | bard google-gemini
NotebookLM | notebooklm.google.com notebooklm.google
Google AI Studio | aistudio.google.com makersuite.google.com
Microsoft Copilot | copilot.microsoft.com copilot.cloud.microsoft m365copilot.com copilot.com sydney.bing.com edgeservices.bing.com | copilot bing-copilot
GitHub Copilot | copilot.github.com githubcopilot.com
Meta AI | meta.ai ai.meta.com | metaai
Mistral | mistral.ai | lechat le-chat
DeepSeek | deepseek.com | deepseek.ai
Grok | grok.com x.ai grok.x.com | xai
Phind | phind.com
You | you.com
Poe | poe.com
Kimi | kimi.com kimi.ai kimi.moonshot.cn moonshot.cn | moonshot
Qwen | qwen.ai chat.qwen.ai qwenlm.ai tongyi.aliyun.com tongyi.com qianwen.com | tongyi
Doubao | doubao.com
Ernie Bot | yiyan.baidu.com ernie.baidu.com | ernie
Yuanbao | yuanbao.tencent.com
Z.ai | z.ai chatglm.cn zhipuai.cn | chatglm
MiniMax | minimax.io hailuo.ai
Manus | manus.im
Genspark | genspark.ai
Cohere | cohere.com cohere.ai coral.cohere.com
Jasper | jasper.ai
Writesonic | writesonic.com | chatsonic
Copy.ai | copy.ai
Pi | pi.ai heypi.com inflection.ai
Character.AI | character.ai
iAsk | iask.ai iask.com
Andi | andisearch.com
Komo | komo.ai
Exa | exa.ai
Felo | felo.ai
Consensus | consensus.app
Elicit | elicit.com elicit.org
Liner | liner.com getliner.com
Monica | monica.im
Sider | sider.ai
Lumo | lumo.proton.me
Duck.ai | duck.ai
Alice | alice.yandex.ru
GigaChat | giga.chat gigachat.ru
Clova X | clova-x.naver.com
Wrtn | wrtn.ai
Venice | venice.ai
Rytr | rytr.me
Blackbox | blackbox.ai
Amazon Rufus | rufus.amazon.com
Amazon Q | q.aws.amazon.com
Groq | groq.com
Hugging Face | huggingface.co hf.co
Midjourney | midjourney.com
Stability AI | stability.ai
Replika | replika.com replika.ai
Lovable | lovable.dev
Chat+ | chat-gpt.org
Together AI | together.ai
OpenRouter | openrouter.ai
LMArena | lmarena.ai chat.lmsys.org
`,
  search: `
Google | google.* googleusercontent.com | adwords google-adwords gads
Google Images | images.google.*
Google Video | video.google.*
Google News | news.google.* newsshowcase.google.com | googlenews google-news
Bing | bing.com ntp.msn.com live.com | microsoft
MSN | msn.*
Yahoo! | yahoo.* ymobile.jp | yahoo
Yahoo! Images | images.search.yahoo.com image.search.yahoo.com images.yahoo.*
Yahoo! Video | video.search.yahoo.com
Yahoo! Japan | yahoo.co.jp | yahoojp yahoo-japan
Yahoo! Japan Images | image.search.yahoo.co.jp
Yahoo! Japan Videos | video.search.yahoo.co.jp
DuckDuckGo | duckduckgo.com duck.com ddg.gg | ddg
Ecosia | ecosia.org
Qwant | qwant.com lite.qwant.com
Brave | search.brave.com brave.com | brave-search
Startpage | startpage.com ixquick.com startpagina.nl
Swisscows | swisscows.com swisscows.ch
Mojeek | mojeek.com mojeek.co.uk
MetaGer | metager.de metager.org metager.com
Kagi | kagi.com
Presearch | presearch.com presearch.org presearch.io
Neeva | neeva.com
Searx | searx.be searx.me searxng.org searx.space
Lilo | lilo.org
OceanHero | oceanhero.today
Ekoru | ekoru.org
Gibiru | gibiru.com
Yep | yep.com
Dogpile | dogpile.com
Karma | karmasearch.org
Yandex | yandex.* ya.ru yandex.com.tr yandex.co.il xmlsearch.yandex.ru | yandexdirect yandex-direct
Yandex Images | images.yandex.* images.yandex.com.tr
Baidu | baidu.com baidu.jp baidu.co.jp
Sogou | sogou.com
360 | 360.cn so.com haosou.com
Shenma | sm.cn
Youdao | youdao.com
Soso | soso.com
Toutiao | toutiao.com so.toutiao.com
Naver | naver.com
Daum | daum.net
Nate | nate.com
Zum | zum.com
Seznam | seznam.cz search.seznam.cz firmy.cz | sklik
Centrum | centrum.cz centrum.sk
Atlas | atlas.cz
Azet | azet.sk
Zoznam | zoznam.sk
Mail.ru | go.mail.ru
Rambler | rambler.ru
Sputnik | sputnik.ru
qip.ru | qip.ru
Nigma | nigma.ru
Ukr.net | ukr.net
Meta.ua | meta.ua
tut.by | tut.by
Cốc Cốc | coccoc.com | coccoc
AOL | aol.* aol.co.uk search.aol.com aolsearch.com netscape.com wow.com
Ask | ask.com ask.jp ask.fr ask.de search-results.com | askcom
MyWebSearch | mywebsearch.com mysearch.com
Lycos | lycos.*
Excite | excite.*
AltaVista | altavista.*
AlltheWeb | alltheweb.com
HotBot | hotbot.com
Looksmart | looksmart.com
InfoSpace | infospace.com search.iminent.com iminent.com
WebCrawler | webcrawler.com
MetaCrawler | metacrawler.com metacrawler.de
Mamma | mamma.com
Info.com | info.com
Search.com | search.com
Babylon | search.babylon.com searchassist.babylon.com isearch.babylon.com babylon.com
Conduit | search.conduit.com conduit.com
Delta Search | delta-search.com
Dalesearch | dalesearch.com
Snap.do | snap.do search.snapdo.com
Sweet IM | search.sweetim.com
Incredimail | search.incredimail.com incredimail.com
AVG | search.avg.com isearch.avg.com
Comcast | search.comcast.net comcast.net xfinity.com
Charter | search.charter.net
Earthlink | search.earthlink.net
Cox | cox.net
Verizon | search.verizon.com
Rogers | search.rogers.com
Sympatico | sympatico.ca
Gigablast | gigablast.com
Exalead | exalead.com exalead.fr
Entireweb | entireweb.com
Teoma | teoma.com
Fireball | fireball.de fireball.com
T-Online | suche.t-online.de t-online.de
Web.de Suche | suche.web.de
GMX Suche | suche.gmx.net suche.gmx.*
Freenet | suche.freenet.de freenet.de
Arcor | arcor.de
1&1 | search.1und1.de suche.1und1.de
Abacho | abacho.de abacho.com
Yasni | yasni.de yasni.com
Orange | lemoteur.orange.fr lemoteur.fr voila.fr
Free.fr | search.free.fr
SFR | recherche.sfr.fr
Neuf | recherche.neuf.fr
Hit-Parade | hit-parade.com
X-Recherche | x-recherche.com
Virgilio | virgilio.it search.virgilio.it
Libero | libero.it arianna.libero.it
Tiscali | search.tiscali.it tiscali.it
Arianna | arianna.it
Alice | alice.it search.alice.it
Terra | terra.* buscador.terra.es
Sapo | sapo.pt pesquisa.sapo.pt
UOL | busca.uol.com.br
Globo | globo.com
Bol | busca.bol.com.br
Zoek | zoek.nl
Ilse | ilse.nl
Vinden | vinden.nl
Eniro | eniro.* eniro.se
Kvasir | kvasir.no
Startsiden | startsiden.no
ABC Søk | abcsok.no
Online.no | online.no
Jubii | jubii.dk
Ofir | ofir.dk
Onet | onet.pl szukaj.onet.pl
Wirtualna Polska | wp.pl szukaj.wp.pl
Interia | interia.pl
NetSprint | netsprint.pl
Najdi.si | najdi.si
Pogodak | pogodak.*
in.gr | find.in.gr
Mynet | mynet.com
Ekolay | ekolay.net
Walla | walla.co.il
Rediff | rediff.com
EpicSearch.in | epicsearch.in epicsearch.com
goo | goo.ne.jp search.goo.ne.jp
Biglobe | biglobe.ne.jp search.biglobe.ne.jp
Nifty | search.nifty.com nifty.com
Nifty Videos | videosearch.nifty.com
So-net | so-net.ne.jp
So-net Videos | video.so-net.ne.jp
auone | auone.jp search.auone.jp
docomo | docomo.ne.jp search.smt.docomo.ne.jp
Rakuten | websearch.rakuten.co.jp
Livedoor Search | search.livedoor.com
Infoseek | infoseek.co.jp
Hatena Search | search.hatena.ne.jp
Fresheye | fresheye.com
Woopie | woopie.jp
LookAny | lookany.com
talimba | talimba.com
HighBeam | highbeam.com
dmoz | dmoz.org curlie.org
Cathoogle | cathoogle.com
Wolfram Alpha | wolframalpha.com
Petal Search | petalsearch.com
Search Encrypt | searchencrypt.com
Peekier | peekier.com
Gexsi | gexsi.com
Oscobo | oscobo.com
Yippy | yippy.com
Ahmia | ahmia.fi
Aport | aport.ru
Technorati | technorati.com
Mozilla | search.mozilla.org
bluewin Suche | search.bluewin.ch
Zapmeta | zapmeta.com zapmeta.*
Alohafind | alohafind.com
Everyclick | everyclick.com
Good Search | goodsearch.com
Plusnetwork | plusnetwork.com
Vivísimo | vivisimo.com
Volny | volny.cz
Xfinity | search.xfinity.com
Zhongsou | zhongsou.com
123people | 123people.*
1881 | 1881.no
Acoon | acoon.de
Allesklar | allesklar.de
Apollo | apollo.lv
Austronaut | austronaut.at
Bigfinder | bigfinder.com bigfinder.de
BlogPulse | blogpulse.com
Buenosearch | buenosearch.com
Claro Search | claro-search.com
Crawler | crawler.com
Cuil | cuil.com
Das Örtliche | dasoertliche.de
Das Telefonbuch | dastelefonbuch.de
dir.com | dir.com
Eurip | eurip.com
Euroseek | euroseek.com
Fast Browser Search | fastbrowsersearch.com
Findhurtig | findhurtig.dk
Fixsuche | fixsuche.de
Forestle | forestle.org
Francite | francite.com
Gomeo | gomeo.com
GoYellow | goyellow.de
Gule Sider | gulesider.no
Hooseek | hooseek.com
I.ua | i.ua
IceRocket | icerocket.com
ICQ | search.icq.com icq.com
izito | izito.com izito.*
Jungle Spider | jungle-spider.de
Jyxo | jyxo.1188.cz jyxo.cz
K9 Safe Search | k9safesearch.com
Kataweb | kataweb.it
La Toile du Québec | toile.com
meinestadt.de | meinestadt.de
Monstercrawler | monstercrawler.com
Mozbot | mozbot.fr mozbot.com
Neti | neti.ee
Openfind | openfind.com.tw
PChome | pchome.com.tw
Picsearch | picsearch.com
Plazoo | plazoo.com
Poisk | poisk.ru
Qualigo | qualigo.com qualigo.de qualigo.at qualigo.ch
RPMFind | rpmfind.net
Searchalot | searchalot.com
SearchCanvas | searchcanvas.com
Search.ch | search.ch
SearchLock | searchlock.com
Sharelook | sharelook.fr
sm.de | sm.de
Suchmaschine.com | suchmaschine.com
Suchnase | suchnase.de
Tixuma | tixuma.de
Trouvez.com | trouvez.com
Trusted Search | trusted-search.com
Twingly | twingly.com
URL.ORGanizier | url.org
Vindex | vindex.nl
Web.nl | web.nl
Winamp | search.winamp.com
Witch | witch.de
YaCy | yacy.net
Yatedo | yatedo.com yatedo.fr
Yellowmap | yellowmap.de
Zoeken | zoeken.nl
Zoohoo | zoohoo.cz
ZoneAlarm | search.zonealarm.com
Zxuso | zxuso.com
Scour.com | scour.com
`,
  social: `
Facebook | facebook.com fb.com fb.me fb.gg fb.watch facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion | fb meta
Messenger | messenger.com m.me | facebook-messenger fbmessenger
Instagram | instagram.com instagr.am ig.me | ig insta
Threads | threads.net threads.com
WhatsApp | whatsapp.com wa.me whatsapp.net | wa
Workplace | workplace.com
Twitter | twitter.com t.co x.com twtr.to tweetdeck.com twitter3e4tixl4xyajtrzo62zg5vztmjuricljdp2c5kshju4avyoid.onion | x twitter-x x-twitter tw
LinkedIn | linkedin.com lnkd.in linkedin.cn | li linked-in
Reddit | reddit.com redd.it redditmedia.com
Pinterest | pinterest.* pin.it | pin
TikTok | tiktok.com tiktokv.com | tt tik-tok
Douyin | douyin.com iesdouyin.com
Snapchat | snapchat.com sc-cdn.net | snap
Telegram | telegram.org t.me telegram.me web.telegram.org telegram.dog | tg
Discord | discord.com discord.gg discordapp.com
Slack | slack.com slack-redir.net
Microsoft Teams | teams.microsoft.com statics.teams.cdn.office.net teams.cdn.office.net teams.live.com | teams msteams
Skype | skype.com
Signal | signal.org signal.me
Viber | viber.com
LINE | line.me lin.ee line.naver.jp
KakaoTalk | kakao.com kakaocorp.com pf.kakao.com | kakao
KakaoStory | story.kakao.com
WeChat | weixin.qq.com wechat.com weixin110.qq.com | weixin
QQ | im.qq.com
Qzone | qzone.qq.com
Weibo | weibo.com weibo.cn t.cn | sina-weibo
Tencent Weibo | t.qq.com
Zhihu | zhihu.com
Douban | douban.com
Xiaohongshu | xiaohongshu.com xhslink.com rednote.com | rednote
Renren | renren.com
Kaixin001 | kaixin001.com
V2EX | v2ex.com
51.com | 51.com
Vkontakte | vk.com vkontakte.ru vk.ru away.vk.com vk.cc vk.me | vk
Odnoklassniki | ok.ru odnoklassniki.ru odnoklassniki.ua | ok
My World | my.mail.ru | moi-mir
MoiKrug.ru | moikrug.ru
Dzen | dzen.ru zen.yandex.ru
LiveJournal | livejournal.com livejournal.ru | lj
Habr | habr.com habrahabr.ru
Pikabu | pikabu.ru
Mastodon | mastodon.social mastodon.online mastodon.cloud mstdn.social mstdn.jp mas.to fosstodon.org hachyderm.io infosec.exchange techhub.social chaos.social joinmastodon.org pawoo.net
Bluesky | bsky.app bsky.social go.bsky.app | bsky
Lemmy | lemmy.world lemmy.ml
Diaspora* | joindiaspora.com diasporafoundation.org diasp.org | diaspora
Gab | gab.com gab.ai
Truth Social | truthsocial.com
Parler | parler.com
Gettr | gettr.com
MeWe | mewe.com
Minds | minds.com
Hacker News | news.ycombinator.com hackernews.com hckrnews.com hn.algolia.com | hn hackernews ycombinator
Lobsters | lobste.rs
Slashdot | slashdot.org
Product Hunt | producthunt.com | producthunt ph
Indie Hackers | indiehackers.com
Digg | digg.com
StumbleUpon | stumbleupon.com
Mix.com | mix.com
Flipboard | flipboard.com flip.it
SmartNews | smartnews.com
Pocket | getpocket.com
Instapaper | instapaper.com
Feedly | feedly.com
Pinboard | pinboard.in
Diigo | diigo.com
Delicious | delicious.com del.icio.us
Scoop.it | scoop.it
Fark | fark.com
Quora | quora.com
Stack Overflow | stackoverflow.com stackoverflowteams.com | stackoverflow
Stack Exchange | stackexchange.com superuser.com serverfault.com askubuntu.com stackapps.com mathoverflow.net | stackexchange
GitHub | github.com
Gitter | gitter.im
DEV | dev.to
Hashnode | hashnode.com hashnode.dev
DZone | dzone.com
Medium | medium.com
Substack | substack.com
Tumblr | tumblr.com t.umblr.com
Blogger | blogger.com blogspot.* blogspot.com | blogspot
WordPress.com | wordpress.com | wordpress
Typepad | typepad.com
Over-blog | over-blog.com over-blog.net
CanalBlog | canalblog.com
Unblog | unblog.fr
Skyrock | skyrock.com skyrock.net
Weebly | weebly.com
Hatena | hatena.ne.jp hatenablog.com hatena.com
Ameba | ameba.jp ameblo.jp
note.com | note.com
Livedoor | livedoor.com livedoor.jp
FC2 | fc2.com
Exblog | exblog.jp
Cocolog | cocolog-nifty.com
mixi | mixi.jp
GREE | gree.jp
5ch | 5ch.net 2ch.net
Pixiv | pixiv.net
Niconico | nicovideo.jp nico.ms niconico.com
OKWAVE | okwave.jp
Cyworld | cyworld.com
Naver Blog | blog.naver.com m.blog.naver.com
Naver Cafe | cafe.naver.com m.cafe.naver.com
BAND | band.us
Plurk | plurk.com
Dcard | dcard.tw
PTT | ptt.cc
Zalo | zalo.me
ShareChat | sharechat.com
Koo | kooapp.com
Ibibo | ibibo.com
Google+ | plus.google.com plus.url.google.com url.google.com | googleplus google-plus
Google Groups | groups.google.com googlegroups.com | googlegroups
Google Chat | chat.google.com
Orkut | orkut.com
Myspace | myspace.com
hi5 | hi5.com
Bebo | bebo.com
Badoo | badoo.com
Tagged | tagged.com
Friendster | friendster.com
Classmates.com | classmates.com
MyLife | mylife.ru mylife.com
MyHeritage | myheritage.com myheritage.*
Ancestry | ancestry.com ancestry.*
Geni | geni.com
Netlog | netlog.com
Hyves | hyves.nl hyves.net
StudiVZ | studivz.net meinvz.net schuelervz.net
Stayfriends | stayfriends.de
Gutefrage | gutefrage.net
Tuenti | tuenti.com
Taringa! | taringa.net | taringa
Sonico | sonico.com
Draugiem | draugiem.lv
Nasza-klasa | nk.pl
GoldenLine | goldenline.pl
Wykop | wykop.pl
IRC-Galleria | irc-galleria.net
Suomi24 | suomi24.fi
Playahead | playahead.se
Copains d'avant | copainsdavant.linternaute.com
Trombi | trombi.com
Viadeo | viadeo.com
XING | xing.com
Kununu | kununu.com
Glassdoor | glassdoor.*
Nextdoor | nextdoor.com nextdoor.*
Meetup | meetup.com
Eventbrite | eventbrite.com eventbrite.*
Yelp | yelp.com yelp.*
Tripadvisor | tripadvisor.com tripadvisor.*
Trustpilot | trustpilot.com trustpilot.*
Foursquare | foursquare.com swarmapp.com
Gowalla | gowalla.com
Couchsurfing | couchsurfing.org couchsurfing.com
Goodreads | goodreads.com
LibraryThing | librarything.com
aNobii | anobii.com
Wattpad | wattpad.com
Last.fm | last.fm lastfm.* lastfm.com.tr | lastfm
ReverbNation | reverbnation.com
Letterboxd | letterboxd.com
FilmAffinity | filmaffinity.com
Flixster | flixster.com
Flickr | flickr.com flic.kr
Photobucket | photobucket.com
Imgur | imgur.com
ImageShack | imageshack.com imageshack.us
Fotki | fotki.com
Fotolog | fotolog.com
DeviantArt | deviantart.com
ArtStation | artstation.com
Behance | behance.net
Dribbble | dribbble.com
Houzz | houzz.com houzz.*
Ravelry | ravelry.com
Polyvore | polyvore.com
We Heart It | weheartit.com
SlideShare | slideshare.net
Scribd | scribd.com
Academia.edu | academia.edu
ResearchGate | researchgate.net
Disqus | disqus.com
Patreon | patreon.com
Ko-fi | ko-fi.com
Kickstarter | kickstarter.com
BuzzFeed | buzzfeed.com
9GAG | 9gag.com
Fandom | fandom.com wikia.com
CaringBridge | caringbridge.org
CafeMom | cafemom.com
Care2 | care2.com
BlackPlanet | blackplanet.com
43things | 43things.com
Allrecipes | allrecipes.com
Epicurious | epicurious.com
Xanga | xanga.com
Buzznet | buzznet.com
Gaia Online | gaiaonline.com
Habbo | habbo.com habbo.*
IMVU | imvu.com
Second Life | secondlife.com
Stardoll | stardoll.com
VampireFreaks | vampirefreaks.com
WeeWorld | weeworld.com
Mubi | mubi.com
Plaxo | plaxo.com
Ning | ning.com
Yammer | yammer.com web.yammer.com
Viva Engage | engage.cloud.microsoft
Clubhouse | clubhouse.com joinclubhouse.com
BeReal | bereal.com
Steam | steamcommunity.com
Kongregate | kongregate.com
Zoo.gr | zoo.gr
InterNations | internations.org
Asmallworld | asmallworld.com
Hubpages | hubpages.com
Paper.li | paper.li
Hootsuite | hootsuite.com ow.ly
Buffer | buffer.com buff.ly
Bitly | bit.ly bitly.com
AddThis | addthis.com
ShareThis | sharethis.com
Netvibes | netvibes.com
Yahoo! Answers | answers.yahoo.com chiebukuro.yahoo.co.jp
MouthShut | mouthshut.com
Dianping | dianping.com
Geocaching | geocaching.com
Identi.ca | identi.ca
Mixx | mixx.com
Sina | sina.com.cn
Crunchyroll | crunchyroll.com
Chegg | chegg.com
Italki | italki.com
Fanpop | fanpop.com
DailyStrength | dailystrength.org
Listal | listal.com
Partyflock | partyflock.nl
TravBuddy | travbuddy.com
Travellerspoint | travellerspoint.com
Webshots | webshots.com
Wakoopa | wakoopa.com
Livemocha | livemocha.com
Multiply | multiply.com
FetLife | fetlife.com
Friends Reunited | friendsreunited.com friendsreunited.co.uk
myYearbook | myyearbook.com meetme.com
Nettby | nettby.no
Peepeth | peepeth.com
SourceForge | sourceforge.net
WAYN | wayn.com
Windows Live Spaces | login.live.com spaces.live.com
WerKenntWen | wer-kennt-wen.de
ActiveRain | activerain.com
Ask.fm | ask.fm
Answerbag | answerbag.com
Baby Gaga | baby-gaga.com
Blip.fm | blip.fm
Blogster | blogster.com
Bloglines | bloglines.com
Blurtit | blurtit.com
Brightkite | brightkite.com
Catster | catster.com
Dogster | dogster.com
Elftown | elftown.com
Extole | extole.com
Feedspot | feedspot.com
FriendFeed | friendfeed.com
Gather | gather.com
GovLoop | govloop.com
is.gd | is.gd
TinyURL | tinyurl.com
Kaboodle | kaboodle.com
MocoSpace | mocospace.com
OpenDiary | opendiary.com
Pingsta | pingsta.com
Posterous | posterous.com
Ryze | ryze.com
Screen Rant | screenrant.com
Spoke | spoke.com
TravelPod | travelpod.com
Twoo | twoo.com
Yahoo! Groups | groups.yahoo.com
Zooppa | zooppa.com
Allnurses | allnurses.com
Nexopia | nexopia.com
Faceparty | faceparty.com
BIGADDA | bigadda.com
`,
  video: `
YouTube | youtube.com youtu.be youtube-nocookie.com yt.be | yt
Vimeo | vimeo.com
Dailymotion | dailymotion.com dai.ly
Twitch | twitch.tv twitch.com | twitch
Kick | kick.com
Netflix | netflix.com
Hulu | hulu.com
Disney+ | disneyplus.com
TED | ted.com
Wistia | wistia.com wistia.net
Rumble | rumble.com
Odysee | odysee.com
BitChute | bitchute.com
Bilibili | bilibili.com b23.tv
Youku | youku.com
iQIYI | iqiyi.com iq.com
Tudou | tudou.com
Tencent Video | v.qq.com
Kuaishou | kuaishou.com
Rutube | rutube.ru
VK Video | vkvideo.ru
Crackle | crackle.com
Veoh | veoh.com
Metacafe | metacafe.com
Utreon | utreon.com
CuriosityStream | curiositystream.com
Loom | loom.com
Vidyard | vidyard.com
Brightcove | brightcove.com brightcove.net
PeerTube | joinpeertube.org
Nebula | nebula.tv
DTube | d.tube
Justin.tv | justin.tv
Likee | likee.video
Triller | triller.co
`,
  shopping: `
Amazon | amazon.* amzn.to amzn.com amzn.eu a.co
eBay | ebay.* ebay.us | ebay
Etsy | etsy.com etsy.me
Walmart | walmart.com walmart.ca walmart.com.mx
Target | target.com
AliExpress | aliexpress.* aliexpress.us
Alibaba | alibaba.com alibaba.cn 1688.com
Taobao | taobao.com
Tmall | tmall.com
JD.com | jd.com jd.hk | jd
Pinduoduo | pinduoduo.com yangkeduo.com
Temu | temu.com
SHEIN | shein.com shein.*
Wish | wish.com
Shopify | shopify.com myshopify.com
Shop app | shop.app
Google Shopping | shopping.google.com | googleshopping google-shopping igshopping
Yahoo! Japan Shopping | shopping.yahoo.co.jp
Naver Shopping | shopping.naver.com smartstore.naver.com
Coupang | coupang.com
Gmarket | gmarket.co.kr
Rakuten Ichiba | rakuten.co.jp rakuten.* | rakuten
Mercari | mercari.com
ZOZOTOWN | zozo.jp
Kakaku | kakaku.com
Mercado Libre | mercadolibre.* mercadolivre.com.br mercadolivre.* | mercadolivre
Allegro | allegro.pl allegro.*
Ceneo | ceneo.pl
Heureka | heureka.cz heureka.sk
Zboží | zbozi.cz | zbozi
OLX | olx.*
Avito | avito.ru
Ozon | ozon.ru
Wildberries | wildberries.ru
Yandex Market | market.yandex.ru
Flipkart | flipkart.com
Myntra | myntra.com
Snapdeal | snapdeal.com
Shopee | shopee.* shopee.co.id
Lazada | lazada.* lazada.co.id
Tokopedia | tokopedia.com
Zalando | zalando.*
OTTO | otto.de
Idealo | idealo.*
Geizhals | geizhals.de geizhals.at
billiger.de | billiger.de
Kelkoo | kelkoo.*
LeGuide | leguide.com
PriceRunner | pricerunner.*
Prisjakt | prisjakt.nu pricespy.co.uk
Trovaprezzi | trovaprezzi.it
PriceGrabber | pricegrabber.com
Shopzilla | shopzilla.com shopzilla.* bizrate.com
Shopping.com | shopping.com shopping.net
Nextag | nextag.com
Slickdeals | slickdeals.net
Mydealz | mydealz.de hotukdeals.com dealabs.com pepper.*
Cdiscount | cdiscount.com
Fnac | fnac.com
bol.com | bol.com
Beslist | beslist.nl
Vinted | vinted.*
Depop | depop.com
Poshmark | poshmark.com
Best Buy | bestbuy.com
Costco | costco.com
Wayfair | wayfair.com
Overstock | overstock.com
Newegg | newegg.com
Trendyol | trendyol.com
Hepsiburada | hepsiburada.com
Takealot | takealot.com
Jumia | jumia.*
Noon | noon.com
Stylight | stylight.*
Lyst | lyst.com
SimplyCodes | simplycodes.com
Honey | joinhoney.com
Gumroad | gumroad.com
`,
  // `~orange.fr`: those of its hosts that have a label like webmail.
  email: `
Gmail | mail.google.com gmail.com inbox.google.com ~google.com ~gmail.com | gmail
Outlook | outlook.live.com outlook.com outlook.office.com outlook.office365.com hotmail.com mail.live.com ~live.com ~office.com safelinks.protection.outlook.com | outlook hotmail
Yahoo! Mail | mail.yahoo.* mail.yahoo.com mail.yahoo.net mail.yahoo.co.jp ~yahoo.com | yahoomail yahoo-mail
AOL Mail | mail.aol.com mail.aol.*
iCloud Mail | ~icloud.com ~me.com
Proton | mail.protonmail.com mail.proton.me protonmail.com ~proton.me ~protonmail.com | protonmail
Tutanota | tutanota.com tuta.com app.tuta.com
Fastmail | fastmail.com app.fastmail.com
Zoho Mail | ~zoho.*
GMX | gmx.* deref-gmx.*
Web.de | web.de deref-web.de deref-web-02.de deref-web.*
Mail.com | mail.com deref-mail.com deref-mail-02.com
1&1 Mail | deref-1und1.de ~1und1.de
Ionos | ~ionos.* ~1and1.* | ionos
Infomaniak | ~infomaniak.* ksuite.infomaniak.com
Orange Webmail | ~orange.fr messagerie.orange.fr ~orange.net
SFR Mail | ~sfr.fr messagerie.sfr.fr
Free Mail | zimbra.free.fr ~free.fr
La Poste | ~laposte.net
Bouygues | ~bbox.fr
OVH | ~ovh.net ~ovh.com
TIM | ~tim.it ~alice.it
Libero Mail | ~libero.it
Virgilio Mail | ~virgilio.it
Tiscali Mail | ~tiscali.it
Aruba | ~aruba.it ~pec.it
UPC | ~hispeed.ch ~upc.ch ~upcmail.net
Bluewin | bluewin.ch
Sunrise | ~sunrise.ch
Swisscom | ~swisscom.ch
T-Online Mail | email.t-online.de ~t-online.de
Freenet Mail | ~freenet.de
Posteo | posteo.de
Mailbox.org | mailbox.org
Strato | ~strato.de ~strato.com
KPN | ~kpnmail.nl ~kpn.com
Ziggo | ~ziggo.nl
Telenet | ~telenet.be
Skynet | ~skynet.be
BT | ~bt.com
Sky Mail | ~sky.com
Virgin Media | ~virginmedia.com
TalkTalk | ~talktalk.co.uk ~talktalk.net
Comcast Mail | connect.xfinity.com ~comcast.net ~xfinity.com
Cox Mail | ~cox.net
Optus Zoo | ~optuszoo.com.au ~optusnet.com.au
Bigpond | ~bigpond.com
Mail.ru Mail | e.mail.ru touch.mail.ru light.mail.ru octavius.mail.ru
Yandex Mail | mail.yandex.* ~yandex.ru ~yandex.com
Rambler Mail | mail.rambler.ru
Ukr.net Mail | mail.ukr.net
Seznam Mail | email.seznam.cz ~seznam.cz
Centrum Mail | mail.centrum.cz
Onet Poczta | poczta.onet.pl
WP Poczta | poczta.wp.pl profil.wp.pl
O2 Poczta | poczta.o2.pl
Interia Poczta | poczta.interia.pl
QQ Mail | mail.qq.com exmail.qq.com wx.mail.qq.com
163 Mail | mail.163.com
126 Mail | mail.126.com
Sina Mail | mail.sina.com.cn
Naver Mail | mail.naver.com
Daum Mail | mail.daum.net
Rediffmail | mail.rediff.com rediffmail.com
HEY | app.hey.com hey.com
Superhuman | mail.superhuman.com superhuman.com
Front | app.frontapp.com frontapp.com
Mailchimp | mailchimp.com list-manage.com campaign-archive.com mailchi.mp | mailchimp
Klaviyo | klaviyo.com klclick.com klclick1.com | klaviyo
Brevo | brevo.com sendibm1.com sendinblue.com | brevo sendinblue
Campaign Monitor | createsend.com cmail19.com cmail20.com
Constant Contact | constantcontact.com
SendGrid | sendgrid.net sendgrid.com
ConvertKit | convertkit.com kit.com
Beehiiv | beehiiv.com | beehiiv
ActiveCampaign | activehosted.com | activecampaign
MailerLite | mailerlite.com
Thunderbird | thunderbird.net
K-9 Mail | k9mail.app
Samsung Email |
`,
  ads: `
Google | doubleclick.net googleadservices.com googlesyndication.com adservice.google.com
Taboola | taboola.com trc.taboola.com
Outbrain | outbrain.com
Criteo | criteo.com criteo.net
AdRoll | adroll.com
Teads | teads.tv
Quantcast | quantserve.com
MGID | mgid.com
Revcontent | revcontent.com
PropellerAds | propellerads.com
The Trade Desk | adsrvr.org
Xandr | adnxs.com
RTB House | rtbhouse.com
Plista | plista.com
Ligatus | ligatus.com
`,
  site: `
Wikipedia | wikipedia.org
Wikimedia | wikimedia.org wikidata.org wiktionary.org
Linktree | linktr.ee | linktree
Beacons | beacons.ai
Microsoft 365 | office.com microsoft365.com m365.cloud.microsoft | office365
SharePoint | sharepoint.com
Google Docs | docs.google.com drive.google.com
Google Translate | translate.google.com translate.goog
Google Classroom | classroom.google.com
Google Maps | maps.google.com maps.app.goo.gl | gmb google-my-business googlemybusiness gbp
AWS | aws.amazon.com amazonaws.com
Google Support | support.google.com
Google Cloud | cloud.google.com developers.google.com
Google Sites | sites.google.com
Google Accounts | accounts.google.com
Notion | notion.so notion.site
Trello | trello.com
Jira | atlassian.net
Asana | app.asana.com asana.com
Zoom | zoom.us
Miro | miro.com
Figma | figma.com
Canva | canva.com
Airtable | airtable.com
Dropbox | dropbox.com
GitLab | gitlab.com
Bitbucket | bitbucket.org
npm | npmjs.com
BetaList | betalist.com
G2 | g2.com
Capterra | capterra.com
Crunchbase | crunchbase.com
AlternativeTo | alternativeto.net
Internet Archive | archive.org
IMDb | imdb.com
Spotify | spotify.com open.spotify.com
SoundCloud | soundcloud.com
Apple | apple.com
Apple News | apple.news
App Store | apps.apple.com itunes.apple.com
Google Play | play.google.com
Inoreader | inoreader.com
Zendesk | zendesk.com
HubSpot | hubspot.com
Salesforce | salesforce.com force.com
The New York Times | nytimes.com
BBC | bbc.co.uk bbc.com
The Guardian | theguardian.com
`,
}

/** Apps by the start of their package name, as Android gives it: `package source`. */
export const APPS = `
com.google.android.gm Gmail
com.google.android.googlequicksearchbox Google
com.google.android.apps.searchlite Google
com.google.android.youtube YouTube
com.google.android.apps.magazines Google News
com.google.android.apps.bard Gemini
com.google.android.apps.docs Google Docs
com.google.android.apps.dynamite Google Chat
com.google.android.apps.maps Google Maps
com.android.vending Google Play
com.microsoft.bing Bing
com.microsoft.office.outlook Outlook
com.microsoft.teams Microsoft Teams
com.microsoft.copilot Microsoft Copilot
com.duckduckgo.mobile DuckDuckGo
com.ecosia.android Ecosia
com.qwant Qwant
ru.yandex.searchplugin Yandex
com.yandex.browser Yandex
com.facebook.katana Facebook
com.facebook.lite Facebook
com.facebook.orca Messenger
com.facebook.mlite Messenger
com.facebook.workchat Workplace
com.facebook.work Workplace
com.instagram.android Instagram
com.instagram.barcelona Threads
com.whatsapp WhatsApp
com.twitter.android Twitter
com.linkedin.android LinkedIn
com.reddit.frontpage Reddit
com.laurencedawson.reddit_sync Reddit
com.andrewshu.android.reddit Reddit
com.rubenmayayo.reddit Reddit
com.pinterest Pinterest
com.zhiliaoapp.musically TikTok
com.ss.android.ugc TikTok
com.snapchat.android Snapchat
org.telegram Telegram
org.thunderdog.challegram Telegram
com.discord Discord
com.slack Slack
com.skype Skype
com.viber.voip Viber
org.thoughtcrime.securesms Signal
jp.naver.line.android LINE
com.kakao.talk KakaoTalk
com.tencent.mm WeChat
com.tencent.mobileqq QQ
com.sina.weibo Weibo
com.vkontakte.android Vkontakte
ru.ok.android Odnoklassniki
ru.mail.mailapp Mail.ru Mail
com.yahoo.mobile.client.android.mail Yahoo! Mail
ch.protonmail.android Proton
me.proton.android.mail Proton
com.fastmail.app Fastmail
com.samsung.android.email Samsung Email
org.mozilla.thunderbird Thunderbird
net.thunderbird.android Thunderbird
com.fsck.k9 K-9 Mail
de.gmx.mobile.android.mail GMX
de.web.mobile.android.mail Web.de
com.tumblr Tumblr
com.quora.android Quora
com.medium.reader Medium
com.stumbleupon.android.app StumbleUpon
com.ideashower.readitlater.pro Pocket
flipboard.app Flipboard
com.devhd.feedly Feedly
org.joinmastodon.android Mastodon
com.keylesspalace.tusky Mastodon
xyz.blueskyweb.app Bluesky
io.github.hidroh.materialistic Hacker News
com.stefandekanski.hackernews.free Hacker News
com.simon.harmonichackernews Hacker News
com.openai.chatgpt ChatGPT
ai.perplexity.app.android Perplexity
com.anthropic.claude Claude
ai.x.grok Grok
com.deepseek.chat DeepSeek
com.amazon.mShop Amazon
com.ebay.mobile eBay
com.etsy.android Etsy
tv.twitch.android.app Twitch
`

/** Where people are sent to pay, and come back from: they did not come from there. */
export const PAYMENT_HOSTS = `
paypal.com paypal.me paypalobjects.com braintreegateway.com braintree-api.com venmo.com
checkout.stripe.com hooks.stripe.com buy.stripe.com billing.stripe.com invoice.stripe.com pay.stripe.com js.stripe.com stripe.network link.com
klarna.com klarnacdn.net sofort.com sofortueberweisung.de adyen.com adyenpayments.com
checkout.com cko.com mollie.com worldpay.com sagepay.com opayo.co.uk authorize.net 2checkout.com
squareup.com checkout.square.site cash.app afterpay.com clearpay.co.uk affirm.com sezzle.com zip.co scalapay.com alma.eu getalma.eu oney.fr
payments.amazon.com pay.amazon.com payments-eu.amazon.com payments.amazon.co.uk payments.amazon.de pay.google.com payments.google.com
payu.com payu.in secure.payu.com payu.pl przelewy24.pl dotpay.pl tpay.com blik.com paytm.in paytm.com razorpay.com ccavenue.com billdesk.com cashfree.com phonepe.com instamojo.com
paysafe.com paysafecard.com skrill.com neteller.com trustly.com giropay.de paydirekt.de eps-ueberweisung.at bancontact.com payconiq.com ideal.nl twint.ch
nets.eu dibspayment.com dibspayment.eu bambora.com epay.dk quickpay.net swish.nu vipps.no mobilepay.dk svea.com collector.se walley.se paytrail.com
redsys.es sis.redsys.es paybox.com payzen.eu lyra.com systempay.fr monetico-services.com sips-atos.com sips-services.com payline.com hipay.com ogone.com ingenico.com
wirecard.com saferpay.com datatrans.com datatrans.biz postfinance.ch unzer.com computop.com computop-paygate.com heidelpay.com payone.com pay1.de concardis.com wallee.com
nexi.it satispay.com sia.eu multisafepay.com buckaroo.nl sisow.nl icepay.com docdatapayments.com pay.nl ccv.eu
mercadopago.com mercadopago.com.br pagseguro.uol.com.br pagseguro.com.br pagar.me ebanx.com payulatam.com wompi.co conekta.com openpay.mx webpay.cl transbank.cl
alipay.com alipayobjects.com wechatpay.com pay.weixin.qq.com unionpaysecure.com tenpay.com
yookassa.ru yoomoney.ru robokassa.ru robokassa.com cloudpayments.ru qiwi.com securepay.tinkoff.ru liqpay.ua wayforpay.com fondy.eu
iyzico.com iyzipay.com paytr.com param.com.tr gopay.com comgate.cz gpwebpay.com barion.com simplepay.hu otpmobil.hu
paystack.com flutterwave.com ravepay.co payfast.co.za peachpayments.com payfort.com tap.company moyasar.com hyperpay.com
komoju.com gmo-pg.com paygent.co.jp sbpayment.jp pay.jp paypay.ne.jp kginicis.com inicis.com nicepay.co.kr tosspayments.com
omise.co xendit.co midtrans.com 2c2p.com eghl.com ipay88.com billplz.com
eway.com.au ewaypayments.com securepay.com.au moneris.com beanstream.com chasepaymentechhostedpay.com cybersource.com secureacceptance.cybersource.com elavon.com convergepay.com globalpay.com heartlandportico.com bluesnap.com paddle.com fastspring.com gocardless.com bitpay.com commerce.coinbase.com
cardinalcommerce.com arcot.com securecode.com verifiedbyvisa.com rsa3dsauth.com rsa3dsauth.co.uk touchtechpayments.com securesuite.net securesuite.co.uk 3dsecure.io wlp-acs.com emvacs.com modirum.com netcetera.com gpayments.net bankid.com
`
