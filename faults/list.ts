import type { Fault } from './fault.ts'
import { killUnderLoad } from './kill.ts'
import { CLICKHOUSE_FAULTS } from './of-clickhouse.ts'
import { CLOCK_FAULTS } from './of-clocks.ts'
import { DISK_FAULTS } from './of-disk.ts'
import { ERASURE_FAULTS } from './of-erasure.ts'
import { ID_FAULTS } from './of-ids.ts'
import { NETWORK_FAULTS } from './of-network.ts'
import { OVERLOAD_FAULTS } from './of-overload.ts'
import { PIPELINE_FAULTS } from './of-pipeline.ts'
import { POSTGRES_FAULTS } from './of-postgres.ts'
import { PROCESS_FAULTS } from './of-processes.ts'
import { REBUILD_FAULTS } from './of-rebuild.ts'
import { WORKER_FAULTS } from './of-workers.ts'

/** The whole product: every store against the ledger. */
const WHOLE_PRODUCT: Fault = {
  id: 'kill',
  title: 'kill -9 of collector, app and PostgreSQL of the whole product, in turn',
  ok: 'the record, the processed tables, the daily metrics and ClickHouse all have each event once',
  rounds: { small: 1, full: 10, asked: 10 },
  async run(rig, { rounds }) {
    const seed = Math.floor(rig.random() * 1e9)
    const report = await killUnderLoad({ rounds, clients: 8, seed, say: () => {} })
    const { processed, daily, clickhouse } = report.wrong
    return {
      runs: rounds * 3,
      acked: report.acked,
      lost: report.lost,
      dup: processed + daily + clickhouse,
      phantom: report.phantom,
      answers: report.answers,
      measured: `${report.recorded} events in every store`,
      broken: [
        ...(report.lost > 0 ? [`${report.lost} lost`] : []),
        ...(report.phantom > 0 ? [`${report.phantom} phantoms`] : []),
        ...(processed + daily + clickhouse > 0 ? [JSON.stringify(report.wrong)] : []),
      ],
    }
  },
}

/** Every fault, in the order of its number. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...POSTGRES_FAULTS,
  ...DISK_FAULTS,
  ...NETWORK_FAULTS,
  ...ID_FAULTS,
  ...PIPELINE_FAULTS,
  ...WORKER_FAULTS,
  ...CLICKHOUSE_FAULTS,
  ...REBUILD_FAULTS,
  ...ERASURE_FAULTS,
  ...CLOCK_FAULTS,
  ...OVERLOAD_FAULTS,
  WHOLE_PRODUCT,
].sort((a, b) => (a.id < b.id ? -1 : 1))
