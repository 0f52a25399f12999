// The report of a run: what it shows of classes, rows, pictures and values, and that names from data stay texts.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  Adam,
  binaryCrossEntropy,
  Conv2d,
  cosine,
  crossEntropy,
  DataStream,
  Dataset,
  Flatten,
  hinge,
  Linear,
  type Loss,
  mse,
  Preprocessing,
  ReLU,
  type ReportOptions,
  Sequential,
  Standardizer,
  spiral,
  Tensor,
  writeReport,
} from '../../src/index.js'
import type { TrainableNetwork } from '../../src/model.js'
import { predictedAgainstTrue, rangeOf } from '../../src/run-report/values.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function reportOf(model: TrainableNetwork, data: Dataset, loss: Loss, epochs = 2): Promise<string> {
  const history = await model.fit(data, { loss, optimizer: new Adam(), epochs, validationData: data })
  const path = join(folder, 'run.html')
  await writeReport(path, { model, history, test: data, loss, command: 'do --it', settings: { augmentation: 'none' } })
  return readFileSync(path, 'utf8')
}

const titles = (html: string): string[] => [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title as string)
const count = (html: string, part: string): number => html.split(part).length - 1

test('classes of rows: curves, matrix, figures of classes, mistakes with their features, parameters, settings', async () => {
  const { x, y } = spiral({ samplesPerClass: 20 })
  const columns = [{ name: 'east' }, { name: 'north' }]
  const preprocessing = new Preprocessing({ source: { kind: 'table', columns }, classNames: ['a', 'b', 'c'] })
  const data = new Dataset(x, y, { preprocessing })
  const model = new Sequential([new Linear(2, 4), new ReLU(), new Linear(4, 3)], { seed: 1 })
  const html = await reportOf(model, data, crossEntropy())
  const sections = ['Training', 'Confusion matrix', 'Classes', 'Worst mistakes', 'Parameters', 'Model', 'Run']
  expect(titles(html)).toEqual(sections)
  const charts = [...html.matchAll(/<figure role="img" aria-label="(.*?)">/g)].map(([, label]) => label)
  expect(charts).toEqual(['Loss, epoch by epoch', 'Accuracy, epoch by epoch'])
  expect(html).toContain('<dt><bdi>learning rate</bdi></dt><dd><bdi>0.001</bdi></dd>')
  for (const part of ['east', 'north', '0.weight', 'do --it', 'augmentation', 'seed of the model']) {
    expect(html, part).toContain(`<bdi>${part}</bdi>`)
  }
  const matrix = html.slice(html.indexOf('<div class="scroll heat">'), html.indexOf('<h2>Classes'))
  const cells = [...matrix.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => (cell === '·' ? 0 : Number(cell)))
  expect(cells).toHaveLength(9)
  expect(cells.reduce((a, b) => a + b)).toBe(60)
  const { accuracy = 0 } = await model.evaluate(data)
  expect(((cells[0] ?? 0) + (cells[4] ?? 0) + (cells[8] ?? 0)) / 60).toBeCloseTo(accuracy, 10)
})

test('features as they were before scaling', async () => {
  const { x, y } = spiral({ samplesPerClass: 20 })
  const raw = new Dataset(
    new Tensor(
      x.toFloat32().map((value) => 100 + Math.round(8 * value)),
      x.shape,
    ),
    y,
  )
  const model = new Sequential([new Linear(2, 3)], { seed: 1 })
  const html = await reportOf(model, new Standardizer().fit(raw).transform(raw), crossEntropy(), 1)
  const mistakes = html.slice(html.indexOf('<h2>Worst mistakes'), html.indexOf('<h2>Parameters'))
  const features = [...mistakes.matchAll(/<td><bdi>(\d+)<\/bdi><\/td><td><bdi>(\d+)<\/bdi><\/td><\/tr>/g)]
  expect(features).toHaveLength(count(mistakes, '<tr>') - 1)
  expect(features.flatMap(([, ...numbers]) => numbers.map(Number)).every((value) => Math.abs(value - 100) <= 8)).toBe(
    true,
  )
})

