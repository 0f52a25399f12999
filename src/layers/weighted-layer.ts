// What Linear and Conv2d share: a weight, a bias, and how they begin.

import { netwrightError, requireFlag } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import { initialValues, initialWeights } from './initial-values.js'
import { type Fans, type Initialiser, type InitialiserLike, toInitialiser, torchUniform } from './initialisers.js'
import { type BuildContext, Layer } from './layer.js'
import { Parameter, type ParameterOptions } from './parameter.js'

export interface WeightOptions {
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean
  /** Initial weights: an initialiser, 'he', 'lecun', 'glorot', or a standard deviation. Default torchUniform(). */
  readonly init?: InitialiserLike
  /** Initial biases. Default as the weights' default. */
  readonly biasInit?: InitialiserLike
}

/** Names of {@link WeightOptions}, for checkOptions. */
export const weightOptionNames = ['bias', 'init', 'biasInit']

/** A layer with parameters `weight` and, unless told otherwise, `bias`. */
export abstract class WeightedLayer extends Layer {
  readonly hasBias: boolean
  readonly #init: Initialiser
  readonly #biasInit: Initialiser

  constructor({ bias = true, init = torchUniform(), biasInit = torchUniform() }: WeightOptions) {
    super()
    this.hasBias = requireFlag(`${this.kind}: bias`, bias)
    this.#init = toInitialiser(`${this.kind}: init`, init)
    this.#biasInit = toInitialiser(`${this.kind}: biasInit`, biasInit)
  }

  get weight(): Parameter {
    return this.#parameter(0)
  }

  /** undefined with `bias: false`. */
  get bias(): Parameter | undefined {
    return this.hasBias ? this.#parameter(1) : undefined
  }

  /** Makes the weight of `shape` and a bias for each of `outputs`. */
  protected makeParameters(
    shape: Shape,
    outputs: number,
    fans: Fans,
    context: BuildContext,
    options: ParameterOptions = {},
  ): void {
    const weight = initialWeights(this.kind, this.#init, shape, fans, context)
    this.parameters.push(new Parameter('weight', weight, options))
    if (!this.hasBias) return
    const bias = initialValues(this.#biasInit, [outputs], fans, context)
    this.parameters.push(new Parameter('bias', bias, { decay: false }))
  }

  #parameter(i: number): Parameter {
    const parameter = this.parameters[i]
    if (parameter !== undefined) return parameter
    throw netwrightError('ERR_STATE', `${this.kind} has no parameters yet: they are made at the first use of the layer`)
  }
}
