// `npm run build:wasm`: the kernels as a WebAssembly module, prebuilds/netwright.wasm, and the bundle for browsers with it.
// Needs clang with lld (Debian, Ubuntu: apt install clang lld; macOS: brew install llvm lld) and build/generated, which
// `npm run build` makes.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const native = join(root, 'native')
const generated = join(root, 'build/generated')
const output = join(root, 'prebuilds/netwright.wasm')
const clang = process.env.WASM_CLANG ?? 'clang++'

function run(command, parameters) {
  const { status, stderr, error } = spawnSync(command, parameters, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${command} is not to be had (${error.message}). ${needs}`)
  if (status !== 0)
    throw new Error(`${command} failed:\n${stderr}${/unable to execute|not found|wasm-ld/.test(stderr) ? needs : ''}`)
}

const needs =
  'It needs clang and lld: apt install clang lld, or set WASM_CLANG to a clang++ that has a wasm-ld beside it.'

try {
  if (!existsSync(join(generated, 'kernel-arguments.h'))) throw new Error('build/generated is missing: npm run build')
  const { kernels, wasm } = JSON.parse(readFileSync(join(native, 'sources.json'), 'utf8'))
  mkdirSync(dirname(output), { recursive: true })
  const includes = [`-I${native}`, `-I${generated}`]
  run(clang, [...wasm.flags, ...includes, join(native, kernels), join(native, wasm.source), ...wasm.link, '-o', output])
  console.log(`prebuilds/netwright.wasm: ${Math.round(statSync(output).size / 1000)} kB`)
  // The bundle for browsers carries it.
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build-typescript.mjs')], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} catch (error) {
  console.error(`netwright: the WebAssembly module was not built: ${error.message}`)
  process.exitCode = 1
}
