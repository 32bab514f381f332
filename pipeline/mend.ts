import { type ClickHouse, selectRows } from '../database/clickhouse.ts'
import { inTransaction, type Pool } from '../database/postgres.ts'
import { takeLock } from './claim.ts'
import { refillMonths } from './rebuild.ts'

/**
 * Answers what mends `events` in ClickHouse where files of it are damaged: each
 * call looks whether that is so, begins to make the months (202611) anew from the
 * record, and answers them. A fault at any moment leads to the same again at the
 * next call. On a cluster `events` has no files; replicas mend each other's.
 */
export function mender(
  pool: Pool,
  clickhouse: ClickHouse,
): (signal?: AbortSignal) => Promise<readonly number[]> {
  let seen = 0
  return async (signal) => {
    const errors = await errorsMet(clickhouse, signal)
    const found = {
      damaged: errors === seen ? [] : await damagedMonths(clickhouse, signal),
      aside: await partsSetAside(clickhouse, signal),
    }
    const months = [...new Set([...found.damaged, ...found.aside.map(({ month }) => month)])]
    if (months.length > 0 && !(await makeAnew(pool, clickhouse, months, found))) return []
    seen = errors
    return months
  }
}

interface Found {
  /** Months that cannot be read. */
  readonly damaged: readonly number[]
  readonly aside: readonly PartSetAside[]
}

/** What ClickHouse took out of a table that it could not load. */
interface PartSetAside {
  readonly name: string
  readonly month: number
  /** It tells of rows that they are deleted. */
  readonly isPatch: boolean
}

// What ClickHouse throws where it reads other than it has written, whoever asked: a report, a delivery, a merge.
const DAMAGE = [
  ...['CORRUPTED_DATA', 'CHECKSUM_DOESNT_MATCH', 'CANNOT_READ_ALL_DATA', 'CANNOT_DECOMPRESS'],
  ...['ATTEMPT_TO_READ_AFTER_EOF', 'UNEXPECTED_END_OF_FILE', 'CANNOT_READ_FROM_FILE_DESCRIPTOR'],
  ...['FILE_DOESNT_EXIST', 'NO_FILE_IN_DATA_PART', 'UNEXPECTED_FILE_IN_DATA_PART'],
  ...['BAD_SIZE_OF_FILE_IN_DATA_PART', 'SIZES_OF_MARKS_FILES_ARE_INCONSISTENT'],
  ...['SIZES_OF_COLUMNS_DOESNT_MATCH', 'TOO_LARGE_SIZE_COMPRESSED', 'UNKNOWN_COMPRESSION_METHOD'],
  ...['UNKNOWN_CODEC', 'POTENTIALLY_BROKEN_DATA_PART'],
]

/** How often since its start ClickHouse has met what may be damage: it costs nothing to ask. */
async function errorsMet(clickhouse: ClickHouse, signal?: AbortSignal): Promise<number> {
  const [met] = await selectRows<{ errors: number }>(
    clickhouse,
    'select sum(value) as errors from system.errors where name in {names:Array(String)}',
    { names: DAMAGE },
    signal,
  )
  return met?.errors ?? 0
}

/** Reads all files: those of the events, and those of the patches, which it looks at only where it is told. */
async function damagedMonths(
  clickhouse: ClickHouse,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  const damaged = new Set<number>()
  for (const partition of await partitions(clickhouse, signal)) {
    const parts = await selectRows<{ is_passed: number }>(
      clickhouse,
      `check table events partition id '${partition}' settings check_query_single_value_result = 0`,
      {},
      signal,
    )
    if (parts.some(({ is_passed }) => is_passed === 0)) damaged.add(monthOf(partition))
  }
  return [...damaged]
}

/** By id: `202611`, and then `patch-…-202611`. */
async function partitions(
  clickhouse: ClickHouse,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const rows = await selectRows<{ partition_id: string }>(
    clickhouse,
    `select distinct partition_id from system.parts
     where database = currentDatabase() and table = 'events' and active order by partition_id`,
    {},
    signal,
  )
  return rows.map(({ partition_id }) => partition_id)
}

const monthOf = (partition: string) => Number(partition.slice(-6))

// What somebody has detached himself has no such word before its name.
const SET_ASIDE = /^broken[a-z-]*_(?<patch>patch-[0-9a-f]+-)?(?<month>\d{6})_\w+$/

async function partsSetAside(
  clickhouse: ClickHouse,
  signal?: AbortSignal,
): Promise<readonly PartSetAside[]> {
  const rows = await selectRows<{ name: string }>(
    clickhouse,
    `select name from system.detached_parts where database = currentDatabase() and table = 'events'`,
    {},
    signal,
  )
  return rows.flatMap(({ name }) => {
    const { month, patch } = SET_ASIDE.exec(name)?.groups ?? {}
    return month === undefined ? [] : [{ name, month: Number(month), isPatch: patch !== undefined }]
  })
}

/** False when another worker is at it, or delivers. */
function makeAnew(
  pool: Pool,
  clickhouse: ClickHouse,
  months: readonly number[],
  { damaged, aside }: Found,
): Promise<boolean> {
  return inTransaction(pool, async (connection) => {
    // Nobody brings what would be dropped.
    if (!(await takeLock(connection, 'blocks'))) return false
    // Committed before anything is dropped: there is no other note of it.
    await refillMonths(pool, months)
    // A month whose part was set aside is read until it is whole again. Where that was a patch, what it deleted is
    // back, also what the record no longer has.
    const dropped = new Set([
      ...damaged,
      ...aside.filter(({ isPatch }) => isPatch).map(({ month }) => month),
    ])
    for (const partition of await partitions(clickhouse))
      if (dropped.has(monthOf(partition)))
        await clickhouse.command({ query: `alter table events drop partition id '${partition}'` })
    for (const { name } of aside)
      await clickhouse.command({
        query: `alter table events drop detached part '${name}'`,
        clickhouse_settings: { allow_drop_detached: 1 },
      })
    return true
  })
}
