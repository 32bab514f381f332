import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { until } from '../../faults/wait.ts'
import { send } from '../../test/corpus.ts'
import { withEcho } from './echo.ts'

describe('TLS', () => {
  it('redirects to HTTPS, but for the challenge of ACME, and takes over a renewed certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footfall-tls-'))
    const [certificate, key] = [join(folder, 'chain.pem'), join(folder, 'key.pem')]
    const issue = (name: string) =>
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '2',
          '-subj',
          `/CN=${name}`,
          '-keyout',
          key,
          '-out',
          certificate,
        ],
        { stdio: 'ignore' },
      )
    execFileSync('mkdir', ['-p', join(folder, '.well-known/acme-challenge')])
    execFileSync('chmod', ['-R', 'a+rX', folder])
    writeFileSync(join(folder, '.well-known/acme-challenge/token'), 'proof', { mode: 0o644 })
    // Not issued yet: nginx must run for the challenge to be answered.
    const settings = { TLS_CERTIFICATE: certificate, TLS_KEY: key, ACME_WEBROOT: folder }
    await withEcho(settings, async (_ask, nginx) => {
      const nameShown = () =>
        new Promise<string>((resolve, reject) => {
          const socket = connectTls(
            {
              port: Number(new URL(nginx.tlsUrl).port),
              host: '127.0.0.1',
              rejectUnauthorized: false,
            },
            () => {
              resolve(new X509Certificate(socket.getPeerCertificate().raw).subject)
              socket.destroy()
            },
          )
          socket.on('error', reject)
        })
      expect(await nameShown()).toBe('CN=not-yet')
      const challenge = await send(nginx.url, {
        method: 'GET',
        path: '/.well-known/acme-challenge/token',
        headers: {},
      })
      expect(challenge.body).toBe('proof')
      const redirect = await send(nginx.url, {
        method: 'GET',
        path: '/js/tracking.js?a=b',
        headers: { host: 'stats.example' },
      })
      expect([redirect.status, redirect.headers.location]).toEqual([
        308,
        'https://stats.example/js/tracking.js?a=b',
      ])
      issue('stats.example')
      await until(
        'the new certificate is shown',
        async () => (await nameShown()) === 'CN=stats.example',
      )
      const { stdout: head } = await promisify(execFile)('curl', [
        '-sk',
        '-D',
        '-',
        '-o',
        '/dev/null',
        `${nginx.tlsUrl}/js/tracking.js`,
      ])
      expect(head).toContain('strict-transport-security: max-age=31536000')
      expect(head).toMatch(/^HTTP\/2 200/)
    }).finally(() => rmSync(folder, { recursive: true, force: true }))
  })

  it('names that only collect show nothing else', async () => {
    const settings = { COLLECT_NAME: 'c.example', SERVER_NAME: 'board.example' }
    await withEcho(settings, async (_ask, nginx) => {
      const at = async (host: string, path: string) =>
        (await send(nginx.url, { method: 'GET', path, headers: { host } })).status
      expect([
        await at('c.example', '/dashboard/'),
        await at('c.example', '/js/tracking.js'),
      ]).toEqual([404, 200])
      expect(await at('board.example', '/dashboard/')).toBe(200)
    })
  })
})
