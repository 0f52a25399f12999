// Builds and runs the C++ tests, without Node-API: kernel-test (memory and splits of every kernel), gemm-test (products)
// and plan-test (plans, pool, training thread), once as shipped, with tensors beside unreadable pages, and once under
// AddressSanitizer and UndefinedBehaviorSanitizer; plan-test also under ThreadSanitizer. Sanitizers that the compiler
// lacks are left out.
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

const total = { passed: 0, failed: 0 }
async function runTests(program) {
  const output = await execute(program, process.argv.slice(2))
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? fail(`${program} did not come to its end.`)
  total.passed += Number(passed)
  total.failed += Number(failed)
}

async function buildAndRun(name, extra, programs) {
  const sources = programs.map((program) => join(root, 'native/test', `${program}.cc`))
  for (const program of await buildPrograms(join(root, 'build/native-test', name), sources, extra)) {
    console.log(`${basename(program)}, ${name}`)
    await runTests(program)
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
