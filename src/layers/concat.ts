// Concat: joins branches along an axis.

import { checkOptions } from '../errors.js'
import { type Shape, sameShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { aroundAxis, placeOf } from './axis.js'
import { Layer, type LayerConfig } from './layer.js'
import type { Node } from './node.js'

/** Options of {@link Concat}. */
export interface ConcatOptions {
  /** Axis of a sample, without the batch axis; negative ones count from the end. Default 0: features, or channels. */
  readonly axis?: number
}

/** The inputs one after the other along an axis: `new Concat().apply(a, b, c)`. All other axes must be the same. */
export class Concat extends Layer {
  readonly axis: number

  constructor(options: ConcatOptions = {}) {
    super()
    checkOptions('Concat', options, ['axis'])
    this.axis = options.axis ?? 0
  }

  override get config(): LayerConfig {
    return { axis: this.axis }
  }

  static override fromConfig(config: LayerConfig): Concat {
    return new Concat(config)
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [first] = inputs
    const place = first && placeOf(this.axis, first.length)
    const others = (shape: Shape): Shape => shape.filter((_, i) => i !== place)
    if (
      first === undefined ||
      place === undefined ||
      !inputs.every((shape) => sameShape(others(shape), others(first)))
    ) {
      throw this.shapeError(`inputs that are the same but for axis ${this.axis}`, inputs)
    }
    return [first.map((size, i) => (i === place ? inputs.reduce((sum, shape) => sum + (shape[i] as number), 0) : size))]
  }

  compute(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
    const [rows] = (inputs[0] as Tensor).shape as [number]
    const [shape] = this.outputShapes(inputs.map((input) => input.shape.slice(1))) as [Shape]
    const y = node.empty([rows, ...shape])
    this.#eachPart(y, inputs, (part, { rows, cols, stride, offset }) =>
      node.kernels.copyColumns({ y, x: part, rows, cols, yStride: stride, yOffset: offset, xStride: cols }),
    )
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const gradients = node.inputs.map(({ shape }) => node.empty(shape))
    this.#eachPart(dy, gradients, (part, { rows, cols, stride, offset }) =>
      node.kernels.copyColumns({ y: part, x: dy, rows, cols, xStride: stride, xOffset: offset, yStride: cols }),
    )
    return gradients
  }

  /** Calls `copy` with each part and where it lies in `whole`, both as matrices of rows before the axis. */
  #eachPart(
    whole: Tensor,
    parts: readonly Tensor[],
    copy: (part: Tensor, place: { rows: number; cols: number; stride: number; offset: number }) => void,
  ): void {
    const place = placeOf(this.axis, whole.rank - 1) as number
    const { before: rows, length, after } = aroundAxis(whole.shape, place)
    let offset = 0
    for (const part of parts) {
      const cols = (part.shape[place + 1] as number) * after
      copy(part, { rows, cols, stride: length * after, offset })
      offset += cols
    }
  }
}
