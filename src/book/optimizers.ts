// The book's optimizers, chapter 6.1: update(params, grads) in place, with lists (volume 2) or dictionaries (volume 1).

import { checkOptions, describe, netwrightError, requireNumber } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { kernelsOf, requireShape, zerosLike } from './array.js'

/** A parameter or a gradient. Tensors and typed arrays of floats are changed in place, numbers are replaced. */
export type Value = Tensor | Float32Array | Float64Array | number

/** Parameters or gradients, in a list or by name. */
export type Values = { readonly [key: string]: Value } | readonly Value[]

/** One parameter's share of an update. */
interface Share {
  readonly kernels: Kernels
  readonly parameters: Tensor
  readonly gradients: Tensor
  readonly n: number
  /** Tensor number i of this optimizer's memory for this parameter, zeros at first. */
  readonly state: (i: number) => Tensor
}

/** Goes through the parameters and keeps what each optimizer remembers of them, by their key. */
export abstract class BookOptimizer {
  readonly #states = new Map<string, Tensor[]>()

  /**
   * Changes the parameters in place; the gradients stay as they are. Both are lists of one order or dictionaries with
   * the same keys, always the same ones. Throws ERR_ARGUMENT for a parameter that cannot be changed in place, such as a
   * plain array, or that has no gradient, ERR_SHAPE for a gradient of another shape.
   */
  update(params: Values, grads: Values): void {
    const gradients = new Map(Object.entries(grads))
    const shares = Object.entries(params).map(([key, value]) => this.#share(key, value, gradients.get(key)))
    this.beginUpdate()
    for (const { key, share, value } of shares) {
      this.apply(share)
      if (typeof value === 'number') (params as Record<string, number>)[key] = share.parameters.item()
    }
  }

  /** Called before the parameters of an update. */
  protected beginUpdate(): void {}

  protected abstract apply(share: Share): void

  #share(key: string, value: Value, gradient: Value | undefined) {
    if (gradient === undefined) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${this.constructor.name}.update: parameter ${key} has no gradient, expected one for each parameter`,
        'TypeError',
      )
    }
    const parameters = inPlace(`${this.constructor.name}.update: parameter ${key}`, value)
    if (parameters.element !== 'float32' && parameters.element !== 'float64') {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${this.constructor.name}.update: parameter ${key} is ${parameters.element}, expected float32 or float64`,
        'TypeError',
      )
    }
    const gradients = toReal(gradient, parameters.element)
    requireShape(`${this.constructor.name}.update: the gradient of ${key}`, gradients.shape, parameters.shape)
    const states = this.#states.get(key) ?? []
    this.#states.set(key, states)
    const state = (i: number): Tensor => {
      const known = states[i] ?? zerosLike(parameters)
      states[i] = known
      requireShape(`${this.constructor.name}.update: parameter ${key}`, parameters.shape, known.shape)
      return known
    }
    return { key, value, share: { kernels: kernelsOf(parameters), parameters, gradients, n: parameters.size, state } }
  }
}

/** A tensor on the memory of `value`; on a copy where it is a number. */
function inPlace(what: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value
  if (value instanceof Float32Array || value instanceof Float64Array) return new Tensor(value, [value.length])
  if (typeof value === 'number') return toReal(value, 'float64')
  throw netwrightError(
    'ERR_ARGUMENT',
    `${what} is ${describe(value)}, expected a tensor, which can be changed in place: make one with tensor(values), ` +
      'and keep it',
    'TypeError',
  )
}

/** W -= lr · dW (rows 68 and 69). */
export class SGD extends BookOptimizer {
  readonly lr: number

  constructor(options: { readonly lr?: number } = {}) {
    super()
    checkOptions('SGD', options, ['lr'])
    this.lr = rate('SGD', options.lr, 0.01)
  }

  protected apply({ kernels, parameters, gradients, n }: Share): void {
    kernels.sgdStep({ parameters, gradients, n, lr: this.lr })
  }
}

/**
 * v = momentum · v - lr · dW; W += v (row 71). The kernel keeps -v / lr, as PyTorch does, which is the same as long as
 * lr is.
 */
export class Momentum extends BookOptimizer {
  readonly lr: number
  readonly momentum: number

  constructor(options: { readonly lr?: number; readonly momentum?: number } = {}) {
    super()
    checkOptions('Momentum', options, ['lr', 'momentum'])
    this.lr = rate('Momentum', options.lr, 0.01)
    this.momentum = share('Momentum: momentum', options.momentum, 0.9)
  }

  protected apply({ kernels, parameters, gradients, n, state }: Share): void {
    kernels.momentumStep({ parameters, velocity: state(0), gradients, n, lr: this.lr, momentum: this.momentum })
  }
}

