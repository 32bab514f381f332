import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { labelledSet } from '../test/redaction-set.ts'
import { isSecretKey } from './keys.ts'
import { redactText } from './text.ts'

describe('redacted text', () => {
  it.each([
    ['write to jane.doe@example.co.uk now', 'write to [email] now'],
    ['jane%40example.com', '[email]'],
    ['jane at example.com, or jane(at)example.com', '[email], or [email]'],
    ['nir 2 55 08 14 168 025 38', 'nir [nir]'],
    ['card 4111 1111 1111 1111!', 'card [card]!'],
    ['amex 378282246310005', 'amex [card]'],
    ['old visa 4222222222222', 'old visa [card]'],
    ['pay DE89 3704 0044 0532 0130 00 today', 'pay [iban] today'],
    ['ssn 078-05-1120', 'ssn [ssn]'],
    ['call +44 20 7123 4567 or (415) 555-0132', 'call [phone] or [phone]'],
    ['from 192.168.2.1 and 2001:db8::8a2e:370:7334', 'from [ip] and [ip]'],
    ['Authorization: Bearer abcdef1234567890', 'Authorization: Bearer [token]'],
    ['redis://redis:foo@localhost:6379/0', 'redis://[user]@localhost:6379/0'],
    ['at 52.520008, 13.404954', 'at [place]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', '[token]'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected)
  })

  it.each([
    'epoch 1748503543012 and 1748503543012345',
    'order 2026-11-24-000123',
    'uuid 019a0000-0000-7000-8000-000000000001',
    'commit 9b2a1b18db64c0ea3ae5f09912c2280733ed7bdd2a',
    'EAN 4006381333931',
    'card 4012-8888-8888-1882 fails its check',
    'version 1.2.3 and 120.0.6099.109',
    'from 10:20:30 to 12:00',
    'MyClass::toString',
    'DE89 3704 0044 0532 0130 01 fails its check',
    'info@presidio.',
    'it costs 1,299.00 for 2 to 4',
    '2026-11-24T10:00:00.000Z',
    '000-12-3456',
  ])('stays: %s', (text) => {
    expect(redactText(text)).toBe(text)
  })

  it('takes time that grows with the text, not with its square', () => {
    // With the square of it, one of these would take an hour: the test's own time limit is the assertion.
    for (const unit of ['a', '1', '1 ', 'a.', '@', 'a@', ':', 'AB12', '+1', '(', 'eyJ', 'a at ']) {
      const text = `@ ${unit.repeat(1_000_000)}`
      expect(redactText(text)).toHaveLength(text.length)
    }
  })
})

describe('a labelled set of 3 600 texts', () => {
  const set = labelledSet(200)

  it('loses at least 99.5 % of what must go', () => {
    const secrets = set.filter(({ secret }) => secret !== undefined)
    const missed = secrets.filter(({ text, secret }) => redactText(text).includes(secret ?? ''))
    expect(missed.slice(0, 20)).toHaveLength(0)
    expect(secrets.length).toBeGreaterThanOrEqual(800)
  })

  it('keeps at least 99.9 % of what looks like it', () => {
    const harmless = set.filter(({ secret }) => secret === undefined)
    const changed = harmless.filter(({ text }) => redactText(text) !== text)
    expect(changed.length / harmless.length, JSON.stringify(changed)).toBeLessThanOrEqual(0.001)
  })
})

describe('a secret by its name', () => {
  it.each([
    'the_secret',
    'a_password_here',
    'auth',
    'MYSQL_PWD',
    'accessToken',
    'x-session-id',
    'credit_card[number]',
    'first_name',
    'csc num',
  ])('%s', (name) => expect(isSecretKey(name)).toBe(true))
  it.each([
    'auXth',
    'passenger',
    'experience',
    'pinned',
    'authors',
    'product_name',
    'cardinality',
    'plan',
  ])('is not %s', (name) => expect(isSecretKey(name)).toBe(false))
})

const VECTORS = join(import.meta.dirname, '../../shared/vectors/pii.json')

describe.skipIf(!existsSync(VECTORS))(
  'the collected vectors (skipped where they do not lie beside the project)',
  () => {
    interface Vector {
      id: string
      kind: string
      input: unknown
      must_be_redacted: boolean
      optional?: boolean
      spans?: [number, number][]
      luhn_valid?: boolean[]
      field?: string
    }
    const vectors: Vector[] = existsSync(VECTORS)
      ? JSON.parse(readFileSync(VECTORS, 'utf8')).vectors
      : []
    // Cards are recognised by Luhn; national numbers of other countries are a site's choice.
    const ours = vectors.filter(
      ({ kind, input, optional, luhn_valid, must_be_redacted }) =>
        typeof input === 'string' &&
        !optional &&
        /^(credit_card|us_ssn|us_itin|email|phone|iban|ip|url_auth|text)$/.test(kind) &&
        !(must_be_redacted && luhn_valid?.includes(false)),
    )
    it.each(ours.map((vector) => [vector.id, vector] as const))(
      '%s',
      (_id, { input, must_be_redacted, spans }) => {
        const text = String(input)
        const redacted = redactText(text)
        if (!must_be_redacted) expect(redacted).toBe(text)
        // The same words may stand elsewhere and stay there.
        const times = (whole: string, part: string) => whole.split(part).length - 1
        for (const [from, to] of spans ?? []) {
          const span = text.slice(from, to)
          expect(times(redacted, span)).toBeLessThan(times(text, span))
        }
        if (must_be_redacted) expect(redacted).not.toBe(text)
      },
    )

    const fields = vectors.filter(({ kind }) => /^(field|form_field|header)$/.test(kind))
    it.each(fields.map((vector) => [vector.field ?? vector.id, vector] as const))(
      'name %s',
      (name, { must_be_redacted }) => {
        expect(isSecretKey(name)).toBe(must_be_redacted)
      },
    )
  },
)