test('pictures: mistakes and filters are images within the page', async () => {
  const bytes = Uint8Array.from({ length: 30 * 64 }, (_, i) => (i * 89) % 251)
  const y = Array.from({ length: 30 }, (_, i) => i % 3)
  const data = new Dataset(new Tensor(bytes, [30, 1, 8, 8], { scale: 1 / 255 }), y)
  const model = new Sequential([new Conv2d(5, 3), new ReLU(), new Flatten(), new Linear(3)], { seed: 1 })
  const html = await reportOf(model, data, crossEntropy(), 1)
  expect(titles(html)).toContain('Weights of the first layer')
  const wrong = 30 - Math.round(30 * ((await model.evaluate(data)).accuracy ?? 0))
  expect(count(html, 'src="data:image/png;base64,iVBOR')).toBe(5 + Math.min(24, wrong))
})

test('one output that answers yes or no: classes, with probabilities where the loss has them', async () => {
  const x = Array.from({ length: 40 }, (_, i) => [i / 40, 1])
  const yes = x.map(([value = 0]) => value > 0.6)
  const classNames = ['little', 'much']
  const answers = yes.map(Number)
  const cases: readonly (readonly [Loss, readonly number[] | readonly number[][], boolean])[] = [
    [binaryCrossEntropy(), answers.map((answer) => [answer]), true],
    [binaryCrossEntropy(), answers, true],
    [hinge(), yes.map((is) => [is ? 1 : -1]), false],
  ]
  for (const [loss, y, areProbabilities] of cases) {
    const data = new Dataset(x, y as number[], { classNames })
    const model = new Sequential([new Linear(2, 1)], { seed: 1 })
    const html = await reportOf(model, data, loss)
    expect(titles(html).slice(1, 4)).toEqual(['Confusion matrix', 'Classes', 'Worst mistakes'])
    expect(html).toContain('<bdi>little</bdi>')
    const right = [...model.predict(x).data].filter((output, i) => output > 0 === yes[i]).length
    expect(right, 'some are wrong').toBeLessThan(40)
    expect(html).toContain(`<bdi>accuracy</bdi></span><b><bdi>${Number((right / 40).toPrecision(4))}</bdi>`)
    expect(html).toContain(`Accuracy ${(right / 40).toFixed(4)}.`)
    expect(html.includes('<bdi>with</bdi>')).toBe(areProbabilities)
  }
})

test('samples that the loss ignores are no mistakes', async () => {
  const { x, y } = spiral({ samplesPerClass: 10 })
  const data = new Dataset(
    x,
    [...y.data].map((label, i) => (i % 5 === 0 ? 255 : label)),
  )
  const model = new Sequential([new Linear(2, 3)], { seed: 1 })
  const html = await reportOf(model, data, crossEntropy({ ignoreIndex: 255 }))
  const matrix = html.slice(html.indexOf('<div class="scroll heat">'), html.indexOf('<h2>Classes'))
  const cells = [...matrix.matchAll(/<td[^>]*>(\d+)<\/td>/g)].map(([, cell]) => Number(cell))
  expect(cells.reduce((a, b) => a + b)).toBe(24)
})

test('regression: predictions against truth, no matrix', async () => {
  const x = Array.from({ length: 40 }, (_, i) => [i / 40])
  const data = new Dataset(
    x,
    x.map(([value = 0]) => [2 * value]),
  )
  const html = await reportOf(new Sequential([new Linear(1, 1)], { seed: 1 }), data, mse())
  expect(titles(html)).toEqual(['Training', 'Predictions', 'Parameters', 'Model', 'Run'])
})

test('a rate that changes: its course, and a chart of its own', async () => {
  const data = spiral({ samplesPerClass: 20 })
  const model = new Sequential([new Linear(2, 3)], { seed: 1 })
  const loss = crossEntropy()
  const optimizer = new Adam({ lr: cosine({ from: 0.1 }) })
  const history = await model.fit(data, { loss, optimizer, epochs: 3 })
  const path = join(folder, 'rate.html')
  await writeReport(path, { model, history, test: data, loss })
  const html = readFileSync(path, 'utf8')
  expect(html).toContain('aria-label="Learning rate, epoch by epoch"')
  expect(html).toMatch(/<dd><bdi>0\.\d+ at the end of the first epoch, \S+ at the end of the last<\/bdi>/)
})

