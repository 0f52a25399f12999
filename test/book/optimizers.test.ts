// The notes' optimizers, rows 68 to 74 of the table: 30 steps on f = x²/20 + y² from (-7, 2), in float64.

import { expect, test } from 'vitest'
import { AdaGrad, Adam, type BookOptimizer, Momentum, Nesterov, RMSprop, SGD } from '../../src/book/index.js'
import { tensor } from '../../src/tensor/create.js'

/** Where 30 steps lead, as the book writes them: parameters and gradients by name. */
function path(optimizer: BookOptimizer): [x: number, y: number] {
  const params = { x: -7, y: 2 }
  for (let step = 0; step < 30; step++) optimizer.update(params, { x: params.x / 10, y: 2 * params.y })
  return [params.x, params.y]
}

test('row 68: SGD with lists, in place', () => {
  const [W, b] = [tensor([[1, 2]]), tensor([3])]
  const [dW, db] = [tensor([[10, 20]]), tensor([30])]
  new SGD({ lr: 0.5 }).update([W, b], [dW, db])
  expect([W.toArray(), b.toArray(), dW.toArray()]).toEqual([[[-4, -8]], [-12], [[10, 20]]])
})

test('row 69: SGD with dictionaries, in place; the default rate is 0.01', () => {
  const params = { W1: tensor([1, 2], undefined, { element: 'float64' }), b1: 3 }
  const { W1 } = params
  new SGD().update(params, { b1: 1, W1: tensor([1, -1]) })
  expect(params.W1).toBe(W1)
  expect(W1.toArray()).toEqual([0.99, 2.01])
  expect(params.b1).toBe(2.99)
})

test('row 70: SGD zig-zags', () => {
  const [x, y] = path(new SGD({ lr: 0.95 }))
  expect([x, y]).toEqual([expect.closeTo(-0.3504, 4), expect.closeTo(0.0848, 4)])
})

test('row 71: Momentum', () => {
  expect(path(new Momentum({ lr: 0.1 }))).toEqual([expect.closeTo(0.8964, 4), expect.closeTo(0.0881, 4)])
})

test('row 72: AdaGrad', () => {
  const [x, y] = path(new AdaGrad({ lr: 1.5 }))
  expect(x).toBeCloseTo(-0.1202, 4)
  expect(y / 2.5e-17).toBeCloseTo(1, 1)
})

test('row 73: RMSprop and Nesterov', () => {
  expect(path(new RMSprop())).toEqual([expect.closeTo(-6.0425, 4), expect.closeTo(1.1198, 4)])
  const [x, y] = path(new RMSprop({ lr: 0.3 }))
  expect([x / -5.35e-6, y / 1.5e-11]).toEqual([expect.closeTo(1, 2), expect.closeTo(1, 1)])
  expect(path(new Nesterov({ lr: 0.1 }))).toEqual([expect.closeTo(0.68961, 5), expect.closeTo(-0.00067991, 8)])
})

test('row 74: Adam, with the epsilon before the bias correction', () => {
  expect(path(new Adam({ lr: 0.3 }))).toEqual([expect.closeTo(0.136, 4), expect.closeTo(0.3182, 4)])
  expect(new Adam().lr).toBe(0.001)
  // A gradient as small as epsilon shows which of the two it is: -0.031 here, -0.5 with the epsilon after it.
  const params = { w: 0 }
  new Adam({ lr: 1 }).update(params, { w: 1e-7 })
  const root = Math.sqrt(0.001) * 1e-7
  expect(params.w).toBeCloseTo((-Math.sqrt(0.001) * 1e-7) / (root + 1e-7), 6)
})

test('typed arrays are changed in place, with memory of their own in the optimizer', () => {
  for (const W of [Float32Array.of(1, 2), Float64Array.of(1, 2)]) {
    const momentum = new Momentum({ lr: 1, momentum: 0.5 })
    for (let step = 0; step < 2; step++) momentum.update({ W }, { W: Float32Array.of(1, -1) })
    expect([...W]).toEqual([-1.5, 4.5])
  }
})

test('errors: what cannot be changed in place', () => {
  for (const W of [[1, 2], Int32Array.of(1, 2), '1', null]) {
    const update = () => new SGD({ lr: 1 }).update({ W: W as never }, { W: tensor([1, 1]) })
    expect(update).toThrow(/^SGD.update: parameter W is .*expected a tensor.* make one with tensor\(values\)/)
    expect(update).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
  }
})

test('errors: a parameter without a gradient, a gradient of another shape, an option that is none', () => {
  const W = tensor([1, 2])
  expect(() => new SGD().update({ W }, { b: W })).toThrow(/parameter W has no gradient/)
  expect(() => new SGD().update([W], [tensor([1])])).toThrow(/the gradient of 0 has shape \(1,\), expected \(2,\)/)
  expect(() => new SGD({ rate: 1 } as object)).toThrow(/unknown option 'rate'/)
  expect(() => new Adam({ lr: -1 })).toThrow(/lr is -1/)
  // Nothing was changed by halves.
  expect(() => new SGD().update([W, W], [W])).toThrow(/parameter 1 has no gradient/)
  expect(W.toArray()).toEqual([1, 2])
})

test('float32 parameters go the same way as float64 ones', () => {
  for (const make of [() => new Adam(), () => new Momentum(), () => new AdaGrad(), () => new RMSprop()]) {
    const [single, double] = [tensor([1, -2]), tensor([1, -2], undefined, { element: 'float64' })]
    const [first, second] = [make(), make()]
    for (let step = 0; step < 5; step++) {
      first.update([single], [tensor([0.5, -0.25])])
      second.update([double], [tensor([0.5, -0.25])])
    }
    const worst = Math.max(...[0, 1].map((i) => Math.abs((single.data[i] as number) - (double.data[i] as number))))
    expect(worst).toBeLessThan(2e-6)
  }
})
