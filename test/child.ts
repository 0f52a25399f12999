// Runs a TypeScript file of the tests in a process of its own: for what may crash, hang or end the process.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

export interface ChildResult {
  /** null where a signal (a crash, the time limit) ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly milliseconds: number
}

interface ChildOptions {
  readonly execArgv?: readonly string[]
  readonly seconds?: number
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `file` (from the repository's root) with `args`; killed after `seconds`. */
export function runChild(
  file: string,
  args: readonly string[],
  { execArgv = [], seconds = 60, env = {} }: ChildOptions = {},
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, [...execArgv, '--import', 'tsx', file, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: seconds * 1e3,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output, milliseconds: performance.now() - started }))
  })
}