/**
 * Nesterov's momentum with gradients at W itself: v = momentum · v - lr · dW; W += momentum · v - lr · dW (row 73). The
 * book's own code multiplies the new v by momentum², where the formula has the old one.
 */
export class Nesterov extends BookOptimizer {
  readonly lr: number
  readonly momentum: number

  constructor(options: { readonly lr?: number; readonly momentum?: number } = {}) {
    super()
    checkOptions('Nesterov', options, ['lr', 'momentum'])
    this.lr = rate('Nesterov', options.lr, 0.01)
    this.momentum = share('Nesterov: momentum', options.momentum, 0.9)
  }

  protected apply({ kernels, parameters, gradients, n, state }: Share): void {
    const { lr, momentum } = this
    kernels.momentumStep({ parameters, velocity: state(0), gradients, n, lr, momentum, nesterov: 1 })
  }
}

/** Keeps a root of 0 from being divided by; the book's in AdaGrad, RMSprop and Adam. */
const epsilon = 1e-7

/** h += dW²; W -= lr · dW / (√h + 1e-7) (row 72). */
export class AdaGrad extends BookOptimizer {
  readonly lr: number

  constructor(options: { readonly lr?: number } = {}) {
    super()
    checkOptions('AdaGrad', options, ['lr'])
    this.lr = rate('AdaGrad', options.lr, 0.01)
  }

  protected apply({ kernels, parameters, gradients, n, state }: Share): void {
    kernels.adagradStep({ parameters, squares: state(0), gradients, n, lr: this.lr, epsilon })
  }
}

/** h = decayRate · h + (1 - decayRate) · dW²; W -= lr · dW / (√h + 1e-7) (row 73). */
export class RMSprop extends BookOptimizer {
  readonly lr: number
  readonly decayRate: number

  constructor(options: { readonly lr?: number; readonly decayRate?: number } = {}) {
    super()
    checkOptions('RMSprop', options, ['lr', 'decayRate'])
    this.lr = rate('RMSprop', options.lr, 0.01)
    this.decayRate = share('RMSprop: decayRate', options.decayRate, 0.99)
  }

  protected apply({ kernels, parameters, gradients, n, state }: Share): void {
    const { lr, decayRate: alpha } = this
    kernels.rmspropStep({ parameters, squares: state(0), gradients, n, lr, alpha, epsilon })
  }
}

/**
 * m += (1 - beta1) · (dW - m); v += (1 - beta2) · (dW² - v); W -= lr_t · m / (√v + 1e-7), where
 * lr_t = lr · √(1 - beta2^t) / (1 - beta1^t) at update t (row 74). The 1e-7 is added before the bias correction
 * ("epsilon hat", as in Keras), unlike PyTorch's and the library's own Adam. The default rate is 0.001, as in the book's
 * code.
 */
export class Adam extends BookOptimizer {
  readonly lr: number
  readonly beta1: number
  readonly beta2: number
  // beta^t as running products: Math.pow differs between versions of Node.
  #power1 = 1
  #power2 = 1

  constructor(options: { readonly lr?: number; readonly beta1?: number; readonly beta2?: number } = {}) {
    super()
    checkOptions('Adam', options, ['lr', 'beta1', 'beta2'])
    this.lr = rate('Adam', options.lr, 0.001)
    this.beta1 = share('Adam: beta1', options.beta1, 0.9)
    this.beta2 = share('Adam: beta2', options.beta2, 0.999)
  }

  protected override beginUpdate(): void {
    this.#power1 *= this.beta1
    this.#power2 *= this.beta2
  }

  protected apply({ kernels, parameters, gradients, n, state }: Share): void {
    const { beta1, beta2 } = this
    const lr = (this.lr * Math.sqrt(1 - this.#power2)) / (1 - this.#power1)
    const moments = { mean: state(0), squares: state(1) }
    kernels.adamStep({ parameters, ...moments, gradients, n, lr, beta1, beta2, rootScale: 1, epsilon })
  }
}

/** The book's optimizers by the names that `Trainer` knows. */
export const optimizers = {
  sgd: SGD,
  momentum: Momentum,
  nesterov: Nesterov,
  adagrad: AdaGrad,
  rmsprop: RMSprop,
  adam: Adam,
} as const

function rate(where: string, value: number | undefined, standard: number): number {
  return requireNumber(`${where}: lr`, value ?? standard, 'a finite number above 0', (number) => number > 0)
}

/** A number from 0 below 1. */
function share(what: string, value: number | undefined, standard: number): number {
  return requireNumber(what, value ?? standard, 'a number from 0 below 1', (number) => number >= 0 && number < 1)
}
