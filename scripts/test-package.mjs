// `npm run test:package`: the package as its users get it. Packs it with what `npm run build:prebuilds` makes here, then installs
// the tarball and a clone in empty folders and uses them: with and without the addon, by import and require, under other
// runtimes and package managers, through a bundler. Words after `--` choose checks by their names.
// Needs the npm registry, git, clang and lld (Debian, Ubuntu: apt install clang lld); with g++-aarch64-linux-gnu the
// arm64 addon is checked as well.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onPath } from './on-path.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'netwright-package-'))
const isLinux = process.platform === 'linux'
const target = `${process.platform}-${process.arch}`
/** What a person has set must not reach the users made up here. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(NETWRIGHT_|npm_|NODE_OPTIONS)/.test(name)),
)

/** Runs a command; `code`: the exit code that it must end with. Answers its output. */
function run(command, parameters, { code = 0, cwd = folder, ...options } = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, parameters, {
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32',
    cwd,
    env,
    ...options,
  })
  const output = `${stdout}${stderr}`
  assert.equal(status, code, `${command} ${parameters.join(' ')}: ${error?.message ?? signal ?? output.slice(-3000)}`)
  return output
}

const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
const node = (parameters, options) => run(process.execPath, parameters, options)
const makeFolder = (name) => {
  mkdirSync(join(folder, name), { recursive: true })
  return join(folder, name)
}

const body = `
  const model = new Sequential([new Linear(2, 32), new ReLU(), new Linear(32, 3)], { seed: 1 })
  await model.fit(spiral({ seed: 1 }), { epochs: 60, batchSize: 30, optimizer: new Adam({ lr: 0.02 }), loss: crossEntropy() })
  const { accuracy } = await model.evaluate(spiral({ seed: 2 }))
  const { backend, isa, reasons } = backendInfo()
  console.log(JSON.stringify({ backend, isa, reasons, learned: accuracy > 0.9 }))`
const names = '{ Adam, backendInfo, crossEntropy, Linear, ReLU, Sequential, spiral }'
const programs = {
  'train.mjs': `import ${names} from 'netwright'\n${body}\n`,
  'train.cjs': `const ${names} = require('netwright')\nvoid (async () => {${body}\n})()\n`,
  'train.mts': `import ${names} from 'netwright'\n${body}\n`,
}

/** A project with the programs, the tarball not yet in it. */
function makeProject(name) {
  const project = makeFolder(name)
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "version": "1.0.0", "private": true }')
  for (const [file, text] of Object.entries(programs)) writeFileSync(join(project, file), text)
  return project
}

/** What a program printed: its last line, parsed; `notices`: how often it warned that there is no addon. */
function resultOf(output) {
  const line = output.split('\n').find((text) => text.startsWith('{'))
  assert(line, `no result in: ${output}`)
  return { ...JSON.parse(line), notices: output.split('NETWRIGHT_FALLBACK').length - 1 }
}
const trainIn = (project, file = 'train.mjs', options = {}) => resultOf(node([file], { cwd: project, ...options }))
function expectTrained(result, backend, notices) {
  assert.deepEqual([result.backend, result.learned, result.notices], [backend, true, notices], JSON.stringify(result))
}

