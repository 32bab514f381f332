import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type PlaceClues, PlaceFinder } from './place.ts'
import { placeDatabase, v4Bits, v6Bits } from './place-database.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'place-'))
afterAll(() => rmSync(folder, { recursive: true }))

const NOWHERE = { country: undefined, region: undefined, city: undefined, basis: undefined }

const munich = {
  country: { iso_code: 'DE', names: { en: 'Germany' } },
  subdivisions: [{ iso_code: 'BY', names: { en: 'Bavaria', de: 'Bayern' } }],
  city: { names: { de: 'München', en: 'Munich' } },
}

const DATABASE = placeDatabase([
  [v4Bits('192.0.2.0', 24), munich],
  [v4Bits('198.51.100.0', 24), { country_code: 'NL', state1: 'Gelderland', city: 'Ede' }],
  [v4Bits('203.0.113.0', 24), { country: 'FR', region: 'Normandy', city: 'Caen' }],
  [v4Bits('100.64.0.0', 10), { country: { iso_code: 'JP' } }],
  [v4Bits('100.128.0.0', 10), { registered_country: { iso_code: 'US' } }],
  [v6Bits(0x2001, 0xdb8), { country: { iso_code: 'XK' } }],
])

let files = 0
function databaseFile(content = DATABASE): string {
  const path = join(folder, `${files++}.mmdb`)
  writeFileSync(path, content)
  return path
}

const problems: Error[] = []
const onProblem = (problem: Error) => void problems.push(problem)
const clues = (more: Partial<PlaceClues> = {}): PlaceClues => ({
  address: '10.0.0.1',
  headers: {},
  isViaTrustedProxy: true,
  ...more,
})

describe('the database', async () => {
  const finder = await PlaceFinder.open({ databasePath: databaseFile(), onProblem })

  it.each([
    ['192.0.2.1', 'DE', 'Bavaria', 'Munich'],
    ['::ffff:192.0.2.1', 'DE', 'Bavaria', 'Munich'],
    ['198.51.100.200', 'NL', 'Gelderland', 'Ede'],
    ['203.0.113.9', 'FR', 'Normandy', 'Caen'],
    ['100.64.1.1', 'JP', undefined, undefined],
    ['2001:db8::1', 'XK', undefined, undefined],
  ])('has %s in %s, %s, %s', (address, country, region, city) => {
    const place = finder.find(clues({ address, timeZone: 'Asia/Tokyo' }))
    expect(place).toEqual({ country, region, city, basis: 'database' })
  })

  it.each(['10.0.0.1', '100.128.0.1', '2001:db9::1', '', 'unknown', '192.0.2', "1' or 1=1"])(
    'does not have %j: the next basis is asked',
    (address) => {
      expect(finder.find(clues({ address, timeZone: 'Asia/Tokyo' }))).toEqual({
        ...NOWHERE,
        country: 'JP',
        basis: 'time_zone',
      })
    },
  )

  it('is read again when its file is another one, and only then', async () => {
    const path = databaseFile()
    const own = await PlaceFinder.open({ databasePath: path, onProblem })
    const countryNow = async () => {
      await own.reload()
      return own.find(clues({ address: '192.0.2.1' })).country
    }
    expect(await countryNow()).toBe('DE')
    writeFileSync(path, placeDatabase([[v4Bits('192.0.2.0', 24), { country: { iso_code: 'AT' } }]]))
    utimesSync(path, 1, 1)
    expect(await countryNow()).toBe('AT')
    own.close()
  })

  it('stays in use when the new file is broken, and the problem is told', async () => {
    const path = databaseFile()
    const own = await PlaceFinder.open({ databasePath: path, onProblem })
    problems.length = 0
    for (const content of ['', 'half a file', DATABASE.subarray(0, -80)]) {
      writeFileSync(path, content)
      await own.reload()
      expect(own.find(clues({ address: '192.0.2.1' })).country).toBe('DE')
    }
    rmSync(path)
    await own.reload()
    expect(own.find(clues({ address: '192.0.2.1' })).country).toBe('DE')
    expect(problems).toHaveLength(4)
    writeFileSync(path, DATABASE)
    await own.reload()
    expect(problems).toHaveLength(4)
    own.close()
  })

  it('may come later: it is looked for on an interval', async () => {
    const path = join(folder, 'later.mmdb')
    const own = await PlaceFinder.open({ databasePath: path, onProblem, checkEveryMs: 10 })
    expect(own.find(clues({ address: '192.0.2.1' }))).toEqual(NOWHERE)
    writeFileSync(path, DATABASE)
    await expect.poll(() => own.find(clues({ address: '192.0.2.1' })).city).toBe('Munich')
    own.close()
  })

  it('with damaged data leaves the event its time zone', async () => {
    const damaged = Buffer.from(DATABASE)
    // The data lies between the tree and the metadata: pointers into nowhere.
    damaged.fill(0x3f, damaged.length - 700, damaged.length - 300)
    const own = await PlaceFinder.open({ databasePath: databaseFile(damaged), onProblem })
    for (const address of ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1']) {
      expect(own.find(clues({ address, timeZone: 'Asia/Tokyo' })).country).toMatch(/^[A-Z]{2}$/)
    }
    own.close()
  })
})

