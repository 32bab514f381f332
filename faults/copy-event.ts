import { randomUUID } from 'node:crypto'
import type pg from 'pg'

/** Puts a stored event into the record under a new id and a new number of the work list, in the caller's transaction; answers the id. */
export async function copyEvent(writer: pg.Client, template: string): Promise<string> {
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
