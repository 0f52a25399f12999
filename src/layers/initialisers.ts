// Where weights begin.

import { describe, netwrightError } from '../errors.js'
import type { Random } from '../random/random.js'
import type { Shape } from '../tensor/shape.js'

/** Gives the initial value of one element after the other; `fanIn` is the number of inputs of one output. */
export type Initialiser = (random: Random, shape: Shape, fanIn: number) => () => number

/** Normal with mean 0 and standard deviation `std`. The book's first networks use 0.01. */
export function normal(std: number): Initialiser {
  requireNumber('normal: std', std, std >= 0)
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
  requireNumber('constant: value', value)
  return () => () => value
}

function requireNumber(name: string, value: unknown, fits = true): void {
  if (typeof value === 'number' && Number.isFinite(value) && fits) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${name} is ${describe(value)}, expected a finite number${fits ? '' : ' from 0'}`,
  )
}