let tarball
let packed
let user

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`

/** Every check in order, by name; what it answers is printed beside it. Later ones use what earlier ones made. */
const checks = {
  /** Always runs. */
  pack() {
    node([join(root, 'scripts/build-prebuilds.mjs')], { cwd: root })
    const output = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
    const answer = JSON.parse(output.slice(output.search(/^[[{]/m)))
    packed = Array.isArray(answer) ? answer[0] : Object.values(answer)[0]
    tarball = join(folder, packed.filename)
    user = makeProject('user')
    run('npm', ['install', '--ignore-scripts', ...quietly, tarball], { cwd: user })
    assert.deepEqual(
      readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['netwright'],
    )
    return `${megabytes(packed.size)} packed, ${megabytes(packed.unpackedSize)} installed, ${packed.files.length} files`
  },
  sizes() {
    assert(packed.unpackedSize <= 5e6, `installed size is ${megabytes(packed.unpackedSize)}, expected at most 5 MB`)
    const limits = [
      [/^prebuilds\/.*-x64(-musl)?\.node$/, 0.8e6],
      [/^prebuilds\/.*-arm64(-musl)?\.node$/, 0.5e6],
    ]
    const binaries = packed.files.filter(({ path }) => path.startsWith('prebuilds/'))
    for (const [pattern, limit] of limits) {
      for (const { path, size } of binaries.filter((file) => pattern.test(file.path))) {
        assert(size <= limit, `${path} has ${megabytes(size)}, expected at most ${megabytes(limit)}`)
      }
    }
    return binaries.map(({ path, size }) => `${path} ${megabytes(size)}`).join(', ')
  },
  'system libraries'() {
    if (!isLinux) return 'not on this system'
    // glibc 2.28 and GCC 8: Debian 10, RHEL 8, and Node's own builds.
    const limits = { GLIBC_2: 28, 'GLIBCXX_3.4': 25 }
    const needs = binariesOf('.node').map((path) => {
      const symbols = run('readelf', ['--dyn-syms', '--wide', path])
      const newest = Object.entries(limits).map(([library, limit]) => {
        const minors = [...symbols.matchAll(new RegExp(`@${library}\\.(\\d+)`, 'g'))].map(([, minor]) => Number(minor))
        assert(minors.length > 0, `${path} imports nothing of ${library}`)
        const most = Math.max(...minors)
        assert(most <= limit, `${path} needs ${library}.${most}, expected at most ${library}.${limit}`)
        return `${library}.${most}`
      })
      return `${path.split('/').at(-1)} ${newest.join(' ')}`
    })
    return needs.join(', ')
  },
  'import and require'() {
    expectTrained(trainIn(user), 'native', 0)
    expectTrained(trainIn(user, 'train.cjs'), 'native', 0)
    assert.match(run('npx', ['--no-install', 'netwright', '--version'], { cwd: user }), /^\d+\.\d+\.\d+/)
    return trainIn(user).isa
  },
  doctor() {
    const output = node([commandLine(user), 'doctor'], { cwd: user })
    for (const text of ['✓ native', '✓ wasm', '✓ reference', 'All is well.']) assert(output.includes(text), output)
    return output
      .split('\n')
      .find((line) => /✓ native \w+ +\d/.test(line))
      .trim()
  },
  'without an addon'() {
    const project = makeProject('no-addon')
    run('npm', ['install', '--ignore-scripts', ...quietly, tarball], { cwd: project })
    const prebuilds = join(project, 'node_modules/netwright/prebuilds')
    rmSync(join(prebuilds, `${target}.node`))
    const onWasm = trainIn(project)
    expectTrained(onWasm, 'wasm', 1)
    const forced = node(['train.mjs'], { cwd: project, code: 1, env: { ...env, NETWRIGHT_BACKEND: 'native' } })
    assert.match(forced, /no such file.*Build it with: npx netwright build/)
    assert.match(node([commandLine(project), 'doctor'], { cwd: project, code: 1 }), /✗ native.*npx netwright build/s)
    rmSync(join(prebuilds, 'netwright.wasm'))
    expectTrained(trainIn(project), 'reference', 1)
    return 'WebAssembly, then TypeScript'
  },
  build() {
    const project = makeProject('build')
    run('npm', ['install', '--ignore-scripts', ...quietly, tarball], { cwd: project })
    rmSync(join(project, 'node_modules/netwright/prebuilds'), { recursive: true })
    node([commandLine(project), 'build'], { cwd: project, env: { ...env, NETWRIGHT_CACHE: makeFolder('cache') } })
    assert.deepEqual(readdirSync(join(folder, 'cache')), [])
    expectTrained(trainIn(project), 'native', 0)
    return 'in place'
  },
  'a clone without a compiler'() {
    const clone = join(folder, 'clone')
    run('git', ['clone', '--quiet', root, clone])
    const path = makeFolder('bin')
    for (const tool of ['node', 'npm', 'npx', 'sh', 'env', 'git', 'dirname', 'uname']) {
      const found = onPath(tool)
      if (found !== undefined) symlinkSync(found, join(path, tool))
    }
    const poor = { cwd: clone, env: { ...env, PATH: path } }
    assert.match(run('npm', ['ci', ...quietly], poor), /the native addon was not built: there is no C\+\+ compiler/)
    const line = run('npm', ['run', '--silent', 'mnist', '--', '--json', '--model', 'mlp', '--epochs', '1'], poor)
    const { backend, testAccuracy } = JSON.parse(line.split('\n').find((text) => text.startsWith('{')))
    assert(backend === 'reference' && testAccuracy > 0.85, line)
    const tests = run('npm', ['test'], { ...poor, code: 1 })
    assert.match(tests, /native addon is not available .*no such file.*Build it with: npm run build:native/)
    assert(!/\d+ (passed|failed)/.test(tests), tests)
    return `trains on the ${backend}, ${testAccuracy}; npm test says what to install`
  },
  types() {
    const link = join(user, 'node_modules/@types')
    if (!existsSync(link)) symlinkSync(join(root, 'node_modules/@types'), link, 'junction')
    const program = `import { crossEntropy, Linear, Sequential, SGD } from 'netwright'
