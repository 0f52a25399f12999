// The experiments whose figures are the same in every run: each must agree, also in the quick version.

import { expect, test } from 'vitest'
import { draw, textsOf } from '../report/svg.js'
import { failuresOf, runQuick } from './recording-lab.js'

type Pictures = Readonly<Record<string, readonly string[]>>

/** `figures`: how many are checked; `pictures`: texts of each. */
async function expectAgreement(name: string, figures: number, pictures: Pictures): Promise<void> {
  const report = await runQuick(name)
  expect([failuresOf(report), report.holds.size]).toEqual([[], figures])
  expect([...report.pictures.keys()]).toEqual(Object.keys(pictures))
  for (const [picture, svg] of report.pictures) {
    expect(draw(svg).colors.size).toBeGreaterThan(3)
    expect(textsOf(svg)).toEqual(expect.arrayContaining([...(pictures[picture] ?? [])]))
  }
}

test('row 05, row 06, row 07, row 08 and row 98: apples and oranges', async () => {
  await expectAgreement('apples', 2, {
    'one-fruit': ['apple', '×', '220', '2.2', '110', '200', 'price'],
    'two-fruits': ['orange', '×', '+', '715', '3.3', '165', '650', '1.1', 'price'],
  })
})

test('row 10, row 26, row 30, row 31, row 32 and row 98: graphs of layers', async () => {
  await expectAgreement('layer-graphs', 9, {
    relu: ['ReLU', '−0.5', '1'],
    sigmoid: ['exp', '1/x', '0.6225', '0.235'],
    affine: ['dot', 'repeat', '(2, 3)', '(3,)'],
    'softmax-with-loss': ['log', '0.2452', '−0.7548', '1.406'],
  })
})

test('row 13, row 14 and row 97: gates from perceptrons, and the functions drawn', async () => {
  await expectAgreement('perceptron', 5, {
    xor: ['NAND gate', 'OR gate', 'AND gate'],
    functions: ['step function', 'sigmoid', 'ReLU', '−5', '5', '−0.1', '1.1'],
    relu: ['max(0, x)'],
  })
})

test('row 48, row 49 and row 99: the 2-3-2-2 network, neuron by neuron', async () => {
  await expectAgreement('network-2-3-2-2', 3, {
    neurons: ['x[1] = 0.5', 'A1[2] = 1.1', 'Z2[1] = 0.771', 'y[0] = 0.317'],
    layers: ['Affine (3, 2)', 'sigmoid', 'identity', 'Z1 = 0.574, 0.668, 0.75'],
  })
})

test('row 60 and row 64: gradient descent', async () => {
  await expectAgreement('gradient-descent', 11, {
    paths: ['lr 0.1', 'lr 10: runs away', 'lr 1e-10: stands still', 'x0', 'x1'],
  })
})
