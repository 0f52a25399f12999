// Dropout.

import { checkOptions, requireNumber } from '../errors.js'
import { checkSeed } from '../random/random.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer, type LayerConfig } from './layer.js'
import type { Node } from './node.js'

/** Options of {@link Dropout}. */
export interface DropoutOptions {
  /** Where its random numbers come from, whatever its place. Default: the model's seed and the place in the model. */
  readonly seed?: number
}

/**
 * In training, each element is 0 with probability `p` and otherwise x / (1 - p), so that the mean stays (inverted
 * dropout, Srivastava et al. 2014 as in PyTorch); in evaluation and prediction y = x. Default p 0.5. Any shape.
 *
 * Which elements are dropped follows from (seed, place in the model, training step, element): the same on every
 * backend and for any number of threads. p = 1 drops everything.
 */
export class Dropout extends Layer {
  readonly p: number
  readonly seed: number | undefined

  constructor(p = 0.5, options: DropoutOptions = {}) {
    super()
    checkOptions('Dropout', options, ['seed'])
    this.p = requireNumber('Dropout: p', p, 'a number from 0 to 1', (value) => value >= 0 && value <= 1)
    if (options.seed !== undefined) checkSeed('Dropout', options.seed)
    this.seed = options.seed
  }

  override get config(): LayerConfig {
    return { p: this.p, seed: this.seed }
  }

  static override fromConfig({ p, ...options }: LayerConfig): Dropout {
    return new Dropout(p as number, options)
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    return [node.training ? this.#drop(node, x) : x]
  }

  /** The same elements are dropped again from the same counters: no mask is kept. */
  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    return [node.training ? this.#drop(node, dy) : dy]
  }

  #drop(node: Node, x: Tensor): Tensor {
    const { p } = this
    const y = node.empty(x.shape)
    const { seed, step } = node.pass.random
    node.kernels.dropout({
      y,
      x,
      n: x.size,
      seed: this.seed ?? seed,
      stream: this.seed === undefined ? node.stream : 0,
      step,
      probability: p,
      scale: p === 1 ? 0 : 1 / (1 - p),
    })
    return y
  }
}
