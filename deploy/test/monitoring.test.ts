import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { freePort } from '../../cli/free-port.ts'
import { until } from '../../faults/wait.ts'
import { send } from '../../test/corpus.ts'
import { type Installation, startInstallation } from './installation.ts'

const FOLDER = join(import.meta.dirname, '../prometheus')
const rules = parse(readFileSync(join(FOLDER, 'rules.yml'), 'utf8')) as {
  groups: { rules: { alert: string; expr: string; annotations: { operate: string } }[] }[]
}
const alerts = rules.groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(
  readFileSync(join(import.meta.dirname, '../grafana/dashboards/footfall.json'), 'utf8'),
) as { panels: { targets: { expr: string }[] }[] }

/** What is not ours, by who tells it. */
const OF_OTHERS = new Set([
  ...['up'], // Prometheus itself
  ...[
    'pg_up',
    'pg_stat_database_numbackends',
    'pg_settings_max_connections',
    'pg_database_size_bytes',
  ], // postgres-exporter
  ...['nginx_up', 'nginx_connections_active', 'nginx_http_requests_total'], // nginx-exporter
  ...['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'], // node-exporter
  ...['probe_success', 'probe_ssl_earliest_cert_expiry'], // blackbox-exporter
])

const FUNCTIONS =
  /\b(sum|rate|increase|histogram_quantile|max|min|absent|predict_linear|time|by|offset|and|or|le)\b/g
const metricsIn = (expr: string) =>
  expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|\b(by|offset) \([^)]*\)|offset \w+|"[^"]*"/g, ' ')
    .replace(FUNCTIONS, ' ')
    .match(/[a-z_][a-z_0-9]*/gi) ?? []

let product: Installation
beforeAll(async () => {
  product = await startInstallation({ collectors: 2, sites: ['shop.example'] })
  await send(product.nginx.url, {
    method: 'POST',
    path: '/collect',
    headers: { 'content-type': 'text/plain' },
    body: Buffer.from('{"siteId":"shop.example","eventType":"x"}'),
  })
})
afterAll(() => product?.close())

const metrics = async (port: number, query = '') =>
  await (await fetch(`http://127.0.0.1:${port}/metrics${query}`)).text()

describe('the rules', () => {
  it('are valid, and fire when they are to', () => {
    const check = (...args: string[]) =>
      execFileSync('promtool', args, { cwd: FOLDER, encoding: 'utf8' })
    expect(check('check', 'config', 'prometheus.yml')).toContain('SUCCESS')
    expect(check('test', 'rules', 'rules.test.yml')).toContain('SUCCESS')
  })

  it('and the dashboard name no metric that nobody tells', async () => {
    const told =
      (await metrics(product.collectors[0]?.port ?? 0, '?own=yes')) +
      (await metrics(product.app.port))
    const ours = new Set(
      [...told.matchAll(/^# TYPE (\w+) (\w+)/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
      ),
    )
    const named = [
      ...alerts.map(({ expr }) => expr),
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ].flatMap(metricsIn)
    expect(named.length).toBeGreaterThan(30)
    expect([...new Set(named)].filter((name) => !ours.has(name) && !OF_OTHERS.has(name))).toEqual(
      [],
    )
  })

  it('each say what docs/operate.md says to do', () => {
    const operate = readFileSync(join(import.meta.dirname, '../../docs/operate.md'), 'utf8')
    for (const { alert, annotations } of alerts)
      expect(operate, alert).toContain(`What happens if ${annotations.operate}`)
  })
})

describe('a real Prometheus', () => {
  it('reads what the processes tell, each number once, with the shipped rules, and sees a collector stop', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footfall-prometheus-'))
    const port = await freePort()
    const target = (name: string, ports: number[], own = false) => ({
      job_name: name,
      scrape_interval: '1s',
      ...(own && { params: { own: ['yes'] } }),
      static_configs: [{ targets: ports.map((each) => `127.0.0.1:${each}`) }],
    })
    writeFileSync(
      join(folder, 'prometheus.yml'),
      JSON.stringify({
        global: { evaluation_interval: '1s' },
        rule_files: [join(FOLDER, 'rules.yml')],
        scrape_configs: [
          target(
            'collector',
            product.collectors.map((each) => each.port),
            true,
          ),
          target('app', [product.app.port]),
        ],
      }),
    )
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    )
    const ended = new Promise((resolve) => prometheus.once('exit', resolve))
    const ask = async (path: string) =>
      (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()).data
    const value = async (query: string) => {
      const { result } = await ask(`query?query=${encodeURIComponent(query)}`)
      return result.map((each: { value: [number, string] }) => each.value[1])
    }
    try {
      await until('Prometheus has read all', async () =>
        fetch(`http://127.0.0.1:${port}/-/ready`).then(
          async (ready) => ready.ok && (await value('sum(up)'))[0] === '3',
          () => false,
        ),
      )
      expect(await value('sum(ingest_events_total{result="accepted"})')).toEqual(['1'])
      expect(await value('count(etl_backlog_events)')).toEqual(['1'])
      expect(await value('backup_age_seconds')).toEqual(['+Inf'])
      const loaded = await ask('rules')
      expect(
        loaded.groups
          .flatMap((group: { rules: { health: string; name: string }[] }) =>
            group.rules.map((rule) => rule.name),
          )
          .sort(),
      ).toEqual(alerts.map(({ alert }) => alert).sort())
      await product.collectors[0]?.stop()
      await until('the alert is pending', async () => {
        const { alerts: active } = await ask('alerts')
        return active.some(
          (each: { labels: { alertname: string } }) => each.labels.alertname === 'CollectorDown',
        )
      })
      await product.collectors[0]?.start()
    } finally {
      prometheus.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
  }, 90_000)
})
