// Where weights begin.

import type { Random } from '../random/random.js'
import type { Shape } from '../tensor/shape.js'

/** Gives the initial value of one element after the other; `fanIn` is the number of inputs of one output. */
export type Initialiser = (random: Random, shape: Shape, fanIn: number) => () => number

/** Normal with mean 0 and standard deviation `std`. The book's first networks use 0.01. */
export function normal(std: number): Initialiser {
  return (random) => () => random.normal(0, std)
}

/** Uniform in ±1/√fanIn: what PyTorch's `Linear` begins with, weights and biases alike. */
export function torchUniform(): Initialiser {
  return (random, _shape, fanIn) => {
    const bound = 1 / Math.sqrt(fanIn)
    return () => random.uniform(-bound, bound)
  }
}

/** Every element `value`; 0 for biases. */
export function constant(value: number): Initialiser {
  return () => () => value
}
