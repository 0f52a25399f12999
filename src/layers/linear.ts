// Linear: the fully connected layer, the book's Affine.

import { checkOptions, requireWhole } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { BuildContext, LayerConfig } from './layer.js'
import type { Node } from './node.js'
import { WeightedLayer, type WeightOptions, weightOptionNames } from './weighted-layer.js'

/** Options of {@link Linear}. The default weights and biases are uniform in ±1/√inFeatures, as in PyTorch. */
export interface LinearOptions extends WeightOptions {}

/**
 * y (N,out) = x (N,in) · weight (in,out) + bias (out).
 *
 * `new Linear(784, 50)`, or `new Linear(50)` inside a model, which infers the number of inputs.
 * Parameters: `weight` (in,out), `bias` (out). Saved files hold the weight as PyTorch does, (out,in).
 */
export class Linear extends WeightedLayer {
  readonly inFeatures: number | undefined
  readonly outFeatures: number

  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions)
  constructor(outFeatures: number, options?: LinearOptions)
  constructor(first: number, second?: number | LinearOptions, third?: LinearOptions) {
    const inferred = second === undefined || (typeof second === 'object' && second !== null)
    const options = (inferred ? second : undefined) ?? third ?? {}
    checkOptions('Linear', options, weightOptionNames)
    super(options)
    this.inFeatures = inferred ? undefined : requireWhole('Linear: inFeatures', first)
    this.outFeatures = requireWhole('Linear: outFeatures', inferred ? first : second)
  }

  override get config(): LayerConfig {
    return { inFeatures: this.inFeatures, outFeatures: this.outFeatures, bias: this.hasBias }
  }

  static override fromConfig({ inFeatures, outFeatures, ...options }: LayerConfig): Linear {
    return inFeatures === undefined
      ? new Linear(outFeatures as number, options)
      : new Linear(inFeatures as number, outFeatures as number, options)
  }

  override get declaredInput(): Shape | undefined {
    return this.inFeatures === undefined ? undefined : [this.inFeatures]
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [shape] = inputs
    if (inputs.length !== 1 || shape?.length !== 1 || (shape[0] ?? 0) !== (this.inFeatures ?? shape[0])) {
      const remedy = shape !== undefined && shape.length > 1 ? ', rows of numbers (put a Flatten before it)' : ''
      throw this.shapeError(`one input of shape (${this.inFeatures ?? 'n'},)${remedy}`, inputs)
    }
    return [[this.outFeatures]]
  }

  override multiplyAdds([shape]: readonly Shape[]): number {
    return (shape?.[0] as number) * this.outFeatures
  }

  protected override build([shape]: readonly Shape[], context: BuildContext): void {
    const fans = { fanIn: shape?.[0] as number, fanOut: this.outFeatures }
    this.makeParameters([fans.fanIn, fans.fanOut], fans.fanOut, fans, context, { savedTransposed: true })
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
    const [x] = node.saved as readonly [Tensor]
    const [rows, features] = x.shape as [number, number]
    const n = this.outFeatures
    if (!this.frozen) this.#differentiateParameters(node, x, dy)
    if (!node.needsGradient[0]) return [undefined]
    const dx = node.empty(x.shape)
    node.kernels.gemm({ c: dx, a: dy, b: this.weight.value, m: rows, n: features, k: n, transposeB: 1 })
    return [dx]
  }

  #differentiateParameters({ kernels, pass }: Node, x: Tensor, dy: Tensor): void {
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
    if (bias === undefined) return
    kernels.sumRows({ sums: bias.gradient, x: dy, rows, cols: n, beta: pass.gradientBeta(bias) })
  }
}
