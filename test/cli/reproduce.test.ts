// `netwright reproduce` as a child process: its list, its pictures, its exit codes.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { experiments } from '../../src/experiments/index.js'
import { hasNative } from '../setup/backend.js'
import { netwright, writeFewDigits } from './netwright.js'

let folder: string
let data: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-reproduce-'))
  data = join(folder, 'data')
  writeFewDigits(data)
})
afterAll(() => rmSync(folder, { recursive: true }))

const reproduce = (...args: string[]) => ['reproduce', '--out', join(folder, 'pictures'), ...args]

describe('netwright reproduce', () => {
  test('--list names every experiment once, in order, with title, time and rows', async () => {
    const { code, stdout, stderr } = await netwright(['reproduce', '--list'])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split(' ')[0])).toEqual(experiments.map(({ name }) => name))
    for (const [i, { title, takes, rows }] of experiments.entries()) {
      for (const text of [title, takes, `${rows.length === 1 ? 'row' : 'rows'} ${rows.join(', ')}`])
        expect(lines[i]).toContain(text)
    }
  })

  test('names and files of experiments are unique, and each says its rows', () => {
    expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length)
    for (const { name, rows } of experiments) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.every((row) => row >= 1 && row <= 103)).toBe(true)
    }
  })

  test('prints the table and what agrees, and writes the pictures that it names', async () => {
    const out = join(folder, 'two')
    const { code, stdout, stderr } = await netwright(['reproduce', 'perceptron', 'apples', '--out', out])
    expect([code, stderr]).toEqual([0, ''])
    // In the order of the list, whatever that of the arguments.
    expect(stdout.match(/^── [^:]+/gm)).toEqual(['── apples', '── perceptron'])
    expect(stdout).toMatch(/^price +220\.00000000000003 +220$/m)
    expect(stdout).toMatch(/^✓ XOR is right for all four inputs$/m)
    expect(stdout).not.toContain('✗')
    const named = stdout.match(/\S+\.(svg|png)\b/g) ?? []
    expect(named.map((path) => path.slice(out.length + 1)).sort()).toEqual(readdirSync(out).sort())
    for (const path of named.filter((name) => name.endsWith('.svg'))) {
      expect(readFileSync(path, 'utf8')).toMatch(/^<svg /)
    }
    expect(named.filter((name) => name.endsWith('.svg')).length).toBe(5)
  })

  test('a folder for pictures that cannot be written to is refused before anything runs', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    for (const out of [file, join(file, 'pictures')]) {
      const { code, stdout, stderr } = await netwright(['reproduce', 'apples', '--out', out])
      expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
      expect(stderr).toContain(`--out ${out}: no pictures can be written there`)
    }
  })

  test('wrong names and values: one line and exit code 2', async () => {
    const cases: readonly (readonly [args: readonly string[], text: string])[] = [
      [['appels'], "'appels'"],
      [['apples', 'oranges'], "'oranges'"],
      [[], 'Name an experiment'],
      [['apples', '--seed', '-1'], '--seed'],
      [['apples', '--backend', 'gpu'], '--backend'],
      [['--lst'], "unknown option '--lst'"],
    ]
    await Promise.all(
      cases.map(async ([args, text]) => {
        const { code, stdout, stderr } = await netwright(reproduce(...args))
        expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
        expect(stderr).toContain(text)
      }),
    )
  })
})

describe.skipIf(!hasNative)('on 1,000 digits, where figures cannot be those of the notes', () => {
  const line = /accuracy 0\.\d+ is at least the 0\.9352 of the notes' weights/.source

  test('exit code 1, and the figures that do not agree once more on stderr', async () => {
    const { code, stdout, stderr } = await netwright(reproduce('batch-inference', '--data', data))
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`^✗ ${line}$`, 'm'))
    expect(stderr).toMatch(/^\n\d figures? do(es)? not agree:\n/)
    expect(stderr).toMatch(new RegExp(`^ {2}batch-inference: ${line}$`, 'm'))
  })

  test('with --quick they are marked, and the exit code is 0', async () => {
    const { code, stdout, stderr } = await netwright(reproduce('batch-inference', '--quick', '--data', data))
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^~ ${line}$`, 'm'))
    expect(stdout).not.toContain('✗')
  })

  // Windows has no signals that a parent can send.
  test.skipIf(process.platform === 'win32')(
    'Ctrl-C ends it with exit code 130, between experiments or in one',
    async () => {
      let sent = false
      const { code, stdout, stderr } = await netwright(
        reproduce('training-table', 'optimizer-paths', '--data', data),
        (_, child) => {
          if (sent) return
          sent = true
          child.kill('SIGINT')
        },
      )
      expect([code, stderr]).toEqual([130, 'Stopped.\n'])
      expect(stdout.match(/^── /gm)).toHaveLength(1)
    },
  )
})
