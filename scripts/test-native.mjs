// Builds and runs the C++ tests of the kernels, without Node-API: once as shipped, with tensors that end at unreadable
// pages, and once under AddressSanitizer and UndefinedBehaviorSanitizer where the compiler has them.
//
//   node scripts/test-native.mjs [isa [group]]     CXX names the compiler
//
// Needs build/generated, which `npm run build` makes.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const native = join(root, 'native')
const compiler = process.env.CXX ?? ['c++', 'g++', 'clang++'].find((name) => !spawnSync(name, ['--version']).error)
const { kernels, defines, flags, isas } = JSON.parse(readFileSync(join(native, 'sources.json'), 'utf8'))

function fail(message) {
  console.error(message)
  process.exit(1)
}
if (compiler === undefined) fail('No C++ compiler: set CXX.')
if (!existsSync(join(root, 'build/generated/kernel-arguments.h'))) fail('build/generated is missing: npm run build')
if (process.platform === 'win32') fail('The C++ tests need mmap: run them on Linux or macOS.')

function execute(command, parameters) {
  return new Promise((resolve, reject) => {
    spawn(command, parameters, { stdio: 'inherit' })
      .on('error', reject)
      .on('exit', (code, signal) => (code === 0 ? resolve() : reject(new Error(`${command}: ${signal ?? code}`))))
  })
}

const isasHere = Object.entries(isas[process.arch] ?? fail(`No kernels for ${process.arch}.`))
const common = [...flags.common, ...defines.map((define) => `-D${define}`), `-I${native}`, `-I${root}/build/generated`]

/** Two compilers at a time, longest first. */
async function buildAndRun(name, extra) {
  const folder = join(root, 'build/native-test', name)
  mkdirSync(folder, { recursive: true })
  const jobs = [
    ...isasHere.reverse().map(([isa, own]) => ({ source: kernels, object: isa, own: [...flags.kernels, ...own.flags] })),
    { source: 'test/kernel-test.cc', object: 'kernel-test', own: [] },
    { source: 'dispatch.cc', object: 'dispatch', own: [] },
  ]
  const objects = jobs.map(({ object }) => join(folder, `${object}.o`))
  async function work() {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { source, object, own } = job
      const output = join(folder, `${object}.o`)
      await execute(compiler, [...common, ...own, ...extra, '-c', join(native, source), '-o', output])
    }
  }
  await Promise.all([work(), work()])
  const program = join(folder, 'kernel-test')
  await execute(compiler, [...extra, ...objects, '-o', program])
  console.log(`kernel-test, ${name}`)
  await execute(program, process.argv.slice(2))
}

function canLink(parameters) {
  const probe = join(root, 'build/native-test')
  mkdirSync(probe, { recursive: true })
  writeFileSync(join(probe, 'probe.cc'), 'int main() { return 0; }\n')
  return spawnSync(compiler, [...parameters, join(probe, 'probe.cc'), '-o', join(probe, 'probe')]).status === 0
}

try {
  await buildAndRun('guarded', [])
  // -O1: the sanitizers' checks in fully optimized kernels take a minute to compile.
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-O1', '-g1']
  if (canLink(sanitizers)) await buildAndRun('sanitized', sanitizers)
  else console.log(`kernel-test, sanitized: skipped, ${compiler} cannot link ${sanitizers[0]}`)
} catch (error) {
  fail(error.message)
}
