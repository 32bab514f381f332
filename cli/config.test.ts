import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

it('takes the passwords of the databases from files, and says when one is missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-config-'))
  const file = join(folder, 'password')
  writeFileSync(file, 'a/b@c\n')
  const config = readConfig({
    DATABASE_URL: 'postgres://footfall@db:5432/footfall?sslmode=require',
    DATABASE_PASSWORD_FILE: file,
    CLICKHOUSE_URL: 'http://footfall@clickhouse:8123',
    CLICKHOUSE_PASSWORD_FILE: file,
  })
  expect([config.databaseUrl, config.clickhouseUrl]).toEqual([
    'postgres://footfall:a%2Fb%40c@db:5432/footfall?sslmode=require',
    'http://footfall:a%2Fb%40c@clickhouse:8123',
  ])
  rmSync(folder, { recursive: true })
  expect(() => readConfig({ DATABASE_PASSWORD_FILE: file })).toThrow(ConfigError)
})

it('knows no cluster of the embedded ClickHouse', () => {
  expect(() => readConfig({ CLICKHOUSE_CLUSTER: 'main' })).toThrow(/needs CLICKHOUSE_URL/)
})
