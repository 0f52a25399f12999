// Holds the import lines of src/ to the direction of dependencies, and the seam between backends to src/kernels.

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// A room is a folder of src/ or a file beside them. It imports from itself and from the levels above its own here.
const levels = [
  ['closest.ts', 'errors.ts', 'inspect-custom.ts', 'platform.ts', 'text-table.ts', 'version.ts'],
  ['tensor', 'random', 'files'],
  ['report'],
  ['kernels'],
  ['browser', 'math.ts', 'data', 'numeric', 'search', 'schedules'],
  ['layers'],
  ['losses', 'optim'],
  ['metrics'],
  ['model'],
  // Models have save() and load(), so files are read and written below them.
  ['io'],
  ['train'],
  ['model.ts'],
  ['sequential.ts'],
  ['load-model.ts', 'live', 'run-report'],
  ['book', 'index.ts'],
  ['experiments'],
  ['cli'],
]
// Narrower than its level: data sets know nothing of arithmetic on tensors, layers or models; differences, searches
// and schedules nothing of kernels, whatever the functions use that they are given.
const alsoRefused: Record<string, readonly string[]> = {
  data: ['math.ts'],
  numeric: ['kernels'],
  search: ['kernels'],
  schedules: ['kernels'],
}

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const source = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))
const imports = files.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const text = readFileSync(`${source}/${file}`, 'utf8')
  const statements = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)]
  const calls = [...text.matchAll(/\b(import)\(\s*'([^']+)'\s*\)/g)]
  return [...statements, ...calls].flatMap(([, keyword, specifier]) => {
    if (!specifier?.startsWith('.') || specifier.endsWith('.css')) return []
    const to = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')
    return [{ from: file, to, typeOnly: keyword?.trim() === 'type' }]
  })
}

const roomOf = (file: string) => file.split('/')[0] as string
const levelOf = (room: string) => levels.findIndex((rooms) => rooms.includes(room))

test('every room of src/ has a level', () => {
  expect([...new Set(files.map(roomOf))].filter((room) => levelOf(room) < 0)).toEqual([])
})

test('every import names a file', () => {
  const missing = imports.filter(({ to }) => !files.includes(to) && !to.startsWith('..'))
  expect(missing.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('a room imports from rooms below it only', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)]
    const isBelow = levelOf(other) < levelOf(room) && !alsoRefused[room]?.includes(other)
    return room !== other && !to.startsWith('..') && !isBelow
  })
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('nothing but src/kernels and the entries, index.ts and the command line, imports a backend', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      /^kernels\/(native|reference)\b/.test(to) && !['kernels', 'index.ts', 'cli'].includes(roomOf(from)),
  )
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('no file imports itself by a detour', () => {
  const next = new Map<string, string[]>()
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to])
  }
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file)
    if (start >= 0) cycles.push([...path.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const other of next.get(file) ?? []) visit(other, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(cycles).toEqual([])
})