describe('the header of a CDN', async () => {
  const finder = await PlaceFinder.open({ countryHeader: 'CF-IPCountry', onProblem })
  const find = (value: string, isViaTrustedProxy = true) =>
    finder.find(
      clues({
        headers: { 'cf-ipcountry': value },
        isViaTrustedProxy,
        timeZone: 'Europe/Berlin',
      }),
    )

  it.each(['FR', 'fr', ' FR '])('of %j is France', (value) => {
    expect(find(value)).toEqual({ ...NOWHERE, country: 'FR', basis: 'cdn_header' })
  })

  it.each(['XX', 'T1', 'ZZ', 'EU', 'FRA', 'F', '', 'France', '<b>', 'constructor'])(
    'of %j is no country',
    (value) => {
      expect(find(value)).toEqual({ ...NOWHERE, country: 'DE', basis: 'time_zone' })
    },
  )

  it('is not believed from someone who is not the proxy', () => {
    expect(find('FR', false).country).toBe('DE')
  })

  it('is not read unless it is configured', async () => {
    const other = await PlaceFinder.open({ onProblem })
    expect(other.find(clues({ headers: { 'cf-ipcountry': 'FR' } }))).toEqual(NOWHERE)
  })
})

describe('the time zone of the browser', async () => {
  const finder = await PlaceFinder.open({ onProblem })
  const countryOf = (timeZone: string) => finder.find(clues({ timeZone })).country

  it.each([
    ['Europe/Berlin', 'DE'],
    ['Europe/Oslo', 'NO'],
    ['Europe/Copenhagen', 'DK'],
    ['Europe/Amsterdam', 'NL'],
    ['Europe/Zurich', 'CH'],
    ['Europe/Kiev', 'UA'],
    ['Europe/Kyiv', 'UA'],
    ['Europe/Simferopol', 'UA'],
    ['Asia/Calcutta', 'IN'],
    ['Asia/Kolkata', 'IN'],
    ['Asia/Katmandu', 'NP'],
    ['Asia/Saigon', 'VN'],
    ['Asia/Rangoon', 'MM'],
    ['Asia/Kuala_Lumpur', 'MY'],
    ['America/Buenos_Aires', 'AR'],
    ['America/Argentina/Buenos_Aires', 'AR'],
    ['America/Indiana/Knox', 'US'],
    ['America/Coyhaique', 'CL'],
    ['US/Eastern', 'US'],
    ['Australia/ACT', 'AU'],
    ['Africa/Accra', 'GH'],
    ['Africa/Lagos', 'NG'],
    ['Japan', 'JP'],
    ['PRC', 'CN'],
    ['Atlantic/Reykjavik', 'IS'],
  ])('%s is %s', (timeZone, country) => {
    expect(countryOf(timeZone)).toBe(country)
  })

  it.each([
    'UTC',
    'GMT',
    'Etc/UTC',
    'Etc/GMT+5',
    'CET',
    'EST5EDT',
    '',
    'Mars/Olympus',
    'constructor',
    '__proto__',
    'e'.repeat(100_000),
  ])('%s is nowhere', (timeZone) => {
    expect(finder.find(clues({ timeZone }))).toEqual(NOWHERE)
  })

  it('has a country for every zone that this runtime can name', () => {
    const zones = Intl.supportedValuesOf('timeZone').filter((zone) => !/^Etc\/|^UTC$/.test(zone))
    expect(zones.filter((zone) => !/^[A-Z]{2}$/.test(countryOf(zone) ?? ''))).toEqual([])
    expect(zones.length).toBeGreaterThan(400)
  })
})

it('nothing of an address is in what is told of it', async () => {
  const finder = await PlaceFinder.open({ databasePath: databaseFile(), onProblem })
  for (const address of ['192.0.2.1', '10.1.2.3', '2001:db8::beef']) {
    expect(Object.keys(finder.find(clues({ address })))).toEqual(Object.keys(NOWHERE))
    expect(JSON.stringify(finder.find(clues({ address })))).not.toMatch(/\d/)
  }
})
