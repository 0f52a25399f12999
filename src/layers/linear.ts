// Linear: the fully connected layer, the book's Affine.

import { checkOptions, describe, netwrightError } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import { sizeOf } from '../tensor/shape.js'
import { arrayTypes, Tensor } from '../tensor/tensor.js'
import { type Initialiser, torchUniform } from './initialisers.js'
import { type BuildContext, Layer } from './layer.js'
import type { Node } from './node.js'
import { Parameter } from './parameter.js'

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean
  /** Initial weights. Default uniform in ±1/√inFeatures, as in PyTorch. */
  readonly init?: Initialiser
  /** Initial biases. Default as the weights' default. */
  readonly biasInit?: Initialiser
}

/**
 * y (N,out) = x (N,in) · weight (in,out) + bias (out).
 *
 * `new Linear(784, 50)`, or `new Linear(50)` inside a model, which infers the number of inputs.
 * Parameters: `weight` (in,out), `bias` (out).
 */
export class Linear extends Layer {
  readonly inFeatures: number | undefined
  readonly outFeatures: number
  readonly #options: LinearOptions

  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions)
  constructor(outFeatures: number, options?: LinearOptions)
  constructor(first: number, second?: number | LinearOptions, third?: LinearOptions) {
    super()
    const inferred = typeof second !== 'number'
    this.inFeatures = inferred ? undefined : checkFeatures('inFeatures', first)
    this.outFeatures = checkFeatures('outFeatures', inferred ? first : second)
    this.#options = (inferred ? second : third) ?? {}
    checkOptions('Linear', this.#options, ['bias', 'init', 'biasInit'])
    for (const name of ['init', 'biasInit'] as const) {
      const initialiser = this.#options[name]
      if (initialiser === undefined || typeof initialiser === 'function') continue
      throw netwrightError(
        'ERR_ARGUMENT',
        `Linear: ${name} is ${describe(initialiser)}, expected an initialiser such as normal(0.01)`,
        'TypeError',
      )
    }
  }

  get weight(): Parameter {
    return this.#parameter(0)
  }

  /** undefined with `bias: false`. */
  get bias(): Parameter | undefined {
    return this.#options.bias === false ? undefined : this.#parameter(1)
  }

  override get declaredInput(): Shape | undefined {
    return this.inFeatures === undefined ? undefined : [this.inFeatures]
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [shape] = inputs
    if (inputs.length !== 1 || shape?.length !== 1 || (shape[0] ?? 0) !== (this.inFeatures ?? shape[0])) {
      throw this.shapeError(`one input of shape (${this.inFeatures ?? 'n'},)`, inputs)
    }
    return [[this.outFeatures]]
  }

  protected override build([shape]: readonly Shape[], { real, random }: BuildContext): void {
    const fanIn = shape?.[0] as number
    const { init = torchUniform(), biasInit = torchUniform(), bias = true } = this.#options
    const make = (parameterShape: Shape, initialiser: Initialiser): Tensor => {
      const next = initialiser(random, parameterShape, fanIn)
      return new Tensor(Float64Array.from({ length: sizeOf(parameterShape) }, next), parameterShape)
    }
    const store = (value: Tensor): Tensor => new Tensor(arrayTypes[real].from(value.data as Float64Array), value.shape)
    this.parameters.push(new Parameter('weight', store(make([fanIn, this.outFeatures], init))))
    if (bias) this.parameters.push(new Parameter('bias', store(make([this.outFeatures], biasInit)), { decay: false }))
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const [m, k] = x.shape as [number, number]
    const n = this.outFeatures
    const y = node.empty([m, n])
    node.kernels.gemm({ c: y, a: x, b: this.weight.value, bias: this.bias?.value, m, n, k })
    node.save(x)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const { kernels, pass } = node
    const [x] = node.saved as readonly [Tensor]
    const { weight, bias } = this
    const [rows, features] = x.shape as [number, number]
    const n = this.outFeatures
    kernels.gemm({
      c: weight.gradient,
      a: x,
      b: dy,
      m: features,
      n,
      k: rows,
      transposeA: 1,
      beta: pass.gradientBeta(weight),
    })
    if (bias !== undefined) {
      kernels.sumRows({ sums: bias.gradient, x: dy, rows, cols: n, beta: pass.gradientBeta(bias) })
    }
    if (!node.needsGradient[0]) return [undefined]
    const dx = node.empty(x.shape)
    kernels.gemm({ c: dx, a: dy, b: weight.value, m: rows, n: features, k: n, transposeB: 1 })
    return [dx]
  }

  #parameter(i: number): Parameter {
    const parameter = this.parameters[i]
    if (parameter !== undefined) return parameter
    throw netwrightError('ERR_STATE', 'Linear has no parameters yet: they are made at the first use of the layer')
  }
}

function checkFeatures(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw netwrightError(
    'ERR_ARGUMENT',
    `Linear: ${name} is ${describe(value)}, expected a whole number above 0`,
    'RangeError',
  )
}
