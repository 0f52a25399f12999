// Conv2d: convolution of images with learned filters.

import { checkOptions, requireWhole } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { BuildContext, LayerConfig } from './layer.js'
import type { Node } from './node.js'
import { WeightedLayer, type WeightOptions, weightOptionNames } from './weighted-layer.js'
import { imageExpected, imageShape, type Pair, Window, type WindowOptions, type WindowSizes } from './window.js'

/**
 * Options of {@link Conv2d}. The default weights and biases are uniform in ±1/√(inChannels·kernelHeight·kernelWidth), as
 * in PyTorch.
 */
export interface Conv2dOptions extends WeightOptions, WindowOptions {}

/**
 * In how many groups the samples of a batch are added up, in order, whatever the number of threads: enough for as many
 * threads, few enough that their sums, `weights` numbers each, stay in the cache. The fewer the weights the more groups,
 * so that the images of one do.
 */
const weightGradientGroups = (weights: number): number => Math.min(64, Math.max(8, Math.floor(2 ** 16 / weights)))

/**
 * y[n,f,oh,ow] = Σ over c,kh,kw of x[n,c,oh·stride-padding+kh,ow·stride-padding+kw] · weight[f,c,kh,kw] + bias[f], as in
 * PyTorch: no flip of the filters, sizes rounded down.
 *
 * `new Conv2d(1, 30, 5)`: 1 channel in, 30 filters 5 high and 5 wide; `new Conv2d(30, 5)` inside a model, which infers
 * the channels. Dilation and groups are not supported. x (N,C,H,W), y (N,F,OH,OW), OH = ⌊(H + 2·padding - kernel) / stride⌋ + 1.
 * Parameters: `weight` (F,C,KH,KW), `bias` (F). Default stride 1, padding 0.
 */
export class Conv2d extends WeightedLayer {
  readonly inChannels: number | undefined
  readonly outChannels: number
  readonly window: Window

  constructor(inChannels: number, outChannels: number, kernel: Pair, options?: Conv2dOptions)
  constructor(outChannels: number, kernel: Pair, options?: Conv2dOptions)
  constructor(first: number, second: Pair, third?: Pair | Conv2dOptions, fourth?: Conv2dOptions) {
    const inferred = third === undefined || (typeof third === 'object' && third !== null && !Array.isArray(third))
    const options = (inferred ? (third as Conv2dOptions | undefined) : fourth) ?? {}
    checkOptions('Conv2d', options, [...weightOptionNames, 'stride', 'padding'])
    super(options)
    this.inChannels = inferred ? undefined : requireWhole('Conv2d: inChannels', first)
    this.outChannels = requireWhole('Conv2d: outChannels', inferred ? first : second)
    this.window = new Window('Conv2d', inferred ? second : (third as Pair), options)
  }

  override get config(): LayerConfig {
    const { inChannels, outChannels, window } = this
    const { kernel, stride, padding } = window
    return { inChannels, outChannels, kernel, stride, padding, bias: this.hasBias }
  }

  static override fromConfig({ inChannels, outChannels, kernel, ...options }: LayerConfig): Conv2d {
    return inChannels === undefined
      ? new Conv2d(outChannels as number, kernel as Pair, options)
      : new Conv2d(inChannels as number, outChannels as number, kernel as Pair, options)
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const { outHeight, outWidth } = this.#sizes(inputs)
    return [[this.outChannels, outHeight, outWidth]]
  }

  override multiplyAdds(inputs: readonly Shape[]): number {
    const { channels, kernelHeight, kernelWidth, outHeight, outWidth } = this.#sizes(inputs)
    return this.outChannels * outHeight * outWidth * channels * kernelHeight * kernelWidth
  }

  protected override build(inputs: readonly Shape[], context: BuildContext): void {
    const { channels, kernelHeight, kernelWidth } = this.#sizes(inputs)
    const places = kernelHeight * kernelWidth
    const fans = { fanIn: channels * places, fanOut: this.outChannels * places }
    this.makeParameters([this.outChannels, channels, kernelHeight, kernelWidth], this.outChannels, fans, context)
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const { rows, ...sizes } = this.#call(x)
    const y = node.empty([rows, this.outChannels, sizes.outHeight, sizes.outWidth])
    node.kernels.conv2dForward({ y, x, weight: this.weight.value, bias: this.bias?.value, rows, ...sizes })
    node.save(x)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [x] = node.saved as readonly [Tensor]
    const addUp = this.frozen ? undefined : this.#differentiateParameters(node, x, dy)
    // All that reads dy first, while it is in the cache.
    const dx = node.needsGradient[0] ? node.empty(x.shape) : undefined
    if (dx !== undefined) node.kernels.conv2dInputGradient({ dx, dy, weight: this.weight.value, ...this.#call(x) })
    addUp?.()
    return [dx]
  }

  /** The parameters' gradients in groups of samples; answers what adds the groups up. */
  #differentiateParameters(node: Node, x: Tensor, dy: Tensor): () => void {
    const { kernels, pass } = node
    const { weight, bias } = this
    const sizes = this.#call(x)
    const groups = weightGradientGroups(weight.size)
    const partials = node.empty([groups, ...weight.shape])
    kernels.conv2dWeightGradient({ partials, dy, x, ...sizes, groups })
    const biasPartials = bias === undefined ? undefined : node.empty([groups, this.outChannels])
    if (biasPartials !== undefined) {
      const places = sizes.outHeight * sizes.outWidth
      kernels.sumChannels({ sums: biasPartials, x: dy, rows: sizes.rows, channels: this.outChannels, places, groups })
    }
    return () => {
      const beta = pass.gradientBeta(weight)
      kernels.sumRows({ sums: weight.gradient, x: partials, rows: groups, cols: weight.size, beta })
      if (bias === undefined) return
      const biasBeta = pass.gradientBeta(bias)
      kernels.sumRows({ sums: bias.gradient, x: biasPartials as Tensor, rows: groups, cols: bias.size, beta: biasBeta })
    }
  }

  #sizes(inputs: readonly Shape[]): WindowSizes {
    const image = imageShape(inputs)
    if (image === undefined || image[0] !== (this.inChannels ?? image[0])) {
      throw this.shapeError(imageExpected(this.inChannels), inputs)
    }
    return this.window.sizes(image)
  }

  #call({ shape }: Tensor): WindowSizes & { rows: number; filters: number } {
    return { rows: shape[0] as number, filters: this.outChannels, ...this.#sizes([shape.slice(1)]) }
  }
}
