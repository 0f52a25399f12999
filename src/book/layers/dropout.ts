// Dropout, chapter 6.4.3.

import { checkOptions, requireNumber } from '../../errors.js'
import { checkSeed } from '../../random/random.js'
import type { TensorLike } from '../../tensor/create.js'
import type { Shape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { gradientLike, kept, kernelsOf, toFloat } from '../array.js'
import type { BookLayer } from './layer.js'

/** Options of {@link Dropout}. */
export interface DropoutOptions {
  /** Same seed and stream, same masks; default 0. */
  readonly seed?: number
  /** Tells the dropouts of one network apart, an integer from 0 to 2^32 - 1; default 0. */
  readonly stream?: number
}

/**
 * In training x where a random number is at least the ratio, else 0; in evaluation x · (1 - ratio) (row 37). The
 * library's own Dropout is the inverted one, which divides in training and leaves evaluation alone.
 * `dropoutRatio` from 0 (keeps all) to 1 (drops all).
 */
export class Dropout implements BookLayer {
  readonly params = []
  readonly grads = []
  readonly dropoutRatio: number
  readonly #seed: number
  readonly #stream: number
  /** Number of forwards in training: each has a mask of its own. */
  #steps = 0
  #kept: { readonly shape: Shape; readonly element: string; readonly step: number } | undefined

  constructor(dropoutRatio = 0.5, options: DropoutOptions = {}) {
    checkOptions('Dropout', options, ['seed', 'stream'])
    const { seed = 0, stream = 0 } = options
    checkSeed('Dropout', seed)
    const isShare = (value: number): boolean => value >= 0 && value <= 1
    this.dropoutRatio = requireNumber('Dropout: dropoutRatio', dropoutRatio, 'a number from 0 to 1', isShare)
    this.#seed = seed
    this.#stream = stream
  }

  forward(x: TensorLike, trainFlg = true): Tensor {
    const values = toFloat(x)
    if (!trainFlg) {
      const kernels = kernelsOf(values)
      const y = kernels.empty(values.shape)
      kernels.scale({ y, x: values, n: y.size, alpha: 1 - this.dropoutRatio })
      return y
    }
    const step = this.#steps++
    this.#kept = { shape: values.shape, element: values.element, step }
    return this.#mask(values, step)
  }

  /** dout where the last forward in training kept x, else 0. */
  backward(dout: TensorLike): Tensor {
    const last = kept('Dropout', this.#kept, 'forward() in training')
    return this.#mask(gradientLike('Dropout', dout, last), last.step)
  }

  #mask(x: Tensor, step: number): Tensor {
    const kernels = kernelsOf(x)
    const y = kernels.empty(x.shape)
    const random = { seed: this.#seed, stream: this.#stream, step }
    kernels.dropout({ y, x, n: x.size, ...random, probability: this.dropoutRatio, scale: 1 })
    return y
  }
}
