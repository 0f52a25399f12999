// A pass that was stopped leaves nothing behind in the metrics of the next one.

import { describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import type { Node } from '../../src/layers/node.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { toMetrics } from '../../src/metrics/metrics.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { wholeDataset } from '../../src/train/data-parts.js'
import { Evaluator } from '../../src/train/evaluate.js'
import { toyData } from '../model/toy-graph.js'
import { hasNative } from '../setup/backend.js'
import { argMax, confusionMatrix } from './brute-force.js'

const backends: (readonly [string, Backend])[] = [['reference', reference()]]
if (hasNative) backends.push(['native', native()])

/** Calls `watch` in the middle of every step. */
class Watched extends Layer {
  watch = (): void => {}
  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    node.kernels.host(() => this.watch(), [], [x])
    return [x]
  }
  differentiate(_: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    return [dy]
  }
}

const { x, y } = toyData(90, 12, 4)
const countsOf = (model: Sequential) =>
  confusionMatrix(4, Array.from(y.data), (model.predict(x).toArray() as number[][]).map(argMax))

describe.each(backends)('%s', (_, backend) => {
  it.each([1, 2, 3, 5])('stopped in step %i of an evaluation', async (stopIn) => {
    const watched = new Watched()
    const model = new Sequential([new Linear(12, 4), watched], { seed: 1, backend })
    const metrics = toMetrics('', ['confusionMatrix', 'accuracy', 'f1'])
    const evaluator = new Evaluator(model, backend, wholeDataset(new Dataset(x, y)), crossEntropy(), 20, { metrics })
    const before = countsOf(model)
    const controller = new AbortController()
    let steps = 0
    watched.watch = () => {
      if (++steps === stopIn) controller.abort()
    }
    expect(await evaluator.run(controller.signal)).toBeUndefined()
    expect(steps).toBe(stopIn)
    // What the stopped pass has counted would now be wrong.
    for (const { value } of model.parameters) value.data.set(value.data.map((weight) => -weight))
    const after = countsOf(model)
    expect(after).not.toEqual(before)
    expect((await evaluator.run())?.metrics?.confusionMatrix).toEqual(after)
  })

  it('a training pass after one that was stopped', async () => {
    const watched = new Watched()
    const model = new Sequential([new Linear(12, 4), watched], { seed: 1, backend })
    const options = { loss: crossEntropy(), batchSize: 20, optimizer: new SGD({ lr: 1e-30 }) }
    const metrics = ['confusionMatrix'] as const
    const controller = new AbortController()
    let steps = 0
    watched.watch = () => {
      if (++steps === 8) controller.abort()
    }
    const stopped = await model.fit(x, y, { ...options, epochs: 3, metrics, signal: controller.signal })
    expect(stopped.metrics.confusionMatrix).toEqual([countsOf(model)])
    const whole = await model.fit(x, y, { ...options, epochs: 2, metrics })
    expect(whole.metrics.confusionMatrix).toEqual([countsOf(model), countsOf(model)])
  })
})
