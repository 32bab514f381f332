import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type pg from 'pg'
import { openDataFolder } from '../cli/data-folder.ts'
import { freePort } from '../cli/free-port.ts'
import { type Fault, judge, seconds } from './fault.ts'
import { compare, type Rig, sitesOf } from './rig.ts'
import { sleep, until } from './wait.ts'

/** Where collector and pipeline meet: the record and its work list. */
export const PIPELINE_FAULTS: readonly Fault[] = [
  {
    id: 'F22',
    title: 'a slow transaction with a lower number commits after the pipeline passed it',
    ok: 'its events are processed, each once',
    rounds: { small: 10, full: 200, asked: 200 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F22')
      const collector = await rig.collector()
      await startPipeline(rig)
      const load = rig.load(collector.url, sites)
      await until('a first event', async () => (await templates(rig, sites)) > 0)
      const slow: string[] = []
      const all = await rig.query<{ event_id: string }>('select event_id from events_log limit 1')
      const template = all[0]?.event_id ?? ''
      for (let round = 0; round < rounds; round += 10) {
        const writers = await Promise.all(
          Array.from({ length: Math.min(10, rounds - round) }, () => rig.connect()),
        )
        for (const writer of writers) {
          await writer.query('begin')
          slow.push(await copyEvent(writer, template))
        }
        const { rows } = await (writers[0] as pg.Client).query<{ last: number }>(
          // at least one
          'select max(batch_id)::integer as last from events_batches',
        )
        // Higher numbers are committed and processed meanwhile.
        await until('the pipeline passes', async () => {
          const [row] = await rig.query<{ passed: boolean }>(
            `select exists (select from events_log l where l.batch_id > $1)
               and not exists (select from events_batches b where b.batch_id > $1
                                and b.received_at < now() - interval '5 s') as passed`,
            [rows[0]?.last ?? 0],
          )
          return row?.passed === true
        })
        for (const writer of writers) {
          await writer.query('commit')
          await writer.end()
        }
      }
      const ledger = await load.stop()
      for (const id of slow) ledger.fates.set(id, 'acked')
      const wrong = await processedWrongly(rig)
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${slow.length} events committed late; ${wrong} events not processed exactly once`,
        broken: [wrong > 0 && `${wrong} events not processed exactly once`],
      })
    },
  },
  {
    id: 'F25',
    title: 'rows that cannot be processed, put into the record',
    ok: 'each is quarantined with a reason, all others pass',
    rounds: { small: 3, full: 10, asked: 10 },
    needsOwnRig: true,
    async run(rig, { rounds }) {
      const sites = sitesOf('F25')
      const collector = await rig.collector()
      await startPipeline(rig)
      const load = rig.load(collector.url, sites)
      await until('a first event', async () => (await templates(rig, sites)) > 0)
      const all = await rig.query<{ event_id: string }>('select event_id from events_log limit 1')
      const template = all[0]?.event_id ?? ''
      const poison: string[] = []
      const writer = await rig.connect()
      const startedAt = performance.now()
      for (let round = 0; round < rounds; round++) {
        for (const spoil of POISON) {
          await writer.query('begin')
          const id = await copyEvent(writer, template)
          await writer.query(`update events_log set ${spoil} where event_id = $1`, [id])
          await writer.query('commit')
          poison.push(id)
        }
        await sleep(200)
      }
      await writer.end()
      const ledger = await load.stop()
      for (const id of poison) ledger.fates.set(id, 'acked')
      const wrong = await processedWrongly(rig, poison)
      const tookMs = performance.now() - startedAt
      const aside = await rig.query<{ event_id: string; reason: string }>(
        'select event_id, reason from quarantine',
      )
      const ids = new Set(aside.map(({ event_id }) => event_id))
      const missing = poison.filter((id) => !ids.has(id)).length
      return judge(ledger, await compare(rig, sites, ledger), {
        runs: rounds,
        measured: `${aside.length} of ${poison.length} put aside (${[...new Set(aside.map(({ reason }) => reason))].join(', ')}); all done ${seconds(tookMs)} after the first`,
        broken: [
          wrong > 0 && `${wrong} other events not processed exactly once`,
          missing > 0 && `${missing} are not in quarantine`,
          aside.length > poison.length && 'good events are in quarantine',
        ],
      })
    },
  },
]

// Times that no JavaScript date or no text of one has, an id that no index takes, an event that is none.
const POISON = [
  "occurred_at = '290000-01-01'",
  `session_id = (select string_agg(md5(n::text), '') from generate_series(1, 300) n)`,
  "event = 'null'",
  "occurred_at = '12000-01-01'",
]

async function templates(rig: Rig, sites: readonly string[]): Promise<number> {
  const rows = await rig.query('select from events_log where site_id = any($1) limit 1', [sites])
  return rows.length
}

/** A stored event under a new id and a new number of the work list, in the caller's transaction. */
async function copyEvent(writer: pg.Client, template: string): Promise<string> {
  const id = randomUUID()
  await writer.query(
    `with batch as (insert into events_batches (events) values (1) returning batch_id)
     insert into events_log
     select (jsonb_populate_record(l, jsonb_build_object(
       'event_id', $1::text, 'id_at', '1970-01-01T00:00:00Z', 'batch_id', batch.batch_id))).*
     from events_log l, batch where l.event_id = $2`,
    [id, template],
  )
  return id
}

/** The app, that is the pipeline, on the rig's database; ends with the rig. */
async function startPipeline(rig: Rig): Promise<ChildProcess> {
  const dataDir = join(rig.folder, 'data')
  await openDataFolder(dataDir)
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const app = spawn(process.execPath, [join(import.meta.dirname, '../cli/main.ts'), 'serve'], {
    env: {
      ...inherited,
      DATABASE_URL: rig.postgres.url,
      DATA_DIR: dataDir,
      HOST: '127.0.0.1',
      PORT: String(await freePort()),
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  let isReady = false
  app.on('message', (message) => {
    if ((message as { kind?: unknown }).kind === 'ready') isReady = true // a message of ours
  })
  rig.after(async () => {
    const ended = new Promise((resolve) => app.once('exit', resolve))
    if (app.exitCode === null && app.kill('SIGKILL')) await ended
  })
  await until('the app is ready', () => isReady)
  return app
}

/** Waits for the pipeline, then counts events of the record that it does not have exactly once. */
async function processedWrongly(rig: Rig, besides: readonly string[] = []): Promise<number> {
  await until('the pipeline is done', async () => {
    const [left] = await rig.query<{ left: boolean }>(
      `select exists (select from events_batches) or exists (select from clickhouse_outbox) as left`,
    )
    return left?.left === false
  })
  const [row] = await rig.query<{ wrong: number }>(
    `select count(*)::integer as wrong
     from (select event_id from events_log where event_id <> all($1::uuid[])) l
     full join (select event_id, count(*) as times
                from (select event_id from pageviews union all select event_id from user_events) p
                group by event_id) p using (event_id)
     where p.times is distinct from 1 or l.event_id is null`,
    [besides],
  )
  return row?.wrong ?? -1
}