import { TwoLayerNet } from 'netwright/book/vol2'
const model: Sequential = new Sequential([new Linear(2, 2)])
export const history = model.fit([[1, 2]], [0], { optimizer: new SGD({ lr: 1 }), loss: crossEntropy() })
export const net: TwoLayerNet = new TwoLayerNet(1, 2, 3)
// @ts-expect-error
new Linear('2')
`
    writeFileSync(join(user, 'main.mts'), program)
    writeFileSync(join(user, 'main.cts'), program)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const settings = [
      ['node16', 'node16', 'main.mts'],
      ['nodenext', 'nodenext', 'main.mts'],
      // A CommonJS file may require an ES module where TypeScript knows that Node can.
      ['nodenext', 'nodenext', 'main.cts'],
      ['node20', 'node16', 'main.cts'],
      ['esnext', 'bundler', 'main.mts'],
    ]
    for (const [module, resolution, file] of settings) {
      const flags = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--module', module]
      node([tsc, ...flags, '--moduleResolution', resolution, file], { cwd: user })
    }
    return settings.map(([module, , file]) => `${module} (${file.split('.')[1]})`).join(', ')
  },
  publint() {
    const tool = makeFolder('publint')
    run('npm', ['install', ...quietly, 'publint@0.3'], { cwd: tool })
    run('npx', ['publint', '--strict', tarball], { cwd: tool })
  },
  'tsx and vitest'() {
    const output = node(['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), 'train.mts'], { cwd: user })
    expectTrained(resultOf(output), 'native', 0)
    const test = `import { expect, test } from 'vitest'\nimport ${names} from 'netwright'\n`
    writeFileSync(
      join(user, 'train.test.mjs'),
      `${test}test('trains', async () => {${body}\nexpect(backend).toBe('native') })`,
    )
    symlinkSync(join(root, 'node_modules/vitest'), join(user, 'node_modules/vitest'), 'junction')
    for (const pool of ['forks', 'threads', 'vmThreads']) {
      node([join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--pool', pool, '--root', user], { cwd: user })
    }
    return 'pools forks, threads, vmThreads'
  },
  bundlers() {
    const common = ['train.mjs', '--bundle', '--platform=node', '--format=esm', '--log-level=error']
    const esbuild = (name, ...parameters) =>
      run(join(root, 'node_modules/.bin/esbuild'), [...common, `--outfile=${name}`, ...parameters], { cwd: user })
    esbuild('outside.mjs', '--external:netwright')
    expectTrained(trainIn(user, 'outside.mjs'), 'native', 0)
    // With the library inside, nothing lies where it looks: it says so once, and trains.
    esbuild('inside.mjs')
    const inside = node(['inside.mjs'], { cwd: user })
    expectTrained(resultOf(inside), 'reference', 1)
    assert.match(inside, /bundl/)
    return 'esbuild with netwright external; inside a bundle it falls back and says why'
  },
  pnpm() {
    const project = makeProject('pnpm')
    install('pnpm', '10')
    run(tool('pnpm'), ['add', '--silent', tarball], { cwd: project })
    expectTrained(trainIn(project), 'native', 0)
  },
  yarn() {
    const project = makeProject('yarn')
    install('@yarnpkg/cli-dist', '4')
    writeFileSync(join(project, 'yarn.lock'), '')
    const yarn = (...parameters) =>
      node([join(folder, 'tools/node_modules/@yarnpkg/cli-dist/bin/yarn.js'), ...parameters], { cwd: project })
    // In place of node_modules, Yarn's own resolver; files that are loaded by the system are unpacked.
    yarn('add', `netwright@file:${tarball}`)
    assert(existsSync(join(project, '.pnp.cjs')))
    expectTrained(resultOf(yarn('node', 'train.mjs')), 'native', 0)
    return "Plug'n'Play"
  },
  bun() {
    const project = makeProject('bun')
    install('bun', '1')
    run(tool('bun'), ['add', '--silent', tarball], { cwd: project })
    expectTrained(resultOf(run(tool('bun'), ['train.mjs'], { cwd: project })), 'native', 0)
    return run(tool('bun'), ['--version']).trim()
  },
  deno() {
    install('deno', '2')
    const parameters = ['run', '--allow-all', '--node-modules-dir=manual', 'train.mjs']
    expectTrained(resultOf(run(tool('deno'), parameters, { cwd: user })), 'native', 0)
    return run(tool('deno'), ['--version']).split('\n')[0]
  },
}

const commandLine = (project) => join(project, 'node_modules/netwright/dist/cli/netwright.js')
const binariesOf = (ending) =>
  packed.files.filter(({ path }) => path.endsWith(ending)).map(({ path }) => join(root, path))
const tool = (name) => join(folder, 'tools/node_modules/.bin', name)
function install(name, version) {
  run('npm', ['install', ...quietly, '--prefix', makeFolder('tools'), `${name}@${version}`])
}

const chosen = Object.entries(checks).filter(
  ([name]) => name === 'pack' || words.length === 0 || words.some((word) => name.includes(word)),
)
let failed = 0
for (const [name, check] of chosen) {
  const start = performance.now()
  try {
    const figure = check()
    console.log(`✓ ${name}${figure ? `: ${figure}` : ''} (${((performance.now() - start) / 1e3).toFixed(1)} s)`)
  } catch (error) {
    failed++
    console.log(`✗ ${name}: ${error.message}`)
    if (name === 'pack') break
  }
}
rmSync(folder, { recursive: true, force: true })
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
