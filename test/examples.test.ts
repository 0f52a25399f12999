// Runs every file in examples/, and README's program on one's own data, as a user would, against the built package, and
// checks what they print.
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { mnist } from '../src/data/mnist.js'
import { encodePng } from '../src/report/encode-png.js'
import { hasNative } from './setup/backend.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the program prints, in a folder of its own, which `prepare` fills: examples write files where they are run. */
async function output(path: string, { prepare, environment }: Omit<Example, 'check'>): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'netwright-example-'))
  try {
    await prepare?.(cwd)
    const args = ['--import', import.meta.resolve('tsx'), resolve(cwd, path)]
    const env = { ...process.env, ...environment }
    return (await promisify(execFile)(process.execPath, args, { cwd, env })).stdout
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

function numberAfter(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`${pattern} is not in the output:\n${text}`)
  return Number(found)
}

interface Example {
  /** On the reference backend this takes minutes. */
  readonly needsNative?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** Makes the files that it reads, in the folder where it runs. */
  readonly prepare?: (folder: string) => Promise<void>
  readonly check: (text: string) => void
}

/** The first 400 digits of MNIST as PNGs in a folder for each class. */
async function writeDigits(folder: string): Promise<void> {
  const { train } = await mnist({ flatten: false })
  for (let i = 0; i < 400; i++) {
    const dir = join(folder, 'images', `digit ${train.y.data[i]}`)
    mkdirSync(dir, { recursive: true })
    const pixels = train.x.slice(i, i + 1).data as Uint8Array
    writeFileSync(join(dir, `${i}.png`), await encodePng({ width: 28, height: 28, pixels }))
  }
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
  'cnn.ts': {
    needsNative: true,
    check: (text) => {
      expect(text).toContain('20,522 parameters')
      expect(numberAfter(text, /test accuracy ([\d.]+)/)).toBeGreaterThan(0.97)
      const numbers = text.slice(text.lastIndexOf('seconds')).match(/\d+(?=,|\s)/g) ?? []
      expect(numbers.slice(-16, -8), 'the loaded model reads the digits').toEqual(numbers.slice(-8))
    },
  },
  'stream.ts': {
    needsNative: true,
    // A fifth of it; continuous integration runs the whole.
    environment: { STREAM_SAMPLES: '250000' },
    check: (text) => {
      expect(numberAfter(text, /accuracy ([\d.]+)/)).toBeGreaterThan(0.99)
      expect(numberAfter(text, /at most (\d+) MB/)).toBeLessThan(500)
    },
  },
  'image-folder.ts': {
    prepare: writeDigits,
    check: (text) => {
      expect(text).toContain('400 images of digit 0, digit 1')
      expect(numberAfter(text, /accuracy ([\d.]+) on the fifth/)).toBeGreaterThan(0.75)
      expect(text).toMatch(/looks like digit 0$/m)
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
  'iris.ts': {
    check: (text) => {
      expect(numberAfter(text, /accuracy: ([\d.]+)/)).toBeGreaterThanOrEqual(0.93)
      expect(text).toMatch(/^setosa, versicolor, virginica$/m)
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
  'book/ch02-perceptron.ts': {
    check: (text) => {
      // AND, NAND, OR, XOR of 00, 10, 01, 11.
      const rows = text.trim().split('\n').slice(1)
      expect(rows.map((row) => row.match(/\d/g)?.join(''))).toEqual(['000100', '100111', '010111', '111010'])
    },
  },
  'book/ch03-neural-network.ts': {
    needsNative: true,
    check: (text) => {
      expect(text).toContain('2-3-2-2 [0.31682708 0.69627909]')
      expect(text).toContain('softmax [0.01821127 0.24519181 0.73659691]')
      expect(text).toContain('the first digit is a 5:')
      const accuracies = [...text.matchAll(/Accuracy: ([\d.]+)/g)].map(([, value]) => Number(value))
      expect(accuracies).toHaveLength(2)
      expect(accuracies[0]).toBe(accuracies[1])
      expect(accuracies[0]).toBeGreaterThan(0.92)
    },
  },
  'book/ch04-learning.ts': {
    check: (text) => {
      expect(numberAfter(text, /^mean squared error ([\d.]+)/m)).toBeCloseTo(0.0975, 12)
      expect(numberAfter(text, /^cross-entropy ([\d.]+)/m)).toBeCloseTo(0.5108255, 7)
      expect(text).toContain('[[ 0.21924757  0.14356243 -0.36281')
      expect(text).toMatch(/^step 300: loss .*, accuracy 1.00$/m)
    },
  },
  'book/ch05-backpropagation.ts': {
    needsNative: true,
    check: (text) => {
      expect(numberAfter(text, /^price ([\d.]+)/m)).toBeCloseTo(715, 10)
      for (const name of ['W1', 'b1', 'W2', 'b2']) {
        expect(numberAfter(text, new RegExp(`^${name}: (\\S+)`, 'm'))).toBeLessThan(1e-6)
      }
      // The notes' table, lines 1 to 4, has .1154, .9094, .9265, .9381.
      const accuracies = [...text.matchAll(/\| [\d.]+, ([\d.]+)/g)].map(([, value]) => Number(value))
      expect(accuracies).toHaveLength(4)
      expect(accuracies[3]).toBeGreaterThan(0.925)
    },
  },
  'book/ch06-training.ts': {
    needsNative: true,
    check: (text) => {
      for (const end of ['(-0.3504, 0.0848)', '(0.8964, 0.0881)', '(-0.1202, 0.0000)', '(0.1360, 0.3182)']) {
        expect(text).toContain(end)
      }
      // With weights this small nothing is learned, but for batch normalisation.
      expect(numberAfter(text, /weights 0.01: loss ([\d.]+)/)).toBeGreaterThan(2.2)
      expect(numberAfter(text, /weights 0.01: .*normalisation ([\d.]+)/)).toBeLessThan(1)
      expect(numberAfter(text, /^\{\}: train ([\d.]+)/m)).toBeGreaterThan(0.95)
      expect(numberAfter(text, /^\{\}: train .*, test ([\d.]+)/m)).toBeLessThan(0.9)
    },
  },
  'book/ch07-convolution.ts': {
    needsNative: true,
    check: (text) => {
      expect(text).toContain('[[[[15. 16.]\n   [ 6. 15.]]]]')
      expect(text).toContain('Conv1 Relu1 Pool1 Affine1 Relu2 Affine2 SoftmaxWithLoss')
      expect(numberAfter(text, /^final test accuracy: ([\d.]+)/m)).toBeGreaterThan(0.8)
    },
  },
}

test('every example has a check here', () => {
  const names = readdirSync(`${root}/examples`, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
  expect(names.sort()).toEqual(Object.keys(examples).sort())
})

for (const [name, example] of Object.entries(examples)) {
  test.skipIf(example.needsNative && !hasNative)(`examples/${name}`, { timeout: 120_000 }, async () => {
    example.check(await output(join(root, 'examples', name), example))
  })
}

test('README, Your data: runs as it stands', { timeout: 120_000 }, async () => {
  const program = /## Your data\n+```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] as string
  const prepare = async (folder: string): Promise<void> => {
    const [head, flower] = readFileSync(join(root, 'examples/data/iris.csv'), 'utf8').split('\n') as [string, string]
    const withoutSpecies = [head, flower].map((line) => line.slice(0, line.lastIndexOf(',')))
    copyFileSync(join(root, 'examples/data/iris.csv'), join(folder, 'iris.csv'))
    writeFileSync(join(folder, 'new.csv'), withoutSpecies.join('\n'))
    writeFileSync(join(folder, 'program.mts'), program)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/netwright'), 'junction')
  }
  expect(await output('program.mts', { prepare })).toBe('setosa\n')
})
