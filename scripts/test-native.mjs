// Builds and runs the C++ tests, without Node-API: kernel-test (memory and splits of every kernel), gemm-test (products)
// and plan-test (plans, pool, training thread), once as shipped, with tensors beside unreadable pages, and once under
// AddressSanitizer and UndefinedBehaviorSanitizer; plan-test also under ThreadSanitizer. Sanitizers that the compiler
// lacks are left out.
//
//   node scripts/test-native.mjs [isa [kernel]]     one kernel: kernel-test alone; CXX names the compiler
//
// Needs build/generated, which `npm run build` makes; adds the kernels' cases to it.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const native = join(root, 'native')
const compiler = process.env.CXX ?? ['c++', 'g++', 'clang++'].find((name) => !spawnSync(name, ['--version']).error)
const { core, kernels, defines, flags, isas } = JSON.parse(readFileSync(join(native, 'sources.json'), 'utf8'))

function fail(message) {
  console.error(message)
  process.exit(1)
}
if (compiler === undefined) fail('No C++ compiler: set CXX.')
if (!existsSync(join(root, 'build/generated/kernel-arguments.h'))) fail('build/generated is missing: npm run build')
if (process.platform === 'win32') fail('The C++ tests need mmap: run them on Linux or macOS.')
await import('./generate-kernel-cases.mjs')

function execute(command, parameters) {
  return new Promise((resolve, reject) => {
    let output = ''
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk)
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) =>
      code === 0 ? resolve(output) : reject(new Error(`${command}: ${signal ?? code}`)),
    )
  })
}

const total = { passed: 0, failed: 0 }
async function runTests(program) {
  const output = await execute(program, process.argv.slice(2))
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? fail(`${program} did not come to its end.`)
  total.passed += Number(passed)
  total.failed += Number(failed)
}

const isasHere = Object.entries(isas[process.arch] ?? fail(`No kernels for ${process.arch}.`))
const common = [...flags.common, ...defines.map((define) => `-D${define}`), `-I${native}`, `-I${root}/build/generated`]

/** Two compilers at a time, longest first. */
async function buildAndRun(name, extra, programs) {
  const folder = join(root, 'build/native-test', name)
  mkdirSync(folder, { recursive: true })
  const jobs = [
    ...isasHere
      .toReversed()
      .map(([isa, own]) => ({ source: kernels, object: isa, own: [...flags.kernels, ...own.flags] })),
    ...programs.map((program) => ({ source: `test/${program}.cc`, object: program, own: [] })),
    ...core.map((source) => ({ source, object: source.replace('.cc', ''), own: [] })),
  ]
  const shared = jobs.filter(({ object }) => !programs.includes(object))
  async function work() {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { source, object, own } = job
      const output = join(folder, `${object}.o`)
      await execute(compiler, [...common, ...own, ...extra, '-c', join(native, source), '-o', output])
    }
  }
  await Promise.all([work(), work()])
  for (const program of programs) {
    const objects = [program, ...shared.map(({ object }) => object)].map((object) => join(folder, `${object}.o`))
    await execute(compiler, [...extra, ...objects, '-pthread', '-o', join(folder, program)])
    console.log(`${program}, ${name}`)
    await runTests(join(folder, program))
  }
}

function canLink(parameters) {
  const probe = join(root, 'build/native-test')
  mkdirSync(probe, { recursive: true })
  writeFileSync(join(probe, 'probe.cc'), 'int main() { return 0; }\n')
  return spawnSync(compiler, [...parameters, join(probe, 'probe.cc'), '-o', join(probe, 'probe')]).status === 0
}

try {
  const programs = process.argv.length > 3 ? ['kernel-test'] : ['kernel-test', 'gemm-test', 'plan-test']
  await buildAndRun('guarded', [], programs)
  // -O1: the sanitizers' checks in fully optimized kernels take a minute to compile.
  const sanitize = async (name, sanitizer, sanitized) => {
    const extra = [`-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all', '-O1', '-g1']
    if (canLink(extra)) await buildAndRun(name, extra, sanitized)
    else console.log(`${name}: skipped, ${compiler} cannot link ${extra[0]}`)
  }
  await sanitize('sanitized', 'address,undefined,float-cast-overflow', programs)
  if (programs.includes('plan-test')) await sanitize('threads', 'thread', ['plan-test'])
  console.log(`in all: ${total.passed} passed, ${total.failed} failed`)
} catch (error) {
  fail(error.message)
}
