// A training loop in which every step of `fit` is called by hand: what recorded training is held to.

import type { Dataset } from '../../src/data/dataset.js'
import { Node, Pass } from '../../src/layers/node.js'
import type { Loss } from '../../src/losses/loss.js'
import type { Network } from '../../src/model/network.js'
import type { Optimizer } from '../../src/optim/optimizer.js'
import { permutation } from '../../src/random/permutation.js'
import { sizeOf } from '../../src/tensor/shape.js'
import { Tensor } from '../../src/tensor/tensor.js'

export interface HandOptions {
  readonly epochs: number
  readonly batchSize: number
  readonly loss: Loss
  readonly optimizer: Optimizer
  readonly l2?: number
}

/** Gather, forward, loss, backward and update on the model's own backend, batch by batch. */
export function trainByHand(
  model: Network,
  dataset: Dataset,
  { epochs, batchSize, loss, optimizer, l2 = 0 }: HandOptions,
): void {
  const { kernels } = model.backend
  const { length } = dataset
  const state = new Map<object, readonly Tensor[]>()
  const run = { step: 0, steps: epochs * Math.ceil(length / batchSize) }
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = new Tensor(permutation(length, model.seed, epoch), [length])
    for (let cursor = 0; cursor < length; cursor += batchSize) {
      const rows = Math.min(batchSize, length - cursor)
      const position = { order, rows, samples: length, length, cursor }
      const inputs = dataset.inputs.map((data) => {
        const batch = kernels.empty([rows, ...data.shape.slice(1)])
        kernels.gatherReals({ y: batch, data, cols: sizeOf(data.shape.slice(1)), ...position })
        return batch
      })
      const target = kernels.empty([rows], 'int32')
      kernels.gatherLabels({ y: target, data: dataset.y, ...position })

      const output = model.forward(...inputs)
      const node = new Node(new Pass(kernels, true), loss.name, [true])
      loss.compute(node, output, target)
      const dlosses = kernels.empty([rows])
      kernels.fill({ y: dlosses, n: rows, value: 1, divisor: loss.seedDivisor(rows) })
      model.backward(loss.differentiate(node, dlosses))

      const values: Record<string, number> = {}
      optimizer.setStepValues(
        optimizer.steps + 1,
        (name, value) => {
          values[name] = value
        },
        run,
      )
      for (const { value, gradient, decay } of model.parameters) {
        if (decay && l2 !== 0) kernels.addScaled({ y: gradient, x: value, n: value.size, alpha: l2 })
        const make = (): Tensor => {
          const tensor = kernels.empty(value.shape)
          tensor.data.fill(0)
          return tensor
        }
        const moments = state.get(value) ?? Array.from({ length: optimizer.stateCount }, make)
        state.set(value, moments)
        optimizer.apply(kernels, { value, gradient, state: moments, decay }, values)
      }
      optimizer.advance(1)
      run.step++
    }
  }
}
