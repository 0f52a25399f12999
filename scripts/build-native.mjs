// Builds the native addon, prebuilds/<platform>-<arch>.node: with cmake-js, or with node-gyp where CMake is missing or
// fails. Needs no network: the headers come from the packages node-api-headers and node-addon-api.
//
//   node scripts/build-native.mjs [--if-possible] [--verbose] [--target linux-arm64]
//
// --target: on linux-x64, with Debian's g++-aarch64-linux-gnu, an addon for the other architecture.
// --if-possible (npm install): where it cannot be built, say so briefly and exit with 0.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onPath } from './on-path.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const ifPossible = process.argv.includes('--if-possible')
const verbose = process.argv.includes('--verbose')
const host = `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`
const target = process.argv.includes('--target') ? process.argv[process.argv.indexOf('--target') + 1] : host
const isCross = target !== host
const addon = join(root, `prebuilds/${target}.node`)
const isWindows = process.platform === 'win32'
// Two compilers at once: one ISA's kernels take about 0.5 GB.
const jobs = '2'

/** A cause that is no fault of the machine's tools: the source does not compile, or its output does not load. */
class SourceError extends Error {}

const report = (message) => console.error(message.replace(/^/gm, 'netwright: '))

/** As src/kernels/native/load.ts, which looks for the file of this name. */
function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
}

function resolved(specifier) {
  try {
    return require.resolve(specifier)
  } catch {
    return undefined
  }
}

/** Runs this Node on a script and answers { ok, output }. */
function node(parameters, env = process.env) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, parameters, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: verbose ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` }
}

const compilerError = /^(.*[:(]\d+.*: (fatal )?error|.*undefined reference|.*error C\d+)\b/m

const noise = /^(gyp ERR! (?!find)|ERROR OMG|ninja: build stopped|make: \*\*\*|-- |Not searching for unused|See also)/

/** The part of a failed build's output that says why. */
function cause(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !noise.test(line))
  const marks = [compilerError, /^CMake Error|ERR! find|^gyp: /]
  const first = marks.map((mark) => lines.findIndex((line) => mark.test(line))).find((index) => index >= 0) ?? -1
  return (first < 0 ? lines.slice(-12) : lines.slice(first, first + 30)).join('\n')
}

function failed(tool, output) {
  if (compilerError.test(output)) throw new SourceError(`the native code does not compile:\n${cause(output)}`)
  return `${tool} failed:\n${cause(output)}`
}

/** Puts a new addon in place in one move: a process may have the old file mapped. */
function install(built) {
  if (existsSync(addon) && readFileSync(addon).equals(readFileSync(built))) return
  mkdirSync(dirname(addon), { recursive: true })
  const temporary = `${addon}.${process.pid}`
  copyFileSync(built, temporary)
  renameSync(temporary, addon)
}

function printWarnings(output) {
  const lines = output.split('\n')
  const first = lines.findIndex((line) => /warning:/.test(line))
  if (first >= 0 && !ifPossible) console.error(lines.slice(first, first + 40).join('\n'))
}

/** Answers what is missing, or undefined when the addon is built. */
function buildWithCMake() {
  const cmakeJs = resolved('cmake-js/bin/cmake-js')
  if (cmakeJs === undefined) return 'the package cmake-js is not installed'
  if (onPath('cmake') === undefined) return 'CMake is not on the PATH'
  if (!isWindows && onPath('ninja', 'make', 'gmake') === undefined) return 'CMake needs Ninja or make'
  const folder = join(root, isCross ? `build/cmake-${target}` : 'build/cmake')
  const arch = isCross ? target.split('-')[1] : process.arch
  const cache = join(folder, 'CMakeCache.txt')
  // A copied or moved tree, or another architecture's Node, must not go on with what the cache says.
  const isOurs = (text) =>
    text.includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${root.replaceAll('\\', '/')}\n`) &&
    text.includes(`NODE_ARCH:UNINITIALIZED=${arch}\n`)
  if (existsSync(cache) && !isOurs(readFileSync(cache, 'utf8').replaceAll('\r', ''))) {
    rmSync(folder, { recursive: true, force: true })
  }
  const wasConfigured = existsSync(cache)
  // `build`, not `compile`: that would build everything a second time after every error.
  const cross = isCross ? ['--arch', arch, `--CDCMAKE_TOOLCHAIN_FILE=${join(root, `native/${target}.cmake`)}`] : []
  const build = () => node([cmakeJs, 'build', '--out', folder, '--parallel', jobs, '--log-level', 'error', ...cross])
  let { ok, output } = build()
  if (!ok && wasConfigured && !compilerError.test(output)) {
    rmSync(folder, { recursive: true, force: true })
    ;({ ok, output } = build())
  }
  if (!ok) {
    const reason = failed('CMake', output)
    rmSync(folder, { recursive: true, force: true })
    return reason
  }
  printWarnings(output)
  install(join(folder, 'Release/netwright.node'))
  return undefined
}

