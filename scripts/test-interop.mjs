// Runs the tests of test/interop, which read netwright's files with the programs that they are for. Installs those (Python
// packages, test/interop/requirements.txt) into an environment of their own, build/interop-python, when they changed.
//
//   node scripts/test-interop.mjs     NETWRIGHT_PYTHON names another Python than python3

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [system = 'python3'] = (process.env.NETWRIGHT_PYTHON ?? '').split(delimiter).filter((name) => name !== '')
const folder = join(root, 'build/interop-python')
const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const requirements = join(root, 'test/interop/requirements.txt')
const stamp = join(folder, 'requirements.txt')

/** Runs a program with its output shown; where it fails, so does this one, after `remedy`. */
function run(program, args, remedy, env = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (status === 0) return
  console.error(`${[program, ...args].join(' ')} failed${error === undefined ? '' : `: ${error.message}`}. ${remedy}`)
  process.exit(status ?? 1)
}

const wanted = readFileSync(requirements, 'utf8')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  rmSync(folder, { recursive: true, force: true })
  run(system, ['-m', 'venv', folder], 'Python 3 with venv is needed (Debian: apt-get install python3-venv).')
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], 'The tests need these packages.')
  writeFileSync(stamp, wanted)
}
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
run(process.execPath, [vitest, 'run', 'test/interop'], '', { NETWRIGHT_INTEROP_PYTHON: python })
