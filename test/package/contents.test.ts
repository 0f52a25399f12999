// What the package carries: the list of files that `npm publish` would send, and the native sources both builds name.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { packageVersion } from '../../src/version.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))

interface Packed {
  readonly files: readonly { readonly path: string }[]
  readonly unpackedSize: number
}

function pack(): Packed {
  const parameters = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const npm = process.env.npm_execpath
  const output = npm?.endsWith('.js')
    ? execFileSync(process.execPath, [npm, ...parameters], { cwd: root, encoding: 'utf8', stdio: 'pipe' })
    : execFileSync('npm', parameters, { cwd: root, encoding: 'utf8', stdio: 'pipe', shell: true })
  const packed = JSON.parse(output)
  // npm 12 answers an object keyed by package name.
  return (Array.isArray(packed) ? packed[0] : Object.values(packed)[0]) as Packed
}

test('the package holds what its entries name, and nothing that is only for development', () => {
  const { files, unpackedSize } = pack()
  const paths = files.map(({ path }) => path)
  const manifest = json('package.json')
  const entries = [...Object.values<string>(manifest.exports['.']), manifest.bin.netwright, manifest.types]
  const wanted = [
    ...entries.map((path) => path.replace(/^\.\//, '')),
    ...['LICENSE', 'README.md', 'CHANGELOG.md', 'CMakeLists.txt', 'dist/THIRD-PARTY-LICENSES.txt'],
    ...['native/sources.json', 'native/binding.gyp', 'native/list.cjs'],
    ...['scripts/build-native.mjs', 'scripts/generate-kernels.mjs', 'scripts/on-path.mjs'],
    ...['dist/report/libraries/echarts.js', 'dist/report/fonts/inter.ttf', 'dist/report/fonts/inter-licence.txt'],
    'dist/train/event-files/libraries/pbf.js',
  ]
  expect(wanted.filter((path) => !paths.includes(path))).toEqual([])
  const unwanted = /^(src|test|bench|docs|build|node_modules|native\/build)\/|\.(o|a|gz)$/
  expect(paths.filter((path) => unwanted.test(path))).toEqual([])
  // Addons and the WebAssembly module have 2 MB, what pictures need of other packages 0.7 MB; the rest is text.
  expect(unpackedSize).toBeLessThan(5e6)
})

test('src/version.ts has the version of package.json', () => {
  expect(packageVersion).toBe(json('package.json').version)
})

test('no run-time dependencies, and no install script, which most package managers refuse to run', () => {
  const { dependencies = {}, scripts } = json('package.json')
  expect(Object.keys(dependencies)).toEqual([])
  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
})

test('no script is the hook of another by its name', () => {
  const names = Object.keys(json('package.json').scripts)
  expect(names.filter((name) => names.includes(name.replace(/^(pre|post)/, '')) && /^(pre|post)/.test(name))).toEqual(
    [],
  )
})

test('native/sources.json names every C++ file', () => {
  const { core, binding, kernels } = json('native/sources.json')
  const inFolder = (folder: string) =>
    readdirSync(join(root, 'native', folder))
      .filter((name) => name.endsWith('.cc'))
      .map((name) => `${folder}${name}`)
  expect([...core].sort()).toEqual(inFolder('').sort())
  expect([...binding].sort()).toEqual(inFolder('binding/').sort())
  expect([kernels]).toEqual(inFolder('kernels/'))
})

test('native/binding.gyp builds the ISAs of native/sources.json', () => {
  const { isas } = json('native/sources.json') as { isas: Record<string, object> }
  const gyp = readFileSync(join(root, 'native/binding.gyp'), 'utf8')
  for (const [arch, isasOfArch] of Object.entries(isas)) {
    const names = Object.keys(isasOfArch).map((isa) => `kernels_${isa}`)
    const dependencies = new RegExp(`'target_arch=="${arch}"', \\{'dependencies': \\[(.*?)\\]`).exec(gyp)?.[1]
    expect(dependencies).toBe(names.map((name) => `'${name}'`).join(', '))
    const targets = [...gyp.matchAll(/'target_name': '(kernels_\w+)'/g)].map(([, name]) => name)
    expect(names.filter((name) => !targets.includes(name))).toEqual([])
  }
})