// node-gyp insists on a common.gypi from the Node headers that it would otherwise download; this is all it uses of it.
const commonGypi = `{
  'target_defaults': {
    'default_configuration': 'Release',
    'configurations': {'Release': {}, 'Debug': {}},
  },
}
`

function buildWithNodeGyp() {
  if (isWindows) return 'node-gyp is not used on Windows'
  if (/\s/.test(root)) return `node-gyp cannot build in a folder with spaces in its path (${root})`
  const nodeGyp = resolved('node-gyp/bin/node-gyp.js')
  if (nodeGyp === undefined) return 'the package node-gyp is not installed'
  const missing = [onPath('python3', 'python') ? '' : 'Python 3', onPath('make', 'gmake') ? '' : 'make'].filter(Boolean)
  if (missing.length > 0) return `node-gyp needs ${missing.join(' and ')}`
  const headers = join(root, 'build/node-gyp')
  mkdirSync(join(headers, 'include/node'), { recursive: true })
  writeFileSync(join(headers, 'include/node/common.gypi'), commonGypi)
  // npm's own settings reach node-gyp through the environment and would win over the command line.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package_)?config_(node_gyp_)?nodedir$/i.test(name),
  )
  const env = {
    ...Object.fromEntries(inherited),
    npm_config_nodedir: headers,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
  const { ok, output } = node(
    [nodeGyp, 'configure', 'build', '-C', 'native', '--jobs', jobs, '--loglevel', 'error'],
    env,
  )
  if (!ok) return failed('node-gyp', output)
  printWarnings(output)
  install(join(root, 'native/build/Release/netwright.node'))
  return undefined
}

/** The generated headers come from dist/kernels/declarations.js, brought up to date first; a package has no src/. */
function generate() {
  const typescript = existsSync(join(root, 'src')) ? node([join(root, 'scripts/build-typescript.mjs')]) : undefined
  // A type error elsewhere is not this build's affair: tsc has written its files all the same.
  if (!existsSync(join(root, 'dist/kernels/declarations.js'))) {
    throw new SourceError(`dist/kernels/declarations.js is missing:\n${cause(typescript?.output ?? '')}`)
  }
  const { ok, output } = node([join(root, 'scripts/generate-kernels.mjs')])
  if (!ok) throw new SourceError(`scripts/generate-kernels.mjs failed:\n${cause(output)}`)
}

function build() {
  if (isCross && !existsSync(join(root, `native/${target}.cmake`))) {
    return `it is built on its own system, not on ${host}; here: --target linux-arm64`
  }
  if (isCross && onPath('aarch64-linux-gnu-g++') === undefined) {
    return 'there is no aarch64-linux-gnu-g++ on the PATH (Debian, Ubuntu: apt install g++-aarch64-linux-gnu)'
  }
  if (!['x64', 'arm64'].includes(process.arch)) {
    return `it has kernels for x64 and arm64, none for ${process.arch}`
  }
  for (const name of ['node-api-headers', 'node-addon-api']) {
    if (resolved(name) === undefined) return `the package ${name} is not installed (run: npm install)`
  }
  // Windows' compiler is not on the PATH; CMake finds it.
  if (!isWindows && !process.env.CXX && onPath('g++', 'clang++', 'c++') === undefined) {
    return 'there is no C++ compiler (g++ or clang++) on the PATH'
  }
  generate()
  const withoutCMake = buildWithCMake()
  if (withoutCMake === undefined) return undefined
  if (isCross) return withoutCMake
  const withoutNodeGyp = buildWithNodeGyp()
  return withoutNodeGyp === undefined ? undefined : `${withoutCMake}; ${withoutNodeGyp}`
}

let problem
try {
  problem = build()
  if (problem === undefined && !isCross) {
    const load = `try { require(${JSON.stringify(addon)}) } catch (e) { console.error(e.message); process.exit(1) }`
    const { ok, output } = node(['-e', load])
    if (!ok) throw new SourceError(`the addon was built but does not load:\n${cause(output)}`)
  }
} catch (error) {
  if (!(error instanceof SourceError)) throw error
  problem = error.message
  // An addon from before the change would hide that this source does not build.
  rmSync(addon, { force: true })
}

if (problem === undefined) {
  report(`native addon ready: prebuilds/${target}.node`)
} else {
  report(
    `the native addon was not built: ${problem}${problem.includes('\n') ? '\n' : '. '}` +
      'Without it netwright computes in WebAssembly or TypeScript, more slowly. To build it later: ' +
      (existsSync(join(root, 'src')) ? 'npm run build:native' : 'npx netwright build'),
  )
  if (!ifPossible) process.exitCode = 1
}
