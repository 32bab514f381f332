import { forecast } from '../pipeline/forecast.ts'
import type { Config } from './config.ts'
import { withDatabase } from './with-database.ts'

/** `footfall forecast`: what the data takes, and will. */
export async function printForecast(config: Config): Promise<void> {
  const size = (bytes: number) =>
    bytes > 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
  await withDatabase(config, async (pool) => {
    console.log('table              now        rows         in a month  in a year')
    for (const { table, bytes, rows, bytesIn } of await forecast(pool))
      console.log(
        [
          table.padEnd(18),
          size(bytes).padEnd(10),
          `${rows}`.padEnd(12),
          size(bytesIn.month).padEnd(11),
          size(bytesIn.year),
        ].join(' '),
      )
    console.log(
      'As it would be if sites went on as in the last two days, and nothing were deleted.',
    )
  })
}
