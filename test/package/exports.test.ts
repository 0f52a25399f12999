// The package as its users load it: the exported names, import and require() of the built files, and the types.

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as netwright from 'netwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as book from '../../src/book/index.js'
import * as vol2 from '../../src/book/vol2/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const entries = { netwright, 'netwright/book': book, 'netwright/book/vol2': vol2 }
let project = ''

beforeAll(() => {
  // A project beside the package, so that nothing but package.json's `exports` leads to it.
  project = mkdtempSync(join(tmpdir(), 'netwright-user-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules/netwright'), 'junction')
  cpSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'), { recursive: true })
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

test('exported names', () => {
  expect(Object.keys(netwright).sort()).toMatchSnapshot()
})

test('exported names of the book', () => {
  expect({ book: Object.keys(book).sort(), vol2: Object.keys(vol2).sort() }).toMatchSnapshot()
})

describe.each(Object.entries(entries))('%s', (entry, module) => {
  const names = Object.keys(module).sort()
  const print = 'console.log(JSON.stringify(Object.keys(it).sort()))'

  test('require() of the built package', async () => {
    writeFileSync(join(project, 'main.cjs'), `const it = require('${entry}')\n${print}\n`)
    const { stdout } = await run(process.execPath, ['main.cjs'], { cwd: project })
    // require() of an ES module may add a marker of its own.
    expect((JSON.parse(stdout) as string[]).filter((name) => !['__esModule', 'default'].includes(name))).toEqual(names)
  })

  test('import of the built package', async () => {
    writeFileSync(join(project, 'main.mjs'), `import * as it from '${entry}'\n${print}\n`)
    const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: project })
    expect(JSON.parse(stdout)).toEqual(names)
  })
})

test('types, for a strict project with node16 and with bundler resolution', async () => {
  const program = `import * as netwright from 'netwright'
export const names: object = netwright
// @ts-expect-error untyped, this name would be accepted
import { noSuchName } from 'netwright'
import { SGD, sigmoid } from 'netwright/book'
import { TwoLayerNet } from 'netwright/book/vol2'
noSuchName()
const model = new TwoLayerNet(2, 3, 2)
model.forward([[1, 2]], [0])
model.backward()
new SGD({ lr: sigmoid(0) }).update(model.params, model.grads)
// @ts-expect-error a number gives a number
sigmoid(1).shape
`
  writeFileSync(join(project, 'main.mts'), program)
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution]
    const { stdout } = await run(process.execPath, [tsc, ...(flags as string[]), 'main.mts'], { cwd: project }).catch(
      (error) => error as { stdout: string },
    )
    expect(stdout).toBe('')
  }
})
