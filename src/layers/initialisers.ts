// Where weights begin.

import { describe, netwrightError, requireNumber } from '../errors.js'
import type { Random } from '../random/random.js'
import type { Shape } from '../tensor/shape.js'

/** How many numbers meet at a layer's outputs and inputs; its biases are made with the same. */
export interface Fans {
  /** Inputs of one output. Linear: its inputs; a convolution: channels · kernel height · kernel width. */
  readonly fanIn: number
  /** Outputs that one input reaches. Linear: its outputs; a convolution: filters · kernel height · kernel width. */
  readonly fanOut: number
}

/** Gives the initial value of one element after the other. */
export type Initialiser = (random: Random, shape: Shape, fans: Fans) => () => number

const named = {
  he: heNormal,
  lecun: lecunNormal,
  glorot: glorotNormal,
  zeros,
} as const

/** What makes initialisers, and is easily passed without its call. */
const makers = [
  normal,
  uniform,
  lecunNormal,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  torchUniform,
  constant,
  zeros,
] as const

/** An initialiser, the name of a usual one, or a number: the standard deviation of `normal`. */
export type InitialiserLike = Initialiser | keyof typeof named | number

/**
 * Normal with mean 0 and standard deviation `std`. The book's first networks use 0.01.
 * This and all others throw ERR_ARGUMENT for a number that does not fit.
 */
export function normal(std: number): Initialiser {
  requireNumber('normal: std', std, 'a finite number from 0', (value) => value >= 0)
  return normalBy(() => std)
}

/** Uniform in ±`bound`. */
export function uniform(bound: number): Initialiser {
  requireNumber('uniform: bound', bound, 'a finite number from 0', (value) => value >= 0)
  return uniformBy(() => bound)
}

/** LeCun 1998: normal with standard deviation 1/√fanIn, for sigmoid and tanh. The book calls it Xavier. Not truncated. */
export function lecunNormal(): Initialiser {
  return normalBy(({ fanIn }) => 1 / Math.sqrt(fanIn))
}

/** Glorot and Bengio 2010, normal with standard deviation √(2 / (fanIn + fanOut)): PyTorch's `xavier_normal_`. */
export function glorotNormal(): Initialiser {
  return normalBy(({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut)))
}

/** The same standard deviation, uniform in ±√(6 / (fanIn + fanOut)): PyTorch's `xavier_uniform_`, Keras' default. */
export function glorotUniform(): Initialiser {
  return uniformBy(({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut)))
}

/** He et al. 2015: normal with standard deviation √(2 / fanIn), for ReLU. PyTorch's `kaiming_normal_`. Not truncated. */
export function heNormal(): Initialiser {
  return normalBy(({ fanIn }) => Math.sqrt(2 / fanIn))
}

/** The same standard deviation, uniform in ±√(6 / fanIn): PyTorch's `kaiming_uniform_` with a = 0. */
export function heUniform(): Initialiser {
  return uniformBy(({ fanIn }) => Math.sqrt(6 / fanIn))
}

/** Uniform in ±1/√fanIn: what PyTorch's layers begin with, weights and biases alike. */
export function torchUniform(): Initialiser {
  return uniformBy(({ fanIn }) => 1 / Math.sqrt(fanIn))
}

/** Every element `value`; 0 for biases. */
export function constant(value: number): Initialiser {
  requireNumber('constant: value', value)
  return () => () => value
}

/** Every element 0: for biases. Weights that all begin equal are warned about. */
export function zeros(): Initialiser {
  return constant(0)
}

/**
 * The initialiser that `value` stands for: itself; 'he' (heNormal), 'lecun' (lecunNormal), 'glorot' (glorotNormal) or
 * 'zeros'; or for a number `normal` with that standard deviation. `what` names it in errors: `Linear: init`.
 * Throws ERR_ARGUMENT for anything else.
 */
export function toInitialiser(what: string, value: InitialiserLike): Initialiser {
  if (typeof value === 'function') {
    if (!(makers as readonly unknown[]).includes(value)) return value
    throw netwrightError(
      'ERR_ARGUMENT',
      `${what} is ${value.name} itself, expected what it makes: ${value.name}(${value.length > 0 ? '…' : ''})`,
      'TypeError',
    )
  }
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return normal(value)
  if (typeof value === 'string' && Object.hasOwn(named, value)) return named[value]()
  const names = Object.keys(named)
    .map((name) => `'${name}'`)
    .join(', ')
  const remedy =
    (value as unknown) === 'xavier' ? ". 'xavier' is 'glorot' in most libraries and 'lecun' in the book: say which" : ''
  throw netwrightError(
    'ERR_ARGUMENT',
    `${what} is ${describe(value)}, expected an initialiser such as normal(0.01), ${names}, ` +
      `or a number from 0, the standard deviation${remedy}`,
    'TypeError',
  )
}

function normalBy(std: (fans: Fans) => number): Initialiser {
  return (random, _shape, fans) => {
    const deviation = std(fans)
    return () => random.normal(0, deviation)
  }
}

function uniformBy(bound: (fans: Fans) => number): Initialiser {
  return (random, _shape, fans) => {
    const limit = bound(fans)
    return () => random.uniform(-limit, limit)
  }
}
