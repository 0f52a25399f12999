// The nodes of computational graphs, rows 4 to 11 of the notes' table.

import { expect, test } from 'vitest'
import { AddLayer, Branch, MulLayer, Repeat, Sum } from '../../src/book/index.js'
import { tensor } from '../../src/tensor/create.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { randomTensor } from './check.js'

test('row 04: z = t², t = x + y: dz/dx = 2(x + y)', () => {
  const [add, copy, mul] = [new AddLayer(), new Branch(), new MulLayer()]
  const [left, right] = copy.forward(add.forward(3, 4)) as [number, number]
  expect(mul.forward(left, right)).toBe(49)
  expect(add.backward(copy.backward(mul.backward(1)))).toEqual([14, 14])
})

test('row 05: MulLayer keeps x and y, and swaps them in backward', () => {
  const layer = new MulLayer()
  expect(layer.forward(3, 4)).toBe(12)
  expect(layer.backward(2)).toEqual([8, 6])
  const product = layer.forward([1, 2, 3], [4, 5, 6])
  expect(product.toArray()).toEqual([4, 10, 18])
  expect(layer.backward([1, 1, 2]).map((gradient) => gradient.toArray())).toEqual([
    [4, 5, 12],
    [1, 2, 6],
  ])
  expect(() => new MulLayer().backward(1)).toThrow(/before forward/)
  expect(() => layer.forward<number | number[]>(2, [1, 2])).toThrow(/y has shape \(2,\), expected \(\)/)
})

test('row 06: AddLayer gives two gradients, not one twice', () => {
  const layer = new AddLayer()
  expect(layer.forward(3, 4)).toBe(7)
  expect(layer.backward(2)).toEqual([2, 2])
  const dout = tensor([1, 2])
  const [dx, dy] = layer.backward(dout)
  dx.data[0] = 100
  expect([dx, dy, dout].map((gradient) => gradient.toArray())).toEqual([
    [100, 2],
    [1, 2],
    [1, 2],
  ])
})

test('row 07: buying two apples', () => {
  const [apple, tax] = [new MulLayer(), new MulLayer()]
  // In float64: 200 · 1.1 is 220.00000000000003.
  expect(tax.forward(apple.forward(100, 2), 1.1)).toBe(220.00000000000003)
  const [dApplePrice, dTax] = tax.backward(1)
  const [dApple, dNum] = apple.backward(dApplePrice)
  expect([dApple, dNum, dTax]).toEqual([2.2, 110.00000000000001, 200])
})

test('row 08: two apples and three oranges', () => {
  const [mulApple, mulOrange, add, mulTax] = [new MulLayer(), new MulLayer(), new AddLayer(), new MulLayer()]
  const all = add.forward(mulApple.forward(100, 2), mulOrange.forward(150, 3))
  expect(mulTax.forward(all, 1.1)).toBeCloseTo(715, 10)
  const [dAllPrice, dTax] = mulTax.backward(1)
  const [dApplePrice, dOrangePrice] = add.backward(dAllPrice)
  const [dOrange, dOrangeNum] = mulOrange.backward(dOrangePrice)
  const [dApple, dAppleNum] = mulApple.backward(dApplePrice)
  const got = { dApple, dAppleNum, dOrange, dOrangeNum, dApplePrice, dOrangePrice, dAllPrice, dTax }
  const wanted = [2.2, 110, 3.3, 165, 1.1, 1.1, 1.1, 650]
  expect(Object.values(got)).toEqual(wanted.map((value) => expect.closeTo(value, 10)))
})

test('row 09: a branch adds up all gradients that come back', () => {
  const branch = new Branch(3)
  const x = tensor([1, 2])
  const copies = branch.forward(x)
  expect(copies.map((copy) => copy.toArray())).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  const gradients = [tensor([1, 10]), tensor([2, 20]), tensor([3, 30])]
  expect(branch.backward(gradients).toArray()).toEqual([6, 60])
  expect(gradients[0]?.toArray()).toEqual([1, 10])
  expect(new Branch().backward([1.5, 2])).toBe(3.5)
  expect(() => branch.backward([1, 2])).toThrow(/got 2 gradients, expected 3/)
})

test('row 10: Repeat makes N rows, and sums columns in backward', () => {
  const layer = new Repeat(3)
  expect(layer.forward([1, 2]).toArray()).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  expect(
    layer
      .backward([
        [1, 2],
        [3, 4],
        [5, 6],
      ])
      .toArray(),
  ).toEqual([9, 12])
  expect(() => layer.backward([[1, 2]])).toThrow(/shape \(1, 2\), expected \(3, 2\)/)
})

test('row 11: Sum adds columns, and repeats rows in backward; it is the dual of Repeat', () => {
  const [sum, repeat] = [new Sum(), new Repeat(4)]
  const x = randomTensor([4, 3])
  const y = sum.forward(x)
  expect(y.shape).toEqual([3])
  expect(y.toArray()).toEqual(repeat.backward(x).toArray())
  expect(sum.backward([1, 2, 3]).toArray()).toEqual(repeat.forward([1, 2, 3]).toArray())
  expect(() => new Sum().backward([1])).toThrow(/before forward/)
})

test('tensors keep their type, numbers and arrays of them are float64', () => {
  const layer = new AddLayer()
  const type = (x: Tensor): string => x.element
  expect(type(layer.forward([1], [2]))).toBe('float64')
  expect(type(layer.forward(tensor([1]), tensor([2])))).toBe('float32')
})
