import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../cli/free-port.ts'

export interface Product {
  readonly url: string
  readonly dataDir: string
  readonly process: ChildProcess
  /** What it has printed so far. */
  output(): string
  signInLink(): string
  /** Stops it as Ctrl-C does; resolves with its exit code. */
  stop(): Promise<number | null>
  remove(): Promise<void>
}

const MAIN = join(import.meta.dirname, '../cli/main.ts')

/** Runs a command of the command line to its end. */
export async function runCommand(args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...inherited(), ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

/** `footfall start` with a data folder and a port of its own; resolves when it is ready. */
export async function startProduct(
  options: { dataDir?: string; port?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Product> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'footfall-product-')))
  const port = options.port ?? (await freePort())
  const child = spawn(process.execPath, [MAIN, 'start'], {
    env: { ...inherited(), ...options.env, DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (output.includes('Footfall is ready')) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    void ended.then((code) => reject(new Error(`footfall start ended with ${code}:\n${output}`)))
  })
  return {
    url: `http://localhost:${port}`,
    dataDir,
    process: child,
    output: () => output,
    signInLink: () => /http\S+\/sign-in\?token=\S+/.exec(output)?.[0] ?? '',
    stop() {
      child.kill('SIGINT')
      return ended
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  }
}

// Vitest's own variables would change how Node runs.
function inherited(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env
  return env
}
