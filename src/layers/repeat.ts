// Repeat and Sum: a new axis of copies, and its dual, the sum over an axis.

import { checkOptions, requireWhole } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { aroundAxis, placeOf } from './axis.js'
import { Layer, type LayerConfig } from './layer.js'
import type { Node } from './node.js'

/** Options of {@link Repeat} and {@link Sum}. */
export interface AxisOptions {
  /** Axis of a sample, without the batch axis; negative ones count from the end. Default 0. */
  readonly axis?: number
}

/** `count` copies along a new axis: (N,D) → (N,count,D) for axis 0. The gradient is the sum over that axis. */
export class Repeat extends Layer {
  readonly count: number
  readonly axis: number

  constructor(count: number, options: AxisOptions = {}) {
    super()
    checkOptions('Repeat', options, ['axis'])
    this.count = requireWhole('Repeat: count', count)
    this.axis = options.axis ?? 0
  }

  override get config(): LayerConfig {
    return { count: this.count, axis: this.axis }
  }

  static override fromConfig({ count, ...options }: LayerConfig): Repeat {
    return new Repeat(count as number, options)
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [shape] = inputs
    const place = shape && placeOf(this.axis, shape.length + 1)
    if (inputs.length !== 1 || shape === undefined || place === undefined) {
      throw this.shapeError(`one input with a place for a new axis ${this.axis}`, inputs)
    }
    return [shape.toSpliced(place, 0, this.count)]
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const [rows, ...shape] = x.shape as [number, ...number[]]
    const y = node.empty([rows, ...(this.outputShapes([shape])[0] as Shape)])
    repeat(node, y, x, placeOf(this.axis, y.rank - 1) as number)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const dx = node.empty((node.inputs[0] as Tensor).shape)
    sum(node, dx, dy, placeOf(this.axis, dy.rank - 1) as number)
    return [dx]
  }
}

/** The sum over an axis: (N,n,D) → (N,D) for axis 0. The gradient is repeated along that axis. */
export class Sum extends Layer {
  readonly axis: number

  constructor(options: AxisOptions = {}) {
    super()
    checkOptions('Sum', options, ['axis'])
    this.axis = options.axis ?? 0
  }

  override get config(): LayerConfig {
    return { axis: this.axis }
  }

  static override fromConfig(config: LayerConfig): Sum {
    return new Sum(config)
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [shape] = inputs
    const place = shape && placeOf(this.axis, shape.length)
    if (inputs.length !== 1 || shape === undefined || place === undefined) {
      throw this.shapeError(`one input with an axis ${this.axis}`, inputs)
    }
    return [shape.toSpliced(place, 1)]
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const place = placeOf(this.axis, x.rank - 1) as number
    const y = node.empty(x.shape.toSpliced(place + 1, 1))
    sum(node, y, x, place)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const dx = node.empty((node.inputs[0] as Tensor).shape)
    repeat(node, dx, dy, placeOf(this.axis, dx.rank - 1) as number)
    return [dx]
  }
}

/** y has the axis that x lacks. */
function repeat({ kernels }: Node, y: Tensor, x: Tensor, place: number): void {
  const { before: groups, length: count, after: cols } = aroundAxis(y.shape, place)
  kernels.repeatRows({ y, x, groups, count, cols })
}

/** x has the axis that y lacks. */
function sum({ kernels }: Node, y: Tensor, x: Tensor, place: number): void {
  const { before: groups, length: count, after: cols } = aroundAxis(x.shape, place)
  kernels.sumGroups({ sums: y, x, groups, count, cols })
}
