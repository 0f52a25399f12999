import { expect, test } from 'vitest'
import { AddLayer, MulLayer } from '../../src/book/index.js'
import { toHalf } from '../../src/experiments/float-precision.js'
import { ValueGraph } from '../../src/experiments/value-graph.js'
import { textsOf } from '../report/svg.js'

test('row 04 and row 09: z = t², t = x + y: a value that goes to two places gets the sum of both gradients', async () => {
  const graph = new ValueGraph()
  const [x, y] = [graph.input('x', 3), graph.input('y', 4)]
  const t = graph.apply('+', new AddLayer(), x, y)
  const z = graph.apply('×', new MulLayer(), t, t)
  const unused = graph.input('unused', 1)
  graph.backward(z)
  expect([z.value, ...[z, t, x, y, unused].map((value) => graph.gradientOf(value))]).toEqual([49, 1, 14, 14, 14, 0])
  // Each edge shows its own gradient: 7 and 7 into the product, 14 into the sum.
  const texts = textsOf(await graph.picture('square', z, 'z'))
  expect(texts.filter((text) => text === '14')).toHaveLength(2)
  expect(texts.filter((text) => text === '49')).toHaveLength(1)
})

test('row 100: toHalf rounds to the nearest float16, ties to even', () => {
  const cases: readonly (readonly [number, number])[] = [
    [0, 0],
    [1, 1],
    [-2.5, -2.5],
    [0.1, 0.0999755859375],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [-(1 + 3 * 2 ** -11), -(1 + 2 ** -9)],
    [2 - 2 ** -12, 2],
    [65504, 65504],
    [65519.99, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e9, Number.NEGATIVE_INFINITY],
    [2 ** -14, 2 ** -14],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [3 * 2 ** -26, 2 ** -24],
    [Number.NaN, Number.NaN],
  ]
  expect(cases.map(([value]) => toHalf(value))).toEqual(cases.map(([, half]) => half))
})
