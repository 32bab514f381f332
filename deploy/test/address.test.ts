import { describe, expect, it } from 'vitest'
import { until } from '../../faults/wait.ts'
import { send } from '../../test/corpus.ts'
import { withEcho } from './echo.ts'
import { startNginx } from './nginx.ts'

describe('the address', () => {
  const CLAIMS = {
    'x-forwarded-for': '203.0.113.9, 203.0.113.10',
    'x-real-ip': '203.0.113.9',
    forwarded: 'for=203.0.113.9;proto=https;host=evil.example',
    'true-client-ip': '203.0.113.9',
    'cf-connecting-ip': '203.0.113.9',
    'x-client-ip': '203.0.113.9',
    x_forwarded_for: '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'cf-ipcountry': 'KP',
  }

  it('is overwritten: no process sees what a client says of itself', async () => {
    await withEcho({}, async (ask) => {
      const seen = await ask(CLAIMS)
      expect(seen['x-forwarded-for']).toBe('127.0.0.1')
      expect(seen['x-forwarded-proto']).toBe('http')
      expect(JSON.stringify({ ...seen, 'cf-ipcountry': '' })).not.toMatch(/203\.0\.113|evil/)
    })
  })

  it('is what a trusted proxy says, and so is the country; from others neither is believed', async () => {
    const behindProxy = {
      TRUSTED_PROXIES: '127.0.0.1 2001:db8::/32',
      COUNTRY_HEADER: 'CF-IPCountry',
    }
    await withEcho(behindProxy, async (ask) => {
      // The proxy appends the address that it saw to what the client made up.
      const seen = await ask({ ...CLAIMS, 'x-forwarded-for': '203.0.113.9, 198.51.100.20' })
      expect(seen['x-forwarded-for']).toBe('198.51.100.20')
      expect(seen['x-forwarded-proto']).toBe('https')
      expect(seen['cf-ipcountry']).toBe('KP')
    })
    const elsewhere = { TRUSTED_PROXIES: '192.0.2.0/24', COUNTRY_HEADER: 'CF-IPCountry' }
    await withEcho(elsewhere, async (ask) => {
      const seen = await ask(CLAIMS)
      expect(seen['x-forwarded-for']).toBe('127.0.0.1')
      expect(seen['cf-ipcountry']).toBeUndefined()
    })
  })

  it('is cut in the log, which has no query string, and an error log has none at all', async () => {
    await withEcho({ TRUSTED_PROXIES: '127.0.0.1' }, async (ask, nginx) => {
      for (const address of ['198.51.100.77', '2001:db8:aa:bb::7', '2001:db8::77'])
        await ask(
          { 'x-forwarded-for': address, referer: 'https://secret.example/' },
          '/pixel.gif?site=hunter2',
        )
      // An upstream that is gone would be an error line with address and request.
      const gone = await startNginx({
        COLLECTORS: '127.0.0.1:1',
        APP: '127.0.0.1:1',
        TRUSTED_PROXIES: '127.0.0.1',
      })
      await send(gone.url, {
        method: 'GET',
        path: '/pixel.gif?site=hunter2',
        headers: { 'x-forwarded-for': '198.51.100.77' },
      })
      await until('it is logged', () => gone.log().length === 1)
      const written = nginx.output() + gone.output()
      await gone.stop()
      expect(nginx.log().map((line) => line.client)).toEqual([
        '198.51.100.0',
        '2001:db8:aa::',
        '2001:db8::',
      ])
      expect(written).not.toMatch(/hunter2|198\.51\.100\.77|:bb::7|::77|secret/)
      expect(written).toContain('/pixel.gif')
    })
  })
})
