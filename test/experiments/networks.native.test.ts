// The experiments with deeper networks, in their quick versions, on the real digits. Figures of the whole run are left
// to `netwright reproduce`; what holds in any run must hold here.

import { expect, test } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import { mnist } from '../../src/data/mnist.js'
import { readByNeighbours } from '../../src/experiments/nearest-neighbours.js'
import { defaultBackend } from '../../src/kernels/default-backend.js'
import { draw, textsOf } from '../report/svg.js'
import { failuresOf, type Report, runQuick } from './recording-lab.js'

function expectPicture(report: Report, name: string, texts: readonly string[]): void {
  const svg = report.pictures.get(name) ?? ''
  expect(draw(svg).colors.size).toBeGreaterThan(3)
  expect(textsOf(svg)).toEqual(expect.arrayContaining([...texts]))
}

test('row 76, row 77, row 78 and row 79: activations pile up or fade as the weights begin, and so do gradients', async () => {
  const report = await runQuick('activations')
  expect(failuresOf(report)).toEqual([])
  expect(report.tables.map((rows) => rows.length)).toEqual([6, 6])
  expectPicture(report, 'sigmoid', ['sigmoid, std 1: layer 1', 'sigmoid, Xavier: layer 5'])
  expectPicture(report, 'relu', ['ReLU, std 0.01: layer 1', 'ReLU, He: layer 5'])
  expectPicture(report, 'gradients', ['sigmoid, Xavier', 'ReLU, He', 'layer'])
})

test('row 76 and row 80: small weights learn nothing at first, zeros never, and are warned about', async () => {
  const report = await runQuick('weight-initialisation')
  expect(failuresOf(report, /falls below/)).toEqual([])
  const last = new Map(report.tables[0]?.map(([name, , loss]) => [name, loss]))
  expect(last.get('He')).toBeLessThan(1.5)
  expectPicture(report, 'loss', ['std 0.01', 'Xavier', 'He', 'step'])
})

test('row 35 and row 36: batch normalisation learns at more scales of weights', async () => {
  const report = await runQuick('batch-norm')
  expect(report.tables[0]?.map(([scale]) => scale)).toEqual(['1.00', '0.0464', '0.00215', '0.000100'])
  // With weights of standard deviation 1 and no batch normalisation the loss overflows.
  expect(report.tables[0]?.[0]?.slice(3)).toEqual(['diverged', 'diverged'])
  expect(report.holds.get('without, at a quarter of the scales at most')).toBe(true)
  expect(failuresOf(report, /at every scale|faster|three quarters/)).toEqual([])
  expectPicture(report, 'accuracy', ['batch normalisation', 'without', 'std 0.0464'])
})

test('row 81 and row 82: weight decay keeps a network from learning by heart', async () => {
  const report = await runQuick('overfitting')
  const [plain, decayed] = (report.tables[0] ?? []).map(([, trained]) => Number(trained))
  expect(plain).toBeGreaterThan(0.85)
  expect(decayed).toBeLessThan(plain as number)
  expectPicture(report, 'accuracy', ['training', 'test', 'without weight decay', 'weight decay 0.1'])
})

test('row 37: dropout slows learning down, the book’s most', async () => {
  const report = await runQuick('dropout')
  const trained = (report.tables[0] ?? []).map((row) => Number(row[4])) as [number, number, number]
  expect(trained[0]).toBeGreaterThan(trained[1])
  expect(trained[1]).toBeGreaterThan(trained[2])
  // What the notes say is about 301 epochs, of which this run makes 84.
  expect([...report.holds.keys()]).toEqual([])
  expectPicture(report, 'accuracy', ['without dropout', 'dropout 0.2', "dropout 0.2, the book's"])
})

test('row 92 and row 93: the search narrows to where the best trials were', async () => {
  const report = await runQuick('hyperparameters')
  expect(report.tables[0]).toHaveLength(2)
  expect(report.tables[0]?.[0]?.slice(1, 3)).toEqual(['1e-8 … 1e-4 (log)', '1e-6 … 0.01 (log)'])
  expect(report.tables[0]?.[1]?.[2]).not.toBe('1e-6 … 0.01 (log)')
  expectPicture(report, 'best', ['training', 'validation', 'epoch'])
})

test('row 47 and row 59: SimpleConvNet and its filters', async () => {
  const report = await runQuick('simple-conv')
  expect(report.holds.get('parameters')).toBe(true)
  expect(report.tables[0]?.at(-1)?.[2]).toBeGreaterThan(0.5)
  expectPicture(report, 'accuracy', ['training', 'test', 'epoch'])
  const misread = textsOf(report.pictures.get('misclassified') ?? '').filter((text) => /^\d → \d$/.test(text))
  expect(misread).toHaveLength(40)
  expect(misread.filter((text) => text[0] === text.at(-1))).toEqual([])
  const [before, after] = ['filters-before', 'filters-after'].map((name) => report.pictures.get(name) ?? '')
  expect([before, after].map((svg) => svg?.match(/<image /g)?.length)).toEqual([30, 30])
  expect(before).not.toBe(after?.replace('after', 'before'))
})

test('row 47: DeepConvNet', async () => {
  const report = await runQuick('deep-conv')
  expect(report.holds.get('parameters')).toBe(true)
  expectPicture(report, 'accuracy', ['training', 'test', 'epoch'])
})

test('row 102: nearest neighbours beside networks', async () => {
  const report = await runQuick('nearest-neighbours')
  expect(report.tables[0]).toHaveLength(3)
  expect(report.found.get('accuracy of nearest neighbours')).toBeGreaterThan(0.9)
})

test('row 102: neighbours by the matrix product are those by distances one after the other', async () => {
  const digits = await mnist()
  const [train, some] = [digits.train.slice(0, 400), digits.test.slice(0, 60)]
  const lab = { backend: defaultBackend(), signal: new AbortController().signal }
  expect(await readByNeighbours(lab, train, some)).toEqual(
    Array.from({ length: 60 }, (_, i) => readOne(train, some, i)),
  )
})

/** Three nearest by whole squared distances of bytes, exact; the majority, else the nearest. */
function readOne(train: Dataset, { x }: Dataset, i: number): number {
  const distances = Array.from({ length: train.length }, (_, j) => {
    let sum = 0
    for (let k = 0; k < 784; k++) sum += ((x.data[i * 784 + k] as number) - (train.x.data[j * 784 + k] as number)) ** 2
    return { sum, label: train.y.data[j] as number }
  })
  const [a, b, c] = distances.sort((p, q) => p.sum - q.sum).map(({ label }) => label)
  return (b === c ? b : a) as number
}
