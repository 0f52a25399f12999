// Builds and runs the C++ tests, without Node-API: kernel-test (memory and splits of every kernel), gemm-test (products),
// plan-test (steps, pool, training thread), chain-test and damaged-plan-test, once as shipped, with tensors beside
// unreadable pages, and once under AddressSanitizer and UndefinedBehaviorSanitizer; those of threads also under
// ThreadSanitizer. Sanitizers that the compiler lacks are left out.
//
//   node scripts/test-native.mjs [isa [kernel]]     one kernel: kernel-test alone; CXX names the compiler
//
// Needs build/generated, which `npm run build` makes; adds the kernels' cases to it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildPrograms, compiler, execute, requireCompiler, root } from './native-core.mjs'

function fail(message) {
  console.error(message)
  process.exit(1)
}
try {
  requireCompiler()
} catch (error) {
  fail(error.message)
}
if (process.platform === 'win32') fail('The C++ tests need mmap: run them on Linux or macOS.')
await import('./generate-kernel-cases.mjs')

/** Compiles the programs of one kind; answers what to run. */
async function build(kind, extra, programs) {
  const sources = programs.map((program) => join(root, 'native/test', `${program}.cc`))
  const paths = await buildPrograms(join(root, 'build/native-test', kind), sources, extra)
  return paths.map((path) => ({ path, name: `${basename(path)}, ${kind}` }))
}

const total = { passed: 0, failed: 0 }
async function runTest({ path, name }) {
  console.log(`${name} …`)
  const output = await execute(path, process.argv.slice(2), { quiet: true })
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? fail(`${name} did not come to its end.`)
  console.log(output.trimEnd().replace(/^/gm, `${name}: `))
  total.passed += Number(passed)
  total.failed += Number(failed)
}

function canLink(parameters) {
  const probe = join(root, 'build/native-test')
  mkdirSync(probe, { recursive: true })
  writeFileSync(join(probe, 'probe.cc'), 'int main() { return 0; }\n')
  return spawnSync(compiler, [...parameters, join(probe, 'probe.cc'), '-o', join(probe, 'probe')]).status === 0
}

try {
  const programs =
    process.argv.length > 3
      ? ['kernel-test']
      : ['kernel-test', 'gemm-test', 'damaged-plan-test', 'chain-test', 'plan-test']
  const tests = await build('guarded', [], programs)
  // -O1: the sanitizers' checks in fully optimized kernels take a minute to compile.
  const sanitize = async (kind, sanitizer, sanitized) => {
    const extra = [`-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all', '-O1', '-g1']
    if (canLink(extra)) tests.push(...(await build(kind, extra, sanitized)))
    else console.log(`${kind}: skipped, ${compiler} cannot link ${extra[0]}`)
  }
  await sanitize('sanitized', 'address,undefined,float-cast-overflow', programs)
  if (programs.includes('plan-test')) await sanitize('threads', 'thread', ['chain-test', 'plan-test'])
  // Those under sanitizers take longest, so that they begin.
  const work = async () => {
    for (let test = tests.pop(); test !== undefined; test = tests.pop()) await runTest(test)
  }
  await Promise.all([work(), work()])
  console.log(`in all: ${total.passed} passed, ${total.failed} failed`)
} catch (error) {
  fail(error.message)
}
