// Layers of your own: one written with netwright's kernels, one in plain JavaScript through kernels.host.
import { crossEntropy, Layer, Linear, type Node, Sequential, SGD, spiral, type Tensor } from 'netwright'

/** Swish, y = x · sigmoid(x) (Ramachandran et al., 2017): kernels only, so it runs natively inside a plan. */
class Swish extends Layer {
  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const [s, y] = [node.empty(x.shape), node.empty(x.shape)]
    node.kernels.sigmoidForward({ y: s, x, n: x.size })
    node.kernels.mul({ y, a: x, b: s, n: x.size })
    node.save(x, s)
    return [y]
  }

  /** dx = dy · s + (dy · x) · s · (1 - s); the second term is sigmoid's gradient. */
  differentiate(node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    const [x, s] = node.saved as readonly [Tensor, Tensor]
    const [a, b, dx] = [node.empty(x.shape), node.empty(x.shape), node.empty(x.shape)]
    const n = x.size
    node.kernels.mul({ y: a, a: dy, b: s, n })
    node.kernels.mul({ y: b, a: dy, b: x, n })
    node.kernels.sigmoidBackward({ dx: b, dy: b, y: s, n })
    node.kernels.add({ y: dx, a, b, n })
    return [dx]
  }
}

/** Softplus, y = ln(1 + e^x), in JavaScript: use the tensors that the function receives, not those around it. */
class Softplus extends Layer {
  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    const forward = ([out]: readonly Tensor[], [values]: readonly Tensor[]): void => {
      for (const [i, v] of values.data.entries()) out.data[i] = Math.log1p(Math.exp(-Math.abs(v))) + Math.max(v, 0)
    }
    node.kernels.host(forward, [y], [x])
    node.save(x)
    return [y]
  }

  /** dx = dy · sigmoid(x). */
  differentiate(node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    const [x] = node.saved as readonly [Tensor]
    const dx = node.empty(x.shape)
    const backward = ([out]: readonly Tensor[], [gradient, values]: readonly Tensor[]): void => {
      for (const [i, v] of values.data.entries()) out.data[i] = gradient.data[i] / (1 + Math.exp(-v))
    }
    node.kernels.host(backward, [dx], [dy, x])
    return [dx]
  }
}

const data = spiral({ seed: 1 })
for (const layer of [new Swish(), new Softplus()]) {
  const model = new Sequential([new Linear(2, 64), layer, new Linear(64, 3)], { seed: 1 })
  await model.fit(data, { epochs: 300, batchSize: 30, optimizer: new SGD({ lr: 0.5 }), loss: crossEntropy() })
  console.log(`${layer.kind}: accuracy ${(await model.evaluate(data)).accuracy?.toFixed(3)}`)
}
