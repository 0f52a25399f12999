// Layer: what every layer is made of, and how it is used by hand, without a model.

import { netwrightError } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import { eagerKernels, floatTypeOf } from '../kernels/default-backend.js'
import { Random } from '../random/random.js'
import type { TensorLike } from '../tensor/create.js'
import { type Shape, sameShape, shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { checkGradients, checkOutputs } from './check-layer.js'
import { Node, Pass } from './node.js'
import type { Parameter } from './parameter.js'
import { requireSameRows } from './same-rows.js'
import type { StateTensor } from './state-tensor.js'
import { applyLayer, type Value } from './value.js'

/** Layers used by hand so far: each has random numbers of its own. */
let byHand = 0

/** What makes a layer again, as JSON: numbers, texts, booleans and lists of them. */
export type LayerConfig = Readonly<Record<string, unknown>>

/** What a layer needs to make its parameters. */
export interface BuildContext {
  readonly real: 'float32' | 'float64'
  /** This layer's own stream of random numbers. */
  readonly random: Random
  /**
   * Set where values from a file will follow: told of a tensor's shape before it is made, it throws where the file
   * cannot have it. What the tensor then begins with does not matter.
   */
  readonly beforeLoading?: (shape: Shape) => void
}

/**
 * A layer has parameters and says what happens: `compute` forward, `differentiate` backward, both written with kernels
 * only, so that they work at once (eagerly), recorded into a plan, and in a gradient check. Sizes are plain numbers.
 *
 * A layer of your own extends this class and implements `outputShapes`, `compute` and `differentiate`; one with
 * parameters implements `build` as well. To be saved with a model it is registered (`registerLayer`), and, if its
 * constructor takes arguments, has `config` and a static `fromConfig`.
 */
export abstract class Layer {
  /** The layer's trainable tensors; empty until the layer is built, by its model or by its first forward(). */
  readonly parameters: Parameter[] = []
  /** What the layer learns otherwise than by gradients, such as running statistics; made by `build` as well. */
  readonly buffers: StateTensor[] = []
  #frozen = false
  /** Shapes of the inputs that the parameters were made for; undefined before. */
  #builtFor: readonly Shape[] | undefined
  /** The node of the last forward() by hand. */
  #node: Node | undefined
  /** By hand: this layer's stream of random numbers, and how many forward passes have drawn from it. */
  #stream: number | undefined
  #passes = 0

  /** The layer's kind, `Linear`, as summaries and errors print it. */
  get kind(): string {
    return this.constructor.name
  }

  /** What `fromConfig` needs to make a layer like this one, without its parameters' values. Default: nothing. */
  get config(): LayerConfig {
    return {}
  }

  /** A new layer from the `config` of one of its class. Default: `new` without arguments. */
  static fromConfig(this: new () => Layer, _config: LayerConfig): Layer {
    return new this()
  }

  /** Whether the layer is frozen. Default false. */
  get frozen(): boolean {
    return this.#frozen
  }

  /**
   * From now on, from the next `fit` on where one runs, training leaves the layer as it is: `fit` and
   * `optimizer.update(model.parameters)` do not move its parameters, and backward does not compute their gradients, nor
   * any that only frozen layers would need. A frozen BatchNorm normalises by its running statistics, as in Keras. Saved
   * files do not keep it. Answers the layer.
   */
  freeze(): this {
    return this.#setFrozen(true)
  }

  /** Ends `freeze`. */
  unfreeze(): this {
    return this.#setFrozen(false)
  }

  #setFrozen(frozen: boolean): this {
    this.#frozen = frozen
    for (const parameter of this.parameters) parameter.frozen = frozen
    return this
  }

  /** Multiply-adds of one sample's forward pass, for summaries. Default 0: what is not a product is not counted. */
  multiplyAdds(_inputs: readonly Shape[]): number {
    return 0
  }

  /** Shape of the input (without the batch axis) where the layer was told it, as `new Linear(784, 50)` was. */
  get declaredInput(): Shape | undefined {
    return undefined
  }

  /**
   * Shapes of the outputs for inputs of these shapes, all without the batch axis.
   * Throws ERR_SHAPE, through `shapeError`, when the inputs do not fit. Default: the shape of the one input.
   */
  outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    if (inputs.length !== 1) throw this.shapeError('one input', inputs)
    return [inputs[0] as Shape]
  }

  /** Makes the parameters for inputs of these shapes (without the batch axis) and pushes them to `parameters`. */
  protected build(_inputs: readonly Shape[], _context: BuildContext): void {}

  /** Forward: outputs from inputs. Keep what `differentiate` needs with `node.save()`. */
  abstract compute(node: Node, inputs: readonly Tensor[]): readonly Tensor[]

  /**
   * Backward: writes the gradients of the parameters (with beta `node.pass.gradientBeta(parameter)`) and returns the
   * gradient of each input, from the gradient of each output. May return undefined where `node.needsGradient[i]` is
   * false, and leave out the parameters' gradients where the layer is `frozen`.
   */
  abstract differentiate(node: Node, gradients: readonly Tensor[]): readonly (Tensor | undefined)[]

  /** An ERR_SHAPE error that names this layer, what it expected and what it got. */
  protected shapeError(expected: string, got: readonly Shape[]): Error {
    return netwrightError(
      'ERR_SHAPE',
      `${this.kind}: expected ${expected}, got ${got.map(shapeText).join(', ')} (without the batch axis)`,
      'RangeError',
    )
  }

  /**
   * Builds the layer at its first use, for inputs of these shapes. A layer with parameters is built for them alone:
   * throws ERR_SHAPE for others later. Called by models; by hand it happens at forward().
   */
  ensureBuilt(inputs: readonly Shape[], context: () => BuildContext): void {
    const builtFor = this.#builtFor
    if (builtFor === undefined) {
      this.build(inputs, context())
      this.#builtFor = inputs
      this.#setFrozen(this.#frozen)
      return
    }
    const same = inputs.length === builtFor.length && inputs.every((shape, i) => sameShape(shape, builtFor[i] as Shape))
    if (!same && this.parameters.length + this.buffers.length > 0) {
      throw this.shapeError(`${builtFor.map(shapeText).join(', ')}, for which its tensors were made`, inputs)
    }
  }

  /** `Linear(inFeatures 784, outFeatures 50, bias true)`: the kind, and what the layer was made with. */
  toString(): string {
    const settings = Object.entries(this.config).filter(([, value]) => value !== undefined)
    const text = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value))
    return `${this.kind}(${settings.map(([name, value]) => `${name} ${text(value)}`).join(', ')})`
  }

  /** console.log prints a layer as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }

  /** Puts the layer into a graph: `const y = new Linear(50).apply(x)`. Several inputs for layers such as Add. */
  apply(...inputs: readonly Value[]): Value {
    return applyLayer(this, inputs)[0] as Value
  }

  /** As apply(), for a layer with several outputs. */
  applyAll(...inputs: readonly Value[]): readonly Value[] {
    return applyLayer(this, inputs)
  }

  /**
   * By hand: computes the output for a batch (first axis: samples), in training mode, and remembers what backward()
   * needs. Runs on the default backend, and in float64 where the layer's parameters are float64 or, at the first call,
   * the input is. Parameters are made at the first call, with seed 0 and a stream of their own (a program's layers that
   * are used by hand are counted).
   */
  forward(...inputs: readonly TensorLike[]): Tensor {
    // Also where this pass fails: backward() must not go on with the one before.
    this.#node = undefined
    this.#node = this.#run(inputs, true)
    this.#passes++
    return this.#node.outputs[0] as Tensor
  }

  /** By hand: the output for a batch in evaluation mode; remembers nothing. */
  predict(...inputs: readonly TensorLike[]): Tensor {
    return this.#run(inputs, false).outputs[0] as Tensor
  }

  #run(inputs: readonly TensorLike[], training: boolean): Node {
    const { value } = this.parameters[0] ?? {}
    const kernels = eagerKernels(floatTypeOf(value ?? inputs[0]))
    const tensors = inputs.map((input) => toReal(input, kernels.real))
    requireSameRows(this.kind, tensors)
    const shapes = tensors.map(({ shape }) => shape.slice(1))
    this.outputShapes(shapes)
    const stream = this.#stream ?? byHand++
    this.#stream = stream
    this.ensureBuilt(shapes, () => ({ real: kernels.real, random: new Random(0, `by hand ${stream}`) }))
    const pass = new Pass(kernels, training, { seed: 0, step: this.#passes })
    const needed = tensors.map(() => true)
    const node = new Node(pass, this.kind, needed, stream)
    node.inputs = tensors
    node.outputs = checkOutputs(this, node, this.compute(node, tensors))
    pass.commit()
    return node
  }

  /**
   * By hand: from the gradient of the last forward()'s output, writes the gradients of the parameters (overwriting
   * what was there) and returns the gradient of the input, of the first one where there are several.
   * Throws ERR_STATE without a forward().
   */
  backward(gradient: TensorLike): Tensor {
    return this.inputGradients(gradient)[0] as Tensor
  }

  /** As backward(), for a layer with several inputs: the gradient of each. */
  inputGradients(gradient: TensorLike): readonly Tensor[] {
    const node = this.#node
    if (node === undefined) throw netwrightError('ERR_STATE', `${this.kind}: backward() was called before forward()`)
    const given = toReal(gradient, node.kernels.real)
    const { shape } = node.outputs[0] as Tensor
    if (!sameShape(given.shape, shape)) {
      throw netwrightError(
        'ERR_SHAPE',
        `${this.kind}: the gradient has shape ${shapeText(given.shape)}, the output ${shapeText(shape)}`,
        'RangeError',
      )
    }
    const pass = node.withNewPass()
    return checkGradients(pass, this.differentiate(pass, [given])) as readonly Tensor[]
  }
}
