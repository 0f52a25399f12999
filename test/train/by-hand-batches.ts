// Forward, backward and update by hand over batches in their order, on the model's own backend: what fit with shuffle:
// false does before it clips, adds up or averages anything.

import { Node, Pass } from '../../src/layers/node.js'
import type { Loss } from '../../src/losses/loss.js'
import type { Network } from '../../src/model/network.js'
import type { Optimizer } from '../../src/optim/optimizer.js'
import type { Tensor } from '../../src/tensor/tensor.js'

/** Leaves the gradients of each batch in the model and calls `then` with the number of its rows. */
export function eachBatch(
  model: Network,
  { x, y }: { readonly x: Tensor; readonly y: Tensor },
  batchSize: number,
  loss: Loss,
  then: (rows: number) => void,
): void {
  const { kernels } = model.backend
  const length = x.shape[0] as number
  for (let start = 0; start < length; start += batchSize) {
    const rows = Math.min(batchSize, length - start)
    const output = model.forward(x.slice(start, start + rows))
    const node = new Node(new Pass(kernels, true), loss.name, [true])
    loss.compute(node, output, y.slice(start, start + rows))
    const ones = kernels.empty([rows])
    kernels.fill({ y: ones, n: rows, value: 1, divisor: loss.seedDivisor(rows) })
    model.backward(loss.differentiate(node, ones))
    then(rows)
  }
}

/** A step of `optimizer` on the model's backend; `gradients` default to the model's own. */
export function updater(model: Network, optimizer: Optimizer): (gradients?: readonly Tensor[]) => void {
  const { kernels } = model.backend
  const states = model.params.map(({ shape }) =>
    Array.from({ length: optimizer.stateCount }, () => {
      const state = kernels.empty(shape)
      state.data.fill(0)
      return state
    }),
  )
  return (gradients = model.grads) => {
    const values: Record<string, number> = {}
    optimizer.setStepValues(optimizer.steps + 1, (name, value) => {
      values[name] = value
    })
    model.parameters.forEach(({ value, decay, frozen }, i) => {
      if (frozen) return
      const range = { value, gradient: gradients[i] as Tensor, state: states[i] as Tensor[], decay }
      optimizer.apply(kernels, range, values)
    })
    optimizer.advance(1)
  }
}

/** The L2 norm of all gradients, in doubles. */
export const normOf = (tensors: readonly Tensor[]): number =>
  Math.sqrt(
    tensors.reduce((sum, { data }) => sum + Array.from(data).reduce((total, value) => total + value * value, 0), 0),
  )
