// `npm run build:prebuilds`: what a release carries in prebuilds/, as far as this system can make it: its own addon; on linux-x64
// that of linux-arm64 as well (g++-aarch64-linux-gnu); the WebAssembly module (clang and lld). Ends with a list of what
// is there. Other systems' addons come from theirs, by the same command (.github/workflows/prebuild.yml); with --check
// nothing is built, and what a release lacks is an error.

import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isCheck = process.argv.includes('--check')
const inRelease = [
  'linux-x64.node',
  'linux-arm64.node',
  'linux-x64-musl.node',
  'linux-arm64-musl.node',
  'darwin-x64.node',
  'darwin-arm64.node',
  'win32-x64.node',
  'netwright.wasm',
]

const run = (script, ...parameters) =>
  spawnSync(process.execPath, [join(root, 'scripts', script), ...parameters], { stdio: 'inherit' }).status === 0

/** Whether everything that this system makes was made. */
function build() {
  const isLinuxX64 = process.platform === 'linux' && process.arch === 'x64'
  const done = [run('build-native.mjs'), !isLinuxX64 || run('build-native.mjs', '--target', 'linux-arm64')]
  return [...done, run('build-wasm.mjs')].every(Boolean)
}

const isBuilt = isCheck || build()
const sizes = inRelease.map((name) => {
  const path = join(root, 'prebuilds', name)
  return existsSync(path) ? `${Math.round(statSync(path).size / 1000)} kB` : 'missing'
})
inRelease.forEach((name, i) => {
  console.log(`  ${name.padEnd(22)} ${sizes[i]}`)
})
process.exitCode = isBuilt && !(isCheck && sizes.includes('missing')) ? 0 : 1