test.each([
  [
    [-2.88553, 3.1, 2],
    [-4, 4],
  ],
  [
    [0, 0.97],
    [0, 1],
  ],
  [[5], [2, 8]],
  [
    [0, 0],
    [-0.6, 0.6],
  ],
  [
    [Number.NaN, Number.POSITIVE_INFINITY],
    [-0.6, 0.6],
  ],
])('predictions %j against truth: both axes %j', (values, range) => {
  const [low, high] = rangeOf(values)
  expect([low, high].map((end) => Number(end.toPrecision(6)))).toEqual(range)
})

test.each([[[1, 1 + 2e-16]], [[1e-30, 3e-30]], [[-1e98, 1e98]], [[1e300, -1e300]]])(
  'an axis has room for %j',
  async (values) => {
    const [truths, predictions] = [Float32Array.from(values), Float32Array.from(values)]
    const { html } = await predictedAgainstTrue({ kind: 'values', outputs: 1, truths, predictions })
    expect(html).not.toMatch(/NaN|Infinity/)
  },
)

test('names from data stay texts, without control characters or turns of direction', async () => {
  const hostile = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '\u0000\u001b[31m\u202eevil&']
  const { x, y } = spiral({ samplesPerClass: 10 })
  const data = new Dataset(x, y, { classNames: hostile })
  const html = await reportOf(new Sequential([new Linear(2, 3)], { seed: 1 }), data, crossEntropy())
  for (const part of ['<script', '<img src=x', '\u0000', '\u001b', '\u202e']) expect(html).not.toContain(part)
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(html).toContain('evil&amp;')
  expect(html).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`)
  expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
})

test('bad arguments and places', async () => {
  const data = spiral({ samplesPerClass: 10 })
  const model = new Sequential([new Linear(2, 3)], { seed: 1 })
  const loss = crossEntropy()
  const history = await model.fit(data, { loss, optimizer: new Adam() })
  const given = { model, history, test: data, loss }
  await expect(writeReport(join(folder, 'no', 'such.html'), given)).rejects.toMatchObject({ code: 'ERR_FILE' })
  const stream = new DataStream(() => [], { length: 1 })
  const wrong: readonly [unknown, object, string][] = [
    [undefined, given, "path is undefined, expected the name of a file, such as 'run.html'"],
    ['', given, 'path is ""'],
    ['a.html', { ...given, tset: data }, "unknown option 'tset'"],
    ['a.html', { ...given, model: undefined }, 'model is undefined, expected a Sequential or a Model'],
    [
      'a.html',
      { ...given, history: history.toJSON() },
      'history is an Object, expected the History that fit has answered',
    ],
    ['a.html', { ...given, loss: undefined }, 'loss is undefined, expected a loss such as crossEntropy()'],
    ['a.html', { ...given, test: undefined }, 'test is undefined, expected a Dataset or { x, y }'],
    ['a.html', { ...given, test: stream }, 'test is a DataStream, expected a Dataset or { x, y }: a report shows'],
    ['a.html', { ...given, title: 3 }, 'title is 3, expected a string'],
    ['a.html', { ...given, figures: { accuracy: undefined } }, 'figures.accuracy is undefined, expected a text or a'],
    ['a.html', { ...given, settings: 'adam' }, 'settings is "adam", expected an object of texts and numbers'],
  ]
  for (const [path, options, message] of wrong) {
    await expect(writeReport(path as string, options as ReportOptions), message).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining(`writeReport: ${message}`),
    })
  }
})

test('test data may be arrays, as in fit', async () => {
  const { x, y } = spiral({ samplesPerClass: 10 })
  const model = new Sequential([new Linear(2, 3)], { seed: 1 })
  const data = new Dataset(x, y, { classNames: ['one', 'two', 'three'] })
  const loss = crossEntropy()
  const history = await model.fit(data, { loss, optimizer: new Adam() })
  const path = join(folder, 'arrays.html')
  await writeReport(path, { model, history, test: { x: x.toArray(), y: [...y.data] }, loss })
  const html = readFileSync(path, 'utf8')
  expect(titles(html)).toContain('Confusion matrix')
  expect(html).toContain('<bdi>three</bdi>')
})
