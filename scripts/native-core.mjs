// Compiles programs that use the addon's core and kernels without Node-API: the C++ tests (test-native.mjs) and the
// comparison with OpenBLAS (bench/peers/openblas.ts). Needs build/generated, which `npm run build` makes.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const native = join(root, 'native')
const generated = join(root, 'build/generated')
export const compiler =
  process.env.CXX ?? ['c++', 'g++', 'clang++'].find((name) => !spawnSync(name, ['--version']).error)
const { core, kernels, defines, flags, isas } = JSON.parse(readFileSync(join(native, 'sources.json'), 'utf8'))

/** Throws, in words, what is missing for compiling at all. */
export function requireCompiler() {
  if (compiler === undefined) throw new Error('No C++ compiler: set CXX.')
  if (!existsSync(join(generated, 'kernel-arguments.h'))) throw new Error('build/generated is missing: npm run build')
  if (isas[process.arch] === undefined) throw new Error(`No kernels for ${process.arch}.`)
}

/** Runs a program; its output is shown as it comes, unless `quiet`, and answered. */
export function execute(command, parameters, { quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    let output = ''
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (chunk) => {
      if (!quiet) process.stdout.write(chunk)
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) =>
      code === 0 ? resolve(output) : reject(new Error(`${quiet ? output : ''}${command}: ${signal ?? code}`)),
    )
  })
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs))
}

/** Whether everything in `programs` is newer than the sources. */
export const isUpToDate = (programs, sources) =>
  programs.every(existsSync) &&
  Math.min(...programs.map((program) => statSync(program).mtimeMs)) >
    Math.max(newest(native), newest(generated), ...sources.map((source) => statSync(source).mtimeMs))

/**
 * Compiles each of `sources` to a program in `folder`, with the core and the kernels of every ISA, by the addon's flags
 * and `extra`; answers the programs' paths. Two compilers at a time, longest first.
 */
export async function buildPrograms(folder, sources, extra = [], libraries = []) {
  mkdirSync(folder, { recursive: true })
  const common = [...flags.common, ...defines.map((define) => `-D${define}`), `-I${native}`, `-I${generated}`]
  const nameOf = (source) => basename(source, '.cc')
  const shared = [
    ...Object.entries(isas[process.arch])
      .toReversed()
      .map(([isa, own]) => ({ source: join(native, kernels), object: isa, own: [...flags.kernels, ...own.flags] })),
    ...core.map((source) => ({ source: join(native, source), object: nameOf(source), own: [] })),
  ]
  const jobs = [...shared, ...sources.map((source) => ({ source, object: nameOf(source), own: [] }))]
  async function work() {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { source, object, own } = job
      await execute(compiler, [...common, ...own, ...extra, '-c', source, '-o', join(folder, `${object}.o`)])
    }
  }
  await Promise.all([work(), work()])
  return await Promise.all(
    sources.map(async (source) => {
      const program = join(folder, nameOf(source))
      const objects = [nameOf(source), ...shared.map(({ object }) => object)].map((name) => join(folder, `${name}.o`))
      await execute(compiler, [...extra, ...objects, '-pthread', ...libraries, '-o', program])
      return program
    }),
  )
}
