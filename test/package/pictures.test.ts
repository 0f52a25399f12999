// The pictures of the built package: other packages' code is inside, is loaded only when a picture is drawn, and no type
// refers to it.

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')
const libraries = readdirSync(join(dist, 'report/libraries')).sort()
const peers = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).peerDependencies)
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-alone-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('each library is one file of JavaScript that imports nothing', () => {
  expect(libraries).toEqual(['dagre.js', 'echarts.js', 'fast-png.js'])
  const imports = libraries.flatMap((name) => {
    const text = readFileSync(join(dist, 'report/libraries', name), 'utf8')
    return [...text.matchAll(/(?:^|[;}\n])(?:import|export)\b[^;"'()]*?["']([^"';]+)["']|\bimport\(["']([^"']+)/g)].map(
      ([, from, called]) => ({ name, from: from ?? called ?? '' }),
    )
  })
  expect(imports).toEqual([])
  expect(peers).toEqual(['@resvg/resvg-js'])
})

test('their sizes stay in bounds', () => {
  const kilobytes = (name: string) => statSync(join(dist, 'report', name)).size / 1e3
  expect(kilobytes('libraries/echarts.js')).toBeLessThan(600)
  expect(kilobytes('libraries/dagre.js')).toBeLessThan(60)
  expect(kilobytes('libraries/fast-png.js')).toBeLessThan(40)
  expect(kilobytes('../data/libraries/jpeg-js.js')).toBeLessThan(25)
  expect(kilobytes('../data/libraries/nanotar.js')).toBeLessThan(5)
  expect(kilobytes('fonts/inter.ttf')).toBeLessThan(150)
})

/** Files that `entries` lead to by imports that `pattern` finds; what is no relative path is kept as it is. */
function reachable(entries: readonly string[], pattern: RegExp, resolve: (file: string) => string): string[] {
  const found = new Set<string>()
  const visit = (file: string) => {
    if (found.has(file)) return
    found.add(file)
    if (!file.startsWith(dist)) return
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(pattern)) {
      visit(specifier.startsWith('.') ? resolve(join(dirname(file), specifier)) : specifier)
    }
  }
  for (const entry of entries) visit(entry)
  return [...found]
}

const pictures = readdirSync(join(dist, 'report')).filter((name) => name.endsWith('.js'))

test('importing the package loads no library', () => {
  const entries = [join(dist, 'index.js'), ...pictures.map((name) => join(dist, 'report', name))]
  const files = reachable(entries, /^(?:import|export)\s(?:[^'"(]*?\sfrom\s)?['"]([^'"]+)['"]/gm, (file) => file)
  expect(files).toContain(join(dist, 'errors.js'))
  expect(files.map((file) => relative(dist, file)).filter((file) => /libraries/.test(file))).toEqual([])
})

test('no type that users have refers to a package', () => {
  const files = reachable([join(dist, 'index.d.ts')], /(?:from|import\()\s*['"]([^'"]+)['"]/g, (file) =>
    file.replace(/\.js$/, '.d.ts'),
  )
  expect(files.filter((file) => !file.startsWith(dist) && !file.startsWith('node:'))).toEqual([])
  expect(files.filter((file) => file.startsWith(dist) && !existsSync(file))).toEqual([])
})

test('alone, without any package: pictures are drawn, and a note says what a PNG needs', async () => {
  cpSync(dist, join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'main.js'),
    `import { encodePng } from './dist/report/encode-png.js'
import { graphPicture } from './dist/report/graph-picture.js'
import { histogram } from './dist/report/histogram.js'
import { imageGrid } from './dist/report/image-grid.js'
import { lineChart } from './dist/report/line-chart.js'
import { writePicture } from './dist/report/write-picture.js'

const image = { pixels: [0, 1], width: 2, height: 1 }
const nodes = [{ id: 'a', label: 'a' }, { id: 'b', label: 'b' }]
const chart = await lineChart({ title: 't', xLabel: 'x', yLabel: 'y', series: [{ name: 'f', y: [1, 2] }] })
console.log(JSON.stringify({
  starts: [
    chart,
    await histogram({ title: 't', panels: [{ name: 'p', values: [1, 2] }] }),
    await imageGrid({ title: 't', images: [image] }),
    await graphPicture({ nodes, edges: [{ from: 'a', to: 'b' }] }),
  ].map((text) => text.slice(0, 4)),
  png: (await encodePng(image)).subarray(1, 4).join(' '),
  written: await writePicture('out/chart', chart),
}))
`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, ['main.js'], { cwd: folder })
  const { starts, png, written } = JSON.parse(stdout)
  expect(starts).toEqual(['<svg', '<svg', '<svg', '<svg'])
  expect(png).toBe('80 78 71')
  expect(written.paths.map((path: string) => relative(folder, path).replaceAll('\\', '/'))).toEqual(['out/chart.svg'])
  expect(written.note).toBe(
    'PNG left out, since @resvg/resvg-js cannot be loaded: it is not installed. To get it: npm install @resvg/resvg-js',
  )
  expect(readdirSync(join(folder, 'out'))).toEqual(['chart.svg'])
})

test('the licences of what is inside come along', () => {
  const text = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  const wanted = [
    'echarts',
    'zrender',
    'tslib',
    '@dagrejs/dagre',
    'fast-png',
    'fflate',
    'iobuffer',
    'jpeg-js',
    'nanotar',
    'commander',
  ]
  expect(wanted.filter((name) => !new RegExp(`^${name} \\d`, 'm').test(text))).toEqual([])
  expect(text).toContain('The Apache Software Foundation (https://www.apache.org/)')
  expect(text).toContain('dist/report/fonts/inter.ttf (OFL-1.1)')
})
