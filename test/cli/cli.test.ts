// The built command line, as child processes, on a small part of the real digits.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasNative } from '../setup/backend.js'
import { netwright, program, root, writeFewDigits } from './netwright.js'

const forever = ['--epochs', '1000000']

let folder: string
let data: string
let empty: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-cli-'))
  data = join(folder, 'data')
  empty = join(folder, 'empty')
  writeFewDigits(data)
  mkdirSync(empty)
})
afterAll(() => rmSync(folder, { recursive: true }))

const train = (...args: string[]) => ['mnist', '--data', data, '--model', 'mlp', ...args]
const lineCount = (text: string) => text.split('\n').length - 1
const epochLines = (text: string) => text.split('\n').filter((line) => /^epoch +\d+\/\d+ loss /.test(line)).length

describe('netwright mnist', () => {
  test('trains, prints a line per epoch and a summary that names backend, ISA and threads', async () => {
    const { code, stdout, stderr } = await netwright(train('--epochs', '3'))
    expect([code, stderr, epochLines(stdout)]).toEqual([0, '', 3])
    expect(stdout).toMatch(/\nmlp after 3 epochs: train accuracy 0\.\d{4}, test accuracy 0\.\d{4}\n/)
    expect(stdout).toMatch(
      hasNative
        ? /backend native, ISA (avx512|avx2|sse2|neon), threads \d+\n$/
        : /backend (reference, ISA js|wasm, ISA simd128), threads 1\n$/,
    )
  })

  test.skipIf(!hasNative)('trains a convolutional network when nothing is said', async () => {
    const { code, stdout } = await netwright(['mnist', '--data', data, '--json', '--epochs', '3'])
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect([result.model, result.epochs]).toEqual(['convnet', 3])
    expect(result.testAccuracy).toBeGreaterThan(0.7)
  })

  test('--json prints one line on stdout and the progress on stderr', async () => {
    const { code, stdout, stderr } = await netwright(
      train('--json', '--epochs', '12', '--batch-size', '50', '--hidden', '30', '--lr', '0.2', '--seed', '3'),
    )
    expect([code, lineCount(stdout), epochLines(stderr)]).toEqual([0, 1, 12])
    const result = JSON.parse(stdout)
    expect(Object.keys(result)).toEqual([
      'dataset',
      'model',
      'epochs',
      'trainLoss',
      'trainAccuracy',
      'testLoss',
      'testAccuracy',
      'parameters',
      'trainSeconds',
      'samplesPerSecond',
      'backend',
      'isa',
      'threads',
    ])
    expect([result.model, result.epochs]).toEqual(['mlp', 12])
    // It learns: a network that does not would be right one time in ten.
    expect(result.trainAccuracy).toBeGreaterThan(0.8)
    expect(result.testAccuracy).toBeGreaterThan(0.7)
    expect(result.trainAccuracy * 1000).toBeCloseTo(Math.round(result.trainAccuracy * 1000), 6)
    expect(result.trainSeconds).toBeGreaterThan(0)
    expect(Math.abs(result.samplesPerSecond / (12_000 / result.trainSeconds) - 1)).toBeLessThan(0.2)
  })

  test('the seed decides: the same one twice, another once', async () => {
    const accuracies = await Promise.all(
      ['4', '4', '5'].map(async (seed) => {
        const { stdout } = await netwright(train('--epochs', '2', '--seed', seed))
        return stdout
          .split('\n')
          .map((line) => /loss [\d.]+ train [\d.]+/.exec(line)?.[0])
          .slice(0, 2)
      }),
    )
    expect(accuracies[0]?.every((line) => line !== undefined)).toBe(true)
    expect(accuracies[0]).toEqual(accuracies[1])
    expect(accuracies[0]).not.toEqual(accuracies[2])
  })

  test('--backend reference trains without the addon', async () => {
    const { code, stdout } = await netwright(train('--epochs', '1', '--backend', 'reference', '--json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ backend: 'reference', isa: 'js', threads: 1 })
  })

  test.skipIf(!hasNative)('--backend native --threads 1 and 2 use as many', async () => {
    for (const threads of [1, 2]) {
      const { stdout } = await netwright(
        train('--epochs', '1', '--backend', 'native', '--threads', String(threads), '--json'),
      )
      expect(JSON.parse(stdout)).toMatchObject({ backend: 'native', threads })
    }
  })
})

describe('a wrong value is one line on stderr and exit code 2', () => {
  const cases: readonly { readonly args: readonly string[]; readonly texts: readonly string[] }[] = [
    { args: ['mnist', '--epochs', '0'], texts: ['--epochs', "'0'", 'whole number from 1'] },
    { args: ['mnist', '--epochs', '2.5'], texts: ['--epochs', "'2.5'"] },
    { args: ['mnist', '--epochs', 'ten'], texts: ['--epochs', "'ten'"] },
    { args: ['mnist', '--epochs', ''], texts: ['--epochs'] },
    { args: ['mnist', '--batch-size', '0'], texts: ['--batch-size', "'0'"] },
    { args: ['mnist', '--batch-size', '-5'], texts: ['--batch-size'] },
    { args: ['mnist', '--lr', '0'], texts: ['--lr', 'number above 0'] },
    { args: ['mnist', '--lr', 'NaN'], texts: ['--lr', "'NaN'"] },
    { args: ['mnist', '--lr', 'Infinity'], texts: ['--lr'] },
    { args: ['mnist', '--seed', '-1'], texts: ['--seed'] },
    { args: ['mnist', '--seed', '99999999999999999999'], texts: ['--seed', 'whole number from 0'] },
    { args: ['mnist', '--hidden', '1e3'], texts: ['--hidden', "'1e3'"] },
    { args: ['mnist', '--threads', '0'], texts: ['--threads'] },
    {
      args: ['mnist', '--threads', '2', '--backend', 'reference'],
      texts: ['--threads is 2', 'reference backend has one thread'],
    },
    { args: ['mnist', '--backend', 'gpu'], texts: ['--backend', "'gpu'", 'native, wasm, reference'] },
    { args: ['mnist', '--model', 'resnet'], texts: ['--model', "'resnet'", 'mlp'] },
    { args: ['mnist', '--data', '/no/such/folder'], texts: ['--data', "'/no/such/folder'", 'folder that exists'] },
    { args: ['mnist', '--data', 'package.json'], texts: ['--data', "'package.json'", 'folder that exists'] },
    { args: ['mnist', '--epoch', '3'], texts: ["unknown option '--epoch'"] },
    { args: ['mnist', '--epochs'], texts: ['--epochs', 'argument missing'] },
    { args: ['mnist', 'extra'], texts: ['too many arguments'] },
    { args: ['minst'], texts: ["unknown command 'minst'"] },
    { args: ['--nonsense'], texts: ["unknown option '--nonsense'"] },
  ]
  test.concurrent.each(cases)('$args', async ({ args, texts }) => {
    const { code, stdout, stderr } = await netwright(args)
    expect([code, stdout, lineCount(stderr)]).toEqual([2, '', 1])
    expect(stderr).toMatch(/^error: /)
    for (const text of texts) expect(stderr).toContain(text)
  })

  test('--data with a folder that has no digits', async () => {
    const { code, stdout, stderr } = await netwright(['mnist', '--data', empty])
    expect([code, stdout, lineCount(stderr)]).toEqual([2, '', 1])
    expect(stderr).toContain(`MNIST not found`)
    expect(stderr).toContain(empty)
  })

  test('--data with a truncated file is a failure, also with --json', async () => {
    const broken = join(folder, 'broken')
    mkdirSync(broken)
    for (const name of ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']) {
      writeFileSync(join(broken, `${name}-ubyte`), readFileSync(join(data, `${name}-ubyte`)).subarray(0, 100))
    }
    const { code, stdout, stderr } = await netwright(['mnist', '--data', broken, '--json'])
    expect([code, stdout, lineCount(stderr)]).toEqual([1, '', 1])
    expect(stderr).toMatch(/^error: .*train-images-idx3-ubyte: header announces .* got 100: truncated\n$/)
  })
})

describe('help and version', () => {
  test('--help lists commands and shows an example', async () => {
    const { code, stdout, stderr } = await netwright(['--help'])
    expect([code, stderr]).toEqual([0, ''])
    for (const text of ['Usage: netwright', 'mnist', 'Examples:', '$ netwright mnist']) expect(stdout).toContain(text)
  })

  test('mnist --help lists every option with its default', async () => {
    const { code, stdout } = await netwright(['mnist', '--help'])
    expect(code).toBe(0)
    for (const option of [
      'model',
      'epochs',
      'batch-size',
      'lr',
      'seed',
      'hidden',
      'threads',
      'backend',
      'data',
      'json',
    ]) {
      expect(stdout).toContain(`--${option}`)
    }
    expect(stdout).toContain('(default: convnet: 1, mlp: 16)')
    expect(stdout).toContain('Examples:')
  })

  test('--version is the package version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(await netwright(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('no command at all is wrong usage, and shows the help', async () => {
    const { code, stdout, stderr } = await netwright([])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Usage: netwright')
  })
})

describe('it ends well', () => {
  test('when its reader goes away', async () => {
    const { code, stderr } = await netwright(train(...forever), (_, child) => child.stdout?.destroy())
    expect([code, stderr]).toEqual([0, ''])
  })

  // Windows has no signals that a parent can send.
  test.skipIf(process.platform === 'win32')(
    'at Ctrl-C: between two steps, with the place and exit code 130',
    async () => {
      let sent = false
      const { code, stdout, stderr } = await netwright(train(...forever), (text, child) => {
        if (sent || epochLines(text) < 2) return
        sent = true
        child.kill('SIGINT')
      })
      expect(code).toBe(130)
      const place =
        /^Stopped after (\d+) of 1000000 epochs(?: and ([\d,]+) of 1,000 samples)?, between two steps\.\n$/.exec(stderr)
      expect(place).not.toBeNull()
      // As many whole epochs as were printed, and whole batches of the next.
      expect(Number(place?.[1])).toBe(epochLines(stdout))
      expect(Number((place?.[2] ?? '0').replace(',', '')) % 100).toBe(0)
      expect(stdout).not.toContain('test accuracy')
    },
  )

  test.skipIf(process.platform === 'win32')('at Ctrl-C with --json: nothing on stdout', async () => {
    const child = spawn(process.execPath, [...program, ...train(...forever, '--json')], { cwd: root })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      if (stderr === '') child.kill('SIGINT')
      stderr += chunk
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect([code, stdout]).toEqual([130, ''])
    expect(stderr).toMatch(/\nStopped after \d+ of 1000000 epochs/)
  })
})
