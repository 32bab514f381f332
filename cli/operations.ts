import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Gauge, type Registry } from 'prom-client'

/** When each was last done, ms since 1970: DATA_DIR/operations.json. */
type Operations = { readonly backup?: number; readonly drill?: number }

const fileOf = (dataDir: string) => join(dataDir, 'operations.json')

export function readOperations(dataDir: string): Operations {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as Operations // written by us, below
  } catch {
    return {} // never done
  }
}

export async function noteOperation(
  dataDir: string,
  operation: keyof Operations,
  atMs: number,
): Promise<void> {
  const text = JSON.stringify({ ...readOperations(dataDir), [operation]: atMs })
  await writeFile(`${fileOf(dataDir)}.new`, text, { mode: 0o600 })
  await rename(`${fileOf(dataDir)}.new`, fileOf(dataDir))
}

/** Tells monitoring how long ago each was done; +Inf: never. */
export function exportOperations(registry: Registry, dataDir: string, now: () => number): void {
  for (const [operation, name, help] of [
    ['backup', 'backup_age_seconds', 'Since the last backup was written; +Inf: never'],
    [
      'drill',
      'restore_drill_age_seconds',
      'Since a backup was last restored on trial; +Inf: never',
    ],
  ] as const)
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const at = readOperations(dataDir)[operation]
        this.set(at === undefined ? Number.POSITIVE_INFINITY : (now() - at) / 1_000)
      },
    })
}
