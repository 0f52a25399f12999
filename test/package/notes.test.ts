// docs/notes.md against what is there: every row of the notes once, and every file, name, experiment and test that it names.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { experiments } from '../../src/experiments/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Row {
  readonly number: number
  readonly where: string
  readonly proof: string
}

const text = textOf('docs/notes.md')
const rows: readonly Row[] = text
  .split('\n')
  .filter((line) => /^\| *\d+ *\|/.test(line))
  .map((line) => {
    const [, number, , where = '', proof = '', ...rest] = line.split('|')
    expect(rest, line).toHaveLength(2)
    return { number: Number(number), where, proof }
  })

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found)
/** What is wrong with each row, with its number. */
const problems = (check: (row: Row) => readonly string[]): string[] =>
  rows.flatMap((row) => check(row).map((problem) => `row ${row.number}: ${problem}`))

/** Titles that stand in a test file as they are, not those that a table makes. */
function titlesOf(path: string): string[] {
  const calls = /^\s*(?:test|it|describe)(?:\.\w+(?:\([^()]*\))?)*\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gm
  return [...textOf(path).matchAll(calls)].map(([, , title = '']) => title)
}

test('all 103 rows are there, once', () => {
  const numbers = rows.map(({ number }) => number).sort((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: 103 }, (_, i) => i + 1))
})

test('every file exists', () => {
  const files = matches(text, /`((?:src|test|docs)\/[^`]*)`/g).filter((path) => !path.endsWith('/'))
  expect(files.length).toBeGreaterThan(206)
  expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('every row names code or an experiment, and every name is of the file before it, and public', () => {
  const problem = problems(({ where }) =>
    // A file with its names, or a command; in brackets, members of what was named.
    where.split('·').flatMap((place) => {
      const [first = '', ...names] = matches(place.replace(/\(.*\)/, ''), /`([^`]+)`/g)
      if (!first.startsWith('src/'))
        return first.startsWith('reproduce ') ? [] : [`${first} is neither file nor command`]
      const members = matches(place, /\((.*)\)/g).flatMap((inside) => matches(inside, /`([^`]+)`/g))
      return [
        ...names.filter((name) => !exports(first, name)).map((name) => `${first} does not export ${name}`),
        ...names.filter((name) => !isPublic(first, name)).map((name) => `${name} of ${first} is not public`),
        ...members.filter((name) => !hasMember(first, name)).map((name) => `${first} has no ${name}`),
      ]
    }),
  )
  expect(problem).toEqual([])
})

function exports(path: string, name: string): boolean {
  const kinds = '(?:abstract )?class|(?:async )?function\\*?|const|interface|type'
  return new RegExp(`^export (?:${kinds}) ${name}\\b`, 'm').test(textOf(path))
}

/** Whether the package's entry for `path` exports `name`; the experiments have none. */
function isPublic(path: string, name: string): boolean {
  if (path.startsWith('src/experiments/')) return true
  const folder = /^src\/book\/(vol2\/)?/.exec(path)?.[0] ?? 'src/'
  return new RegExp(`[{, ]${name}[, ]`, 'm').test(textOf(`${folder}index.ts`).replaceAll('\n', ' '))
}

/** Whether `path`, or a file that it imports, has a method, a getter or an option `name`. */
function hasMember(path: string, name: string): boolean {
  const imported = matches(textOf(path), /from '(\.[^']+)\.js'/g).map((other) => join(path, '..', `${other}.ts`))
  const member = new RegExp(`^ +(?:readonly |async )*${name}\\??[(:]`, 'm')
  return [path, ...imported].some((file) => member.test(textOf(file)))
}

test('every experiment exists, says that it reproduces the row, and is named', () => {
  const namesOf = ({ where }: Row) => matches(where, /`reproduce ([^`]+)`/g)
  expect(
    problems((row) =>
      namesOf(row).filter((name) => !experiments.find((one) => one.name === name)?.rows.includes(row.number)),
    ),
  ).toEqual([])
  const named = new Set(rows.flatMap(namesOf))
  expect(experiments.filter(({ name }) => !named.has(name)).map(({ name }) => name)).toEqual([])
  const inText = matches(text, /`(?:npx netwright )?reproduce ([a-z0-9-]+)`/g).filter((name) => name !== 'x')
  expect(inText.filter((name) => !experiments.some((one) => one.name === name))).toEqual([])
})

test('every row has a test that names it, and every test is there', () => {
  expect(
    problems(({ number, proof }) => {
      const proofs = [...proof.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)].map(([, path = '', beginning = '']) => ({
        path,
        beginning,
        titles: titlesOf(path).filter((title) => title.startsWith(beginning)),
      }))
      const missing = proofs
        .filter(({ titles }) => titles.length === 0)
        .map(({ beginning }) => `no test "${beginning}"`)
      const name = new RegExp(`\\brow ${String(number).padStart(2, '0')}\\b`)
      const unnamed = proofs.filter(({ titles }) => !titles.some((title) => name.test(title)))
      return [
        ...missing,
        ...(proofs.length === 0 ? ['no test'] : []),
        ...unnamed.map(({ path }) => `no title in ${path} says ${name.source}`),
      ]
    }),
  ).toEqual([])
})
