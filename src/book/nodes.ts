// The nodes of chapter 5's computational graphs (volume 1) and chapter 1's (volume 2): forward carries values, backward
// carries gradients times the local derivative. Nodes take numbers, computed in float64, as well as arrays.

import { netwrightError, requireWhole } from '../errors.js'
import type { TensorLike } from '../tensor/create.js'
import { shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { copyOf, dtypeOf, gradientLike, kept, kernelsOf, type Result, requireShape, toFloat } from './array.js'

/** x · y, element by element; two numbers or two arrays of one shape (row 5). To repeat a number, use `Repeat`. */
export class MulLayer {
  #inputs: readonly [Tensor, Tensor] | undefined

  forward<X extends TensorLike>(x: X, y: X): Result<X> {
    this.#inputs = pairOf('MulLayer', x, y)
    return unwrap(product(...this.#inputs), x)
  }

  /** [dout · y, dout · x]. */
  backward<X extends TensorLike>(dout: X): [Result<X>, Result<X>] {
    const [x, y] = kept('MulLayer', this.#inputs)
    const gradient = gradientLike('MulLayer', dout, x)
    return [unwrap(product(gradient, y), dout), unwrap(product(gradient, x), dout)]
  }
}

/** x + y, element by element; two numbers or two arrays of one shape (row 6). */
export class AddLayer {
  forward<X extends TensorLike>(x: X, y: X): Result<X> {
    return unwrap(total(...pairOf('AddLayer', x, y)), x)
  }

  /** [dout, dout], as two separate arrays: changing one leaves the other. */
  backward<X extends TensorLike>(dout: X): [Result<X>, Result<X>] {
    const gradient = toFloat(dout)
    return [unwrap(copyOf(gradient), dout), unwrap(copyOf(gradient), dout)]
  }
}

/** One value that goes to `count` places (row 9; volume 2's branch node). */
export class Branch {
  readonly count: number

  constructor(count = 2) {
    this.count = requireWhole('Branch: count', count)
  }

  /** `count` separate copies of x. */
  forward<X extends TensorLike>(x: X): Result<X>[] {
    const value = toFloat(x)
    return Array.from({ length: this.count }, () => unwrap(copyOf(value), x))
  }

  /** The sum of the gradients that come back from each place. */
  backward<X extends TensorLike>(douts: readonly X[]): Result<X> {
    const [first, ...rest] = douts
    if (first === undefined || douts.length !== this.count) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Branch.backward: got ${douts.length} gradients, expected ${this.count}, one for each branch`,
        'RangeError',
      )
    }
    const real = dtypeOf(...douts)
    const sum = copyOf(toReal(first, real))
    for (const dout of rest) {
      const gradient = gradientLike('Branch', dout, sum)
      kernelsOf(sum).add({ y: sum, a: sum, b: gradient, n: sum.size })
    }
    return unwrap(sum, first)
  }
}

/** (D) → (N, D): the same row `count` times, as a bias meets a batch (row 10; volume 2's repeat node). */
export class Repeat {
  readonly count: number

  constructor(count: number) {
    this.count = requireWhole('Repeat: count', count)
  }

  forward(x: TensorLike): Tensor {
    return repeat(requireRank('Repeat.forward: x', toFloat(x), 1), this.count)
  }

  /** (N, D) → (D): the sum of each column, a bias's gradient. */
  backward(dout: TensorLike): Tensor {
    const gradient = requireRank('Repeat.backward: dout', toFloat(dout), 2)
    requireShape('Repeat.backward: dout', gradient.shape, [this.count, gradient.shape[1] as number])
    return columnSums(gradient)
  }
}

/** (N, D) → (D): the sum of each column (row 11; volume 2's sum node, the dual of `Repeat`). */
export class Sum {
  #rows: number | undefined

  forward(x: TensorLike): Tensor {
    const values = requireRank('Sum.forward: x', toFloat(x), 2)
    this.#rows = values.shape[0] as number
    return columnSums(values)
  }

  /** (D) → (N, D): the gradient goes to each of the N rows. */
  backward(dout: TensorLike): Tensor {
    const rows = kept('Sum', this.#rows)
    return repeat(requireRank('Sum.backward: dout', toFloat(dout), 1), rows)
  }
}

function pairOf(where: string, x: TensorLike, y: TensorLike): readonly [Tensor, Tensor] {
  const real = dtypeOf(x, y)
  const pair = [toReal(x, real), toReal(y, real)] as const
  requireShape(`${where}.forward: y`, pair[1].shape, pair[0].shape)
  return pair
}

/** A number where `like` is one. */
function unwrap<X extends TensorLike>(result: Tensor, like: X): Result<X> {
  return (typeof like === 'number' ? result.item() : result) as Result<X>
}

function product(a: Tensor, b: Tensor): Tensor {
  const kernels = kernelsOf(a)
  const y = kernels.empty(a.shape)
  kernels.mul({ y, a, b, n: y.size })
  return y
}

function total(a: Tensor, b: Tensor): Tensor {
  const kernels = kernelsOf(a)
  const y = kernels.empty(a.shape)
  kernels.add({ y, a, b, n: y.size })
  return y
}

function repeat(x: Tensor, count: number): Tensor {
  const kernels = kernelsOf(x)
  const y = kernels.empty([count, x.size])
  kernels.repeatRows({ y, x, groups: 1, count, cols: x.size })
  return y
}

function columnSums(x: Tensor): Tensor {
  const [rows, cols] = x.shape as readonly [number, number]
  const kernels = kernelsOf(x)
  const sums = kernels.empty([cols])
  kernels.sumRows({ sums, x, rows, cols })
  return sums
}

function requireRank(what: string, x: Tensor, rank: 1 | 2): Tensor {
  if (x.rank === rank) return x
  const expected = rank === 1 ? 'one axis (D,)' : 'two axes (N, D)'
  throw netwrightError('ERR_SHAPE', `${what} has shape ${shapeText(x.shape)}, expected ${expected}`, 'RangeError')
}
