// `netwright predict`, built, as a child process: every kind of input, the same digits, the same answers.
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Linear,
  LogSoftmax,
  ReLU,
  readCsvSamples,
  reference,
  Sequential,
  Sigmoid,
  Softmax,
  tensor,
} from '../../src/index.js'
import { loadModel } from '../../src/load-model.js'
import { idxBytes } from '../data/idx-bytes.js'
import { npyBytes, zipBytes } from '../data/npy-bytes.js'
import { digitPixels, housesCsv, writePng } from './files.js'
import { netwright, program, root, writeFewDigits } from './netwright.js'

const count = 40
const pixels = digitPixels(count)
let folder: string
let digits: string
let houses: string
const inFolder = (name: string) => join(folder, name)

interface Line {
  readonly file: string
  readonly index?: number
  readonly class: string
  readonly label: number
  readonly probability: number
  readonly top: readonly { readonly class: string; readonly label: number; readonly probability: number }[]
  readonly value?: number
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-predict-'))
  writeFewDigits(inFolder('data'))
  digits = inFolder('digits.safetensors')
  houses = inFolder('houses.safetensors')
  writeFileSync(inFolder('houses.csv'), housesCsv(100))
  const train = ['train', '--verbose', '0', '--save']
  const runs = [
    await netwright([...train, digits, '--data', inFolder('data'), '--model', 'mlp', '--epochs', '5']),
    await netwright([
      ...train,
      houses,
      '--dataset',
      inFolder('houses.csv'),
      '--target',
      'price',
      '--missing',
      'mean',
      '--standardize',
    ]),
  ]
  expect(runs.map(({ code }) => code)).toEqual([0, 0])
  writeFileSync(inFolder('digits-idx3-ubyte'), idxBytes(8, [count, 28, 28], pixels))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

async function lines(...args: readonly string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await netwright(['predict', '--json', ...args])
  expect([code, stderr]).toEqual([0, ''])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

async function failed(...args: readonly string[]) {
  const { code, stdout, stderr } = await netwright(['predict', ...args])
  return { code, stdout, said: stderr }
}

const answersOf = (found: readonly Line[]) => found.map(({ top }) => top)

describe('digits', () => {
  test('of an IDX file are answered as the model predicts them, with probabilities', async () => {
    const found = await lines(digits, inFolder('digits-idx3-ubyte'), '--top', '10')
    const model = await loadModel(digits)
    const logits = model.predict(tensor(pixels, [count, 784])) // Bytes as they are would be other digits.
    const scaled = model.predict(
      tensor(
        Float32Array.from(pixels, (byte) => byte / 255),
        [count, 784],
      ),
    )
    expect(logits.shape).toEqual([count, 10])
    expect(found.map(({ label }) => label)).toEqual([...scaled.argMax(1).data])
    expect(found.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i))
    found.forEach(({ top, label, probability }, i) => {
      const outputs = [...scaled.slice(i, i + 1).data]
      const powers = outputs.map(Math.exp)
      const sum = powers.reduce((a, b) => a + b)
      expect(top.map(({ label }) => label).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      for (const guess of top) expect(guess.probability).toBeCloseTo((powers[guess.label] as number) / sum, 5)
      expect(top.map((guess) => guess.probability)).toEqual(top.map((guess) => guess.probability).sort((a, b) => b - a))
      expect([top[0]?.label, top[0]?.probability, top[0]?.class]).toEqual([label, probability, String(label)])
    })
  })

  test('are the same from every kind of file, whatever the batches', async () => {
    const expected = answersOf(await lines(digits, inFolder('digits-idx3-ubyte')))
    writeFileSync(inFolder('digits.gz'), gzipSync(idxBytes(8, [count, 28, 28], pixels)))
    writeFileSync(inFolder('digits.npy'), npyBytes({ descr: '|u1', shape: [count, 28, 28] }, [...pixels]))
    const floats = Array.from(pixels, (byte) => Math.fround(byte / 255))
    writeFileSync(inFolder('floats.npy'), npyBytes({ descr: '<f4', shape: [count, 784] }, floats))
    const x = { name: 'x.npy', data: readFileSync(inFolder('digits.npy')), deflate: true }
    const y = { name: 'y.npy', data: npyBytes({ descr: '<i8', shape: [2] }, [1, 2]) }
    writeFileSync(inFolder('digits.npz'), zipBytes([y, x]))
    const names = Array.from({ length: 784 }, (_, i) => `pixel${i}`)
    const rows = Array.from({ length: count }, (_, i) => [...pixels.subarray(784 * i, 784 * (i + 1))].join(','))
    writeFileSync(inFolder('digits.csv'), `${names.join(',')}\n${rows.join('\n')}\n`)
    const png = (name: string, i: number) => join(inFolder(name), `${String(i).padStart(2, '0')}.png`)
    for (let i = 0; i < count; i++) {
      const digit = pixels.subarray(784 * i, 784 * (i + 1))
      await writePng(png('pictures', i), digit, 28)
      await writePng(png('large/deep', i), digit, 28, 3)
      await writePng(
        png('inverted', i),
        digit.map((byte) => 255 - byte),
        28,
      )
    }
    writeFileSync(inFolder('pictures/notes.txt'), 'passed over')
    const inputs = [
      ['digits.gz'],
      ['digits.npy', '--batch-size', '7'],
      ['floats.npy'],
      ['digits.npz'],
      ['digits.npz', '--key', 'x'],
      ['digits.csv'],
      ['pictures'],
      ['pictures', '--batch-size', '7'],
      // Each pixel nine times: shrunk, they are what they were.
      ['large'],
      ['inverted', '--invert'],
    ]
    for (const [name, ...options] of inputs as [string, ...string[]][]) {
      const found = await lines(digits, inFolder(name), ...options)
      const close = (top: readonly Line['top'][number][]) =>
        top.map(({ label, probability }) => [label, expect.closeTo(probability, 5)])
      expect([name, found.map(({ top }) => top.map(({ label, probability }) => [label, probability]))]).toEqual([
        name,
        expected.map(close),
      ])
    }
    const several = await lines(digits, png('pictures', 3), inFolder('digits.npy'), png('pictures', 1))
    expect(several.map(({ file, index }) => [file, index])).toEqual([
      [png('pictures', 3), undefined],
      ...Array.from({ length: count }, (_, i) => [inFolder('digits.npy'), i]),
      [png('pictures', 1), undefined],
    ])
    expect(answersOf(several)[0]).toEqual(expected[3])
    expect(answersOf(several).at(-1)).toEqual(expected[1])
  }, 60_000)

  test('as a table: the best class, its probability and the next, a line for each sample', async () => {
    const { code, stdout } = await netwright(['predict', digits, inFolder('digits-idx3-ubyte'), '--top', '2'])
    const rows = stdout.trimEnd().split('\n')
    expect([code, rows.length]).toEqual([0, count + 1])
    expect(rows[0]).toMatch(/^sample +class +probability +next$/)
    for (const row of rows.slice(1)) expect(row).toMatch(/digits-idx3-ubyte\[\d+\] +\d +[01]\.\d{4} +\d [01]\.\d{4}$/)
    expect(new Set(rows.map((row) => row.search(/(class|\d +[01]\.\d{4} +\d)/))).size).toBe(1)
  })

  test('as CSV on stdout, and in a file that is whole or not there', async () => {
    const csv = await netwright(['predict', digits, inFolder('digits-idx3-ubyte'), '--csv', '--top', '2'])
    expect(csv.stdout).toMatch(/^file,index,class,label,probability,class2,probability2\n.*,0,7,7,0\.\d+,\d,/)
    const out = inFolder('answers.csv')
    const { code, stdout } = await netwright([
      'predict',
      digits,
      inFolder('digits-idx3-ubyte'),
      '--out',
      out,
      '--top',
      '2',
    ])
    expect([code, stdout, readFileSync(out, 'utf8')]).toEqual([0, '', csv.stdout])
    const json = inFolder('answers.jsonl')
    await netwright(['predict', digits, inFolder('digits-idx3-ubyte'), '--out', json])
    expect(
      readFileSync(json, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(await lines(digits, inFolder('digits-idx3-ubyte')))
    writeFileSync(inFolder('broken.png'), Buffer.from('89504e470d0a1a0a00', 'hex'))
    const { said } = await failed(digits, inFolder('digits-idx3-ubyte'), inFolder('broken.png'), '--out', out)
    expect(said).toContain('broken.png: is a truncated PNG')
    expect(readFileSync(out, 'utf8')).toBe(csv.stdout)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('one sample alone is no batch', async () => {
    writeFileSync(inFolder('one.npy'), npyBytes({ descr: '|u1', shape: [28, 28] }, [...pixels.subarray(0, 784)]))
    expect((await lines(digits, inFolder('one.npy'))).map(({ label }) => label)).toEqual([7])
  })
})

describe('rows of a table', () => {
  test('columns are found by name, in any order and among others; the target is not needed', async () => {
    writeFileSync(inFolder('other.csv'), housesCsv(30, ['note', 'city', 'area']))
    writeFileSync(inFolder('same.csv'), housesCsv(30))
    const found = await lines(houses, inFolder('other.csv'))
    expect(found).toEqual(
      (await lines(houses, inFolder('same.csv'))).map((line) => ({ ...line, file: inFolder('other.csv') })),
    )
    expect(found.map(({ index }) => index)).toEqual(Array.from({ length: 30 }, (_, i) => i))
    const model = await loadModel(houses)
    const outputs = model.predict(await readCsvSamples(inFolder('other.csv'), model.preprocessing))
    expect(found.map(({ value }) => value)).toEqual(Array.from(outputs.data, (value) => expect.closeTo(value, 2)))
    const { stdout } = await netwright(['predict', houses, inFolder('other.csv'), '--csv'])
    expect(stdout).toMatch(/^file,index,value\n/)
  })

  test('on standard input', async () => {
    const run = promisify(execFile)(process.execPath, [...program, 'predict', houses, '-', '--json'], { cwd: root })
    run.child.stdin?.end(housesCsv(3))
    const found = (await run).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(found.map(({ file, index }) => [file, index])).toEqual([
      ['stdin', 0],
      ['stdin', 1],
      ['stdin', 2],
    ])
    const broken = promisify(execFile)(process.execPath, [...program, 'predict', houses, '-'], { cwd: root })
    broken.child.stdin?.end('area,city\n1,Oslo\nmany,Oslo\n')
    await expect(broken).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: stdin: line 3: column/),
    })
  })

  test('errors name file, line and column', async () => {
    writeFileSync(inFolder('paris.csv'), 'city,area\nOslo,50\nParis,60\n')
    expect(await failed(houses, inFolder('paris.csv'))).toMatchObject({
      code: 1,
      stdout: '',
      said: expect.stringMatching(
        /^error: .*paris\.csv: line 3: column "city" has the category "Paris", expected one of/,
      ),
    })
    writeFileSync(inFolder('less.csv'), 'city,size\nOslo,50\n')
    expect((await failed(houses, inFolder('less.csv'))).said).toContain('less.csv: expected a column "area"')
    writeFileSync(inFolder('numbers.csv'), '1,2,3\n4,5,6\n')
    expect((await failed(digits, inFolder('numbers.csv'))).said).toContain('for a file without one, --no-header')
    expect((await failed(digits, inFolder('numbers.csv'), '--no-header')).said).toContain(
      'numbers.csv: has samples of shape (3,), the model takes images of 1×28×28',
    )
  })
})

describe('what outputs mean', () => {
  const rows = [
    [1, -2],
    [0.5, 3],
  ]
  const write = () => writeFileSync(inFolder('rows.csv'), `a,b\n${rows.map((row) => row.join(',')).join('\n')}\n`)

  test.each(['logits', 'Softmax', 'LogSoftmax'] as const)('of a model that ends in %s', async (end) => {
    write()
    const layers = { logits: [], Softmax: [new Softmax()], LogSoftmax: [new LogSoftmax()] }[end]
    const model = new Sequential([new Linear(2, 3), new ReLU(), new Linear(3, 4), ...layers], { backend: reference() })
    await model.save(inFolder('end.safetensors'))
    const found = await lines(inFolder('end.safetensors'), inFolder('rows.csv'), '--top', '4')
    const outputs = model.predict(rows).toArray() as number[][]
    found.forEach(({ top }, i) => {
      const raw = outputs[i] as number[]
      const sum = raw.reduce((total, value) => total + Math.exp(value), 0)
      for (const { label, probability } of top) {
        const value = raw[label] as number
        const expected = { logits: Math.exp(value) / sum, Softmax: value, LogSoftmax: Math.exp(value) }[end]
        expect(probability).toBeCloseTo(expected, 5)
      }
      expect(top.reduce((total, { probability }) => total + probability, 0)).toBeCloseTo(1, 5)
    })
  })

  test('one output is a number, or speaks for the second class; --task decides', async () => {
    write()
    for (const layers of [[], [new Sigmoid()]]) {
      const model = new Sequential([new Linear(2, 1), ...layers], { backend: reference(), seed: 3 })
      await model.save(inFolder('one.safetensors'))
      const outputs = [...model.predict(rows).data]
      const args = [inFolder('one.safetensors'), inFolder('rows.csv')]
      expect((await lines(...args)).map(({ value }) => value)).toEqual(outputs.map((value) => expect.closeTo(value, 5)))
      const yes = outputs.map((value) => (layers.length > 0 ? value : 1 / (1 + Math.exp(-value))))
      const found = await lines(...args, '--task', 'classify')
      found.forEach(({ top }, i) => {
        expect(top.find(({ label }) => label === 1)?.probability).toBeCloseTo(yes[i] as number, 5)
        expect(top).toHaveLength(2)
      })
    }
  })
})

describe('it ends well', () => {
  test('after the first image that cannot be read, or, with --skip-errors, without it', async () => {
    const some = inFolder('some')
    for (const [i, name] of ['a', 'b', 'd'].entries()) {
      await writePng(join(some, `${name}.png`), pixels.subarray(784 * i, 784 * (i + 1)), 28)
    }
    writeFileSync(join(some, 'c.png'), '\u001b[2Jno picture')
    const stopped = await failed(digits, some)
    expect(stopped).toMatchObject({
      code: 1,
      stdout: '',
      said: expect.stringMatching(/^error: .*c\.png: is no PNG or JPEG.*\n$/),
    })
    const { code, stdout, stderr } = await netwright(['predict', digits, some, '--json', '--skip-errors'])
    expect([code, stdout.trim().split('\n').length]).toEqual([0, 3])
    expect(stderr).toMatch(/^left out: .*c\.png: is no PNG or JPEG.*\n3 predicted, 1 left out\n$/)
  })

  test.skipIf(process.platform === 'win32')('names with control characters move no cursor', async () => {
    await writePng(inFolder('evil/\u001b[2J\n.png'), pixels.subarray(0, 784), 28)
    const { code, stdout } = await netwright(['predict', digits, inFolder('evil')])
    expect([code, stdout.split('\n').length]).toEqual([0, 3])
    expect(stdout).toContain('\ufffd[2J\ufffd.png')
    expect(stdout).not.toContain('\u001b')
  })

  test.skipIf(process.platform === 'win32')(
    'at Ctrl-C, with nothing half-written',
    async () => {
      const many = Buffer.alloc(4 + 12 + 200_000 * 784)
      many.set([0, 0, 8, 3])
      many.writeUInt32BE(200_000, 4)
      many.writeUInt32BE(28, 8)
      many.writeUInt32BE(28, 12)
      writeFileSync(inFolder('many'), many)
      const out = inFolder('many.csv')
      const args = ['predict', digits, inFolder('many'), '--batch-size', '1', '--out', out]
      const child = spawn(process.execPath, [...program, ...args], { cwd: root })
      let stderr = ''
      child.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      let sent = false
      const begun = setInterval(() => {
        const isBegun = readdirSync(folder).some((name) => name.startsWith('many.csv.'))
        if (isBegun && !sent) sent = child.kill('SIGINT')
      }, 20)
      const code = await new Promise((resolve) => child.on('close', resolve))
      clearInterval(begun)
      expect([code, existsSync(out)]).toEqual([130, false])
      expect(stderr).toMatch(/^Stopped after [\d,]+ samples\.\n$/)
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
      rmSync(inFolder('many'))
    },
    60_000,
  )

  test('when its reader goes away', async () => {
    const { code, stderr } = await netwright(['predict', digits, inFolder('digits-idx3-ubyte')], (_, child) =>
      child.stdout?.destroy(),
    )
    expect([code, stderr]).toEqual([0, ''])
  })

  test('wrong words are one line and exit code 2', async () => {
    mkdirSync(inFolder('empty'), { recursive: true })
    writeFileSync(inFolder('binary'), Buffer.from([1, 2, 0, 4]))
    const cases: readonly (readonly [code: number, text: string, ...args: string[]])[] = [
      [2, 'none.png: no such file or folder', digits, inFolder('none.png')],
      [2, "missing required argument 'inputs'", digits],
      [2, 'none.safetensors: cannot be read', inFolder('none.safetensors'), inFolder('rows.csv')],
      [2, "'--json' cannot be used with option '--csv'", digits, inFolder('rows.csv'), '--json', '--csv'],
      [2, '--top', digits, inFolder('rows.csv'), '--top', '0'],
      [2, '--out', digits, inFolder('rows.csv'), '--out', inFolder('no/such/file')],
      [2, "'-' is there twice", digits, '-', '-'],
      [2, '--invert goes with images', houses, inFolder('houses.csv'), '--invert'],
      [
        2,
        'is an image, and the model takes rows of a table with the columns area, city',
        houses,
        inFolder('pictures/00.png'),
      ],
      [1, 'empty: has no image', digits, inFolder('empty')],
      [1, 'binary: is none of what predict reads', digits, inFolder('binary')],
      [1, 'has the arrays y, x; --key NAME says which', digits, inFolder('digits.npz'), '--key', 'z'],
      [1, 'has samples of shape (2,), the model takes images of 1×28×28', digits, inFolder('rows.csv')],
    ]
    for (const [code, text, ...args] of cases) {
      const found = await failed(...args)
      expect([text, found.code, found.stdout, found.said.split('\n').length]).toEqual([text, code, '', 2])
      expect(found.said).toContain(text)
    }
  }, 60_000)
})
