// The experiments that train, in their quick versions, on the real digits. Figures of the whole run are left to
// `netwright reproduce`; what holds in any run must hold here. Nothing is asserted of times.

import { expect, test } from 'vitest'
import { draw, textsOf } from '../report/svg.js'
import { failuresOf, type Report, runQuick } from './recording-lab.js'

function expectPicture(report: Report, name: string, texts: readonly string[]): void {
  const svg = report.pictures.get(name) ?? ''
  expect(draw(svg).colors.size).toBeGreaterThan(3)
  expect(textsOf(svg)).toEqual(expect.arrayContaining([...texts]))
}

test('row 50, row 51, row 52 and row 103: batches give what single images give, before and after saving', async () => {
  const report = await runQuick('batch-inference')
  expect(failuresOf(report, /notes' weights|as fast/)).toEqual([])
  expect(report.found.get('accuracy of the loaded model, as before it was saved')).toBeGreaterThan(0.8)
  expect(report.tables[0]?.map(([size]) => size)).toEqual(['1', '100'])
  expectPicture(report, 'batch-sizes', ['batch size', 'images per second'])
})

test('row 66: elements at kinks of ReLU are told, and no errors', async () => {
  // With this seed one hidden unit is 1.6e-6 above or below 0 for one of the digits.
  const report = await runQuick('gradient-check', 11)
  expect(failuresOf(report)).toEqual([])
  const atKinks = new Map(report.tables[0]?.map((row) => [row[0], row[4]]))
  expect([atKinks.get('b1'), atKinks.get('W2'), atKinks.get('b2')]).toEqual([1, 0, 0])
  expect(atKinks.get('W1')).toBeGreaterThan(5)
})

test('row 66: the gradient check on three digits', async () => {
  const report = await runQuick('gradient-check')
  expect(failuresOf(report)).toEqual([])
  expect(report.tables[0]?.map(([name]) => name)).toEqual(['W1', 'b1', 'W2', 'b2'])
  expectPicture(report, 'differences', ['W1', 'b1', 'W2', 'b2', 'elements'])
})

test('row 55, row 67 and row 86: training by numerical gradients is training by backpropagation', async () => {
  const report = await runQuick('why-not-numerical-gradients')
  expect(failuresOf(report, /loss falls|times as long/)).toEqual([])
  expect(report.found.get('largest gap between the two losses')).toBeLessThan(1e-3)
  expectPicture(report, 'training', ['numerical', 'backpropagation', 'loss', 'step'])
})

test('row 70, row 71, row 72, row 73, row 74 and row 75: where 30 steps of each optimizer lead, and their losses on the digits', async () => {
  const report = await runQuick('optimizer-paths')
  expect(failuresOf(report)).toEqual([])
  expect(report.tables[0]).toHaveLength(7)
  expectPicture(report, 'valley', ['SGD, lr 0.95', 'Nesterov, lr 0.1', 'RMSprop, lr 0.3', 'Adam, lr 0.3'])
  expectPicture(report, 'digits', ['SGD', 'Momentum', 'AdaGrad', 'Adam', 'loss'])
})

test('row 83, row 85, row 87, row 88, row 89 and row 90: the first lines of the training table', async () => {
  const report = await runQuick('training-table')
  expect(failuresOf(report)).toEqual([])
  expect(report.tables[0]?.map(([epoch]) => epoch)).toEqual(['0', '1', '2'])
  expect(report.tables[0]?.[1]?.slice(3)).toEqual(['0.9052', '0.9094'])
  expectPicture(report, 'accuracy', ['train', 'test', 'train, notes', 'test, notes', 'epoch'])
  expect(textsOf(report.pictures.get('accuracy') ?? '').join(' ')).toContain('from epoch 1 on')
})

test('row 100: float32 trains as well as float64 in half the memory', async () => {
  const report = await runQuick('float-precision')
  expect(failuresOf(report, /^accuracy/)).toEqual([])
  expect(report.tables[0]?.map(([, , bytes]) => bytes)).toEqual([318_080, 159_040, 159_040, 79_520])
  expectPicture(report, 'accuracy', ['trained in float32', 'test accuracy'])
})
