// Runs every file in examples/ as a user would, against the built package, and checks what it prints.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hasNative } from './setup/backend.js'

const root = fileURLToPath(new URL('..', import.meta.url))

async function output(name: string): Promise<string> {
  const args = ['--import', 'tsx', `examples/${name}`]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
  return stdout
}

function numberAfter(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`${pattern} is not in the output:\n${text}`)
  return Number(found)
}

interface Example {
  /** On the reference backend this takes minutes. */
  readonly needsNative?: boolean
  readonly check: (text: string) => void
}

const examples: Readonly<Record<string, Example>> = {
  'mnist.ts': {
    needsNative: true,
    check: (text) => {
      expect(numberAfter(text, /accuracy: ([\d.]+)/)).toBeGreaterThan(0.965)
      // The first test digit is a 7.
      expect(text.trimEnd()).toMatch(/\} 7$/)
    },
  },
  'spiral.ts': {
    check: (text) => {
      expect(numberAfter(text, /^loss .* accuracy ([\d.]+)/m)).toBeGreaterThan(0.9)
      const picture = text.trimEnd().split('\n').slice(-30)
      expect(picture.every((line) => /^[ox+]( [ox+]){29}$/.test(line))).toBe(true)
      for (const arm of 'ox+') expect(picture.join('')).toContain(arm)
    },
  },
  'custom-layer.ts': {
    check: (text) => {
      expect(numberAfter(text, /^Swish: accuracy ([\d.]+)/m)).toBeGreaterThan(0.9)
      expect(numberAfter(text, /^Softplus: accuracy ([\d.]+)/m)).toBeGreaterThan(0.7)
    },
  },
  'hand-loop.ts': {
    check: (text) => {
      expect(numberAfter(text, /^step 0: loss ([\d.]+)/m)).toBeGreaterThan(0.8)
      expect(numberAfter(text, /^step 1500: loss ([\d.]+)/m)).toBeLessThan(0.4)
      expect(numberAfter(text, /^step 1500: .* accuracy ([\d.]+)/m)).toBeGreaterThan(0.85)
    },
  },
}

test('every example has a check here', () => {
  expect(readdirSync(`${root}/examples`).sort()).toEqual(Object.keys(examples).sort())
})

for (const [name, { needsNative = false, check }] of Object.entries(examples)) {
  test.skipIf(needsNative && !hasNative)(`examples/${name}`, { timeout: 120_000 }, async () => {
    check(await output(name))
  })
}
