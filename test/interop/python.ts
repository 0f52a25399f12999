// Runs a Python program of this folder, by the interpreter that npm run test:interop has made.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What `program` prints, as JSON. */
export function fromPython(program: string, args: readonly string[]): unknown {
  const python = process.env.NETWRIGHT_INTEROP_PYTHON
  if (python === undefined) throw new Error('run these tests by npm run test:interop')
  const file = fileURLToPath(new URL(program, import.meta.url))
  return JSON.parse(execFileSync(python, [file, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 }))
}
