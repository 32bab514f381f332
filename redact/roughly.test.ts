import { describe, expect, it } from 'vitest'
import { labelledSet } from '../test/redaction-set.ts'
import { redactRoughly, redactUrlRoughly } from './roughly.ts'
import { redactText } from './text.ts'
import { redactUrl } from './url.ts'

describe('a text that is redacted roughly', () => {
  it('has nothing left that redaction would take', () => {
    for (const { text, secret } of labelledSet(200)) {
      const left = redactRoughly(text)
      if (secret !== undefined) expect(left).not.toContain(secret)
      expect(redactText(left), text).toBe(left)
    }
  })

  it.each([
    'The ten best bikes of 2026',
    'the-ten-best-bikes-for-commuting-in-2026',
    '2026-11-24',
    'caf%C3%A9',
    'Order 20261124',
    'MyClass::toString',
    'Version 1.2.3',
  ])('stays: %s', (text) => expect(redactRoughly(text)).toBe(text))
})

describe('an address that is redacted roughly', () => {
  it('has nothing left that redaction would take', () => {
    for (const { text } of labelledSet(200)) {
      const segment = text.replace(/[/?#]/g, '')
      const url = `https://a.example/x/${segment}/reset/${segment}?ref=${encodeURIComponent(text)}&id=1`
      const left = redactUrlRoughly(url, [], false)
      expect(decodeURIComponent(redactUrl(left) ?? ''), url).toBe(decodeURIComponent(left))
    }
  })
})
