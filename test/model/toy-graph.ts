// A small graph that uses everything a recorded step must carry: a shared layer, a residual addition, a layer with two
// outputs of which one goes unused, a layer in plain JavaScript, fan-out.

import { Add } from '../../src/layers/add.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import type { Node } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { input } from '../../src/layers/value.js'
import type { ModelOptions } from '../../src/model/network.js'
import { Model } from '../../src/model.js'
import { Random } from '../../src/random/random.js'
import type { Shape } from '../../src/tensor/shape.js'
import { Tensor } from '../../src/tensor/tensor.js'

/** y = x², in plain JavaScript through kernels.host. */
export class HostSquare extends Layer {
  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    node.kernels.host(([out], [values]) => map(out, values, (v) => v * v), [y], [x])
    node.save(x)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    const [x] = node.saved as readonly [Tensor]
    const dx = node.empty(x.shape)
    node.kernels.host(
      ([out], [gradient, values]) => map(out, gradient, (g, i) => 2 * g * (values?.data[i] as number)),
      [dx],
      [dy, x],
    )
    return [dx]
  }
}

function map(out: Tensor | undefined, values: Tensor | undefined, f: (value: number, i: number) => number): void {
  values?.data.forEach((value, i) => {
    if (out !== undefined) out.data[i] = f(value, i)
  })
}

/** Two outputs: 2x and x + x·x; the first is often left unused. */
export class TwoOutputs extends Layer {
  override outputShapes([shape]: readonly Shape[]): readonly Shape[] {
    return [shape as Shape, shape as Shape]
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const [double, square, sum] = [node.empty(x.shape), node.empty(x.shape), node.empty(x.shape)]
    const n = x.size
    node.kernels.add({ y: double, a: x, b: x, n })
    node.kernels.mul({ y: square, a: x, b: x, n })
    node.kernels.add({ y: sum, a: square, b: x, n })
    node.save(x, double)
    return [double, sum]
  }

  /** dx = 2·d0 + d1·(2x + 1). */
  differentiate(node: Node, [d0, d1]: readonly [Tensor, Tensor]): readonly Tensor[] {
    const [x, double] = node.saved as readonly [Tensor, Tensor]
    const [twice, slope, dx] = [node.empty(x.shape), node.empty(x.shape), node.empty(x.shape)]
    const n = x.size
    node.kernels.add({ y: twice, a: d0, b: d0, n })
    node.kernels.mul({ y: slope, a: d1, b: double, n })
    node.kernels.add({ y: slope, a: slope, b: d1, n })
    node.kernels.add({ y: dx, a: twice, b: slope, n })
    return [dx]
  }
}

export const toyFeatures = 6
export const toyClasses = 3

export function toyModel(options: ModelOptions): Model {
  const x = input([toyFeatures])
  const shared = new Linear(toyFeatures, toyFeatures)
  const h1 = new ReLU().apply(shared.apply(x))
  const h2 = new Sigmoid().apply(shared.apply(h1))
  const residual = new Add().apply(h1, h2)
  const squared = new HostSquare().apply(residual)
  const [, second] = new TwoOutputs().applyAll(squared)
  return new Model(x, new Linear(toyClasses).apply(second as typeof x), options)
}

/** `samples` rows of numbers around 0, and labels. */
export function toyData(samples: number, features = toyFeatures, classes = toyClasses): { x: Tensor; y: Tensor } {
  const random = new Random(5)
  const x = Float32Array.from({ length: samples * features }, () => random.normal(0, 1))
  const y = Int32Array.from({ length: samples }, () => random.below(classes))
  return { x: new Tensor(x, [samples, features]), y: new Tensor(y, [samples]) }
}
