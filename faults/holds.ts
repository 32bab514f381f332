import type { Rig } from './rig.ts'
import { until } from './wait.ts'

/** A moment of the pipeline's work, by the statement after which it is held in its transaction. */
export interface Moment {
  readonly name: string
  readonly table: string
  readonly statement: 'insert' | 'delete'
}

const moment = (name: string, statement: Moment['statement'], table: string): Moment => ({
  name,
  statement,
  table,
})

export const AFTER_CLAIM = moment('after the claim', 'delete', 'events_batches')
export const BEFORE_COMMIT = moment('before the commit', 'insert', 'clickhouse_outbox')
export const BEFORE_CHECKPOINT = moment(
  'after the write, before the checkpoint',
  'delete',
  'clickhouse_outbox',
)
export const IN_RECOMPUTE = moment('in the daily recompute', 'insert', 'daily_site_metrics')

/** Somebody who is held. */
export interface Held {
  /** Of PostgreSQL's process. */
  readonly pid: number
  /** As its connection says, `application_name`. */
  readonly name: string
  /** The transaction it is in. */
  readonly transaction: string
}

/** Holds who comes to a moment, until it is let go. */
export interface Hold {
  /** Resolves when somebody is held. */
  taken(): Promise<Held>
  letGo(): Promise<void>
}

/**
 * Lets the rig's PostgreSQL hold the pipeline at moments: a trigger waits for an advisory lock, which is
 * free but for the time of a hold. Answers what begins a hold.
 */
export async function prepareHolds(
  rig: Rig,
  moments: readonly Moment[],
): Promise<(moment: Moment) => Promise<Hold>> {
  await rig.query(
    `create or replace function hold() returns trigger language plpgsql as $$
     begin
       perform pg_advisory_xact_lock_shared(${CLASS}, tg_argv[0]::integer);
       return null;
     end $$`,
  )
  for (const [key, { table, statement }] of moments.entries())
    await rig.query(
      `create or replace trigger hold_${key} after ${statement} on ${table}
       for each statement execute function hold(${key})`,
    )
  return async (moment) => {
    const key = moments.indexOf(moment)
    const holder = await rig.connect()
    await holder.query('select pg_advisory_lock($1, $2)', [CLASS, key])
    return {
      async taken() {
        let held: Held | undefined
        await until(`somebody is held ${moment.name}`, async () => {
          const { rows } = await holder.query<Held>(
            `select a.pid, a.application_name as name, a.backend_xid::text as transaction from pg_locks l join pg_stat_activity a using (pid)
             where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and not l.granted limit 1`,
            [CLASS, key],
          )
          held = rows[0]
          return held !== undefined
        })
        return held as Held // `until` has seen it
      },
      letGo: () => holder.end(),
    }
  }
}

const CLASS = 0x6661_756c // "faul": any that nobody else locks
