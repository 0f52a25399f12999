// `npm run prebuild`: what a release carries in prebuilds/, as far as this system can make it: its own addon; on linux-x64
// that of linux-arm64 as well (g++-aarch64-linux-gnu); the WebAssembly module (clang and lld). Ends with a list of what
// is there and what is missing; with --all, what is missing fails. Other systems' addons come from theirs, by the same
// command (.github/workflows/prebuild.yml).

import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const run = (script, ...parameters) =>
  spawnSync(process.execPath, [join(root, 'scripts', script), ...parameters], { stdio: 'inherit' }).status === 0

const done = [run('build-native.mjs')]
if (process.platform === 'linux' && process.arch === 'x64')
  done.push(run('build-native.mjs', '--target', 'linux-arm64'))
done.push(run('build-wasm.mjs'))

const targets = [
  'linux-x64',
  'linux-arm64',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
]
for (const name of [...targets.map((target) => `${target}.node`), 'netwright.wasm']) {
  const path = join(root, 'prebuilds', name)
  const size = existsSync(path) ? `${Math.round(statSync(path).size / 1000)} kB` : 'missing'
  if (size === 'missing' && process.argv.includes('--all')) done.push(false)
  console.log(`  ${name.padEnd(22)} ${size}`)
}
process.exitCode = done.every(Boolean) ? 0 : 1
