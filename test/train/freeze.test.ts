// Frozen layers: their bits stay, the others train as by hand, and nothing is computed that only they would need.

import { describe, expect, it } from 'vitest'
import type { ProgramCall } from '../../src/kernels/program.js'
import { record } from '../../src/kernels/recorder.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Linear } from '../../src/layers/linear.js'
import { Pass } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { checkGradients } from '../../src/model/check-gradients.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { bufferBits, trainingBackends, weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { eachBatch, updater } from './by-hand-batches.js'

const data = toyData(30, 12, 4)
const plain = () => ({ batchSize: 8, shuffle: false, loss: crossEntropy(), optimizer: new Adam({ lr: 0.01 }) })
const bitsOf = ({ data: values }: Tensor) => Array.from(values).join()

/** What a training pass of `model` calls, by owner. */
function callsOf(model: Sequential): readonly ProgramCall[] {
  const { graph, regions } = model.requireSealed()
  const { program } = record(model.backend.real, ['step'], regions, (recorder) => {
    const { kernels } = recorder
    const empty = (shape: readonly number[]) => kernels.empty([recorder.rows, ...shape])
    const announce = (path: string): void => {
      recorder.owner = path
    }
    const pass = new Pass(kernels, true)
    graph
      .forward(
        pass,
        graph.inputs.map(({ shape }) => empty(shape)),
        announce,
      )
      .backward(empty(graph.output.shape))
    recorder.phase = 'commit'
    pass.commit()
  })
  return program.calls
}
const kernelsOf = (model: Sequential) => callsOf(model).map((call) => (call.kind === 'kernel' ? call.kernel : 'host'))

describe.each(trainingBackends())('%s', (_, backend) => {
  const make = (frozen: readonly number[], seed = 1) => {
    const layers = [new Linear(12, 10), new BatchNorm(), new ReLU(), new Linear(10), new ReLU(), new Linear(4)]
    for (const i of frozen) layers[i]?.freeze()
    return { layers, model: new Sequential(layers, { seed, backend }) }
  }

  it.each([[[0]], [[0, 1]], [[3]], [[1, 5]], [[0, 1, 3]]])(
    'frozen %j stay, the others train as by hand',
    async (frozen) => {
      const [planned, hand] = [make(frozen), make(frozen)]
      hand.model.forward(data.x)
      planned.model.forward(data.x)
      const before = planned.model.parameters.map(({ value }) => bitsOf(value))
      const buffers = bufferBits(planned.model)
      await planned.model.fit(data, plain())
      planned.model.parameters.forEach(({ value, frozen: stays }, i) => {
        expect(bitsOf(value) === before[i]).toBe(stays)
      })
      expect(bufferBits(planned.model) === buffers).toBe(frozen.includes(1))
      const update = updater(hand.model, plain().optimizer)
      eachBatch(hand.model, data, 8, crossEntropy(), () => update())
      expect(weightBits(planned.model)).toBe(weightBits(hand.model))
      expect(bufferBits(planned.model)).toBe(bufferBits(hand.model))
    },
  )

  it('gradients of what learns are those of the same model without frozen layers', () => {
    const [some, none] = [make([3]), make([])]
    for (const { model } of [some, none]) eachBatch(model, data, 30, crossEntropy(), () => undefined)
    some.model.parameters.forEach(({ gradient, frozen }, i) => {
      const other = none.model.parameters[i]?.gradient as Tensor
      expect(bitsOf(gradient) === bitsOf(other)).toBe(!frozen)
      if (frozen) expect(gradient.data.every((value) => value === 0)).toBe(true)
    })
  })

  it('unfrozen again it learns', async () => {
    const { model, layers } = make([0])
    await model.fit(data, plain())
    const before = weightBits(model)
    layers[0]?.unfreeze()
    layers[3]?.freeze()
    const first = bitsOf(model.params[0] as Tensor)
    await model.fit(data, plain())
    expect(weightBits(model)).not.toBe(before)
    expect(bitsOf(model.params[0] as Tensor)).not.toBe(first)
  })

  it('l2 counts frozen weights in the loss and leaves them alone', async () => {
    const { model } = make([0])
    model.forward(data.x)
    const before = bitsOf(model.params[0] as Tensor)
    const history = await model.fit(data, { ...plain(), batchSize: 30, l2: 0.5 })
    const other = make([0]).model
    other.forward(data.x)
    let squares = 0
    for (const { decay, value } of other.parameters) {
      if (decay) for (const weight of value.data) squares += weight * weight
    }
    const without = await other.fit(data, { ...plain(), batchSize: 30 })
    expect(history.loss[0]).toBeCloseTo((without.loss[0] as number) + 0.25 * squares, 4)
    expect(bitsOf(model.params[0] as Tensor)).toBe(before)
  })
})

describe('what is computed', () => {
  const make = (...frozen: number[]) => {
    const layers = [
      new Conv2d(3, 3, { padding: 1 }),
      new BatchNorm(),
      new ReLU(),
      new Conv2d(2, 3),
      new Flatten(),
      new Linear(5),
      new ReLU(),
      new Linear(4),
    ]
    for (const i of frozen) layers[i]?.freeze()
    const model = new Sequential(layers, { inputShape: [1, 6, 6] })
    model.requireSealed()
    return model
  }
  const count = (model: Sequential, kernel: string) => kernelsOf(model).filter((name) => name === kernel).length

  it('a frozen prefix costs no backward at all', () => {
    const owners = (model: Sequential) =>
      callsOf(model).flatMap((call) => (call.owner.startsWith('0.') || call.owner.startsWith('1.') ? [call.owner] : []))
    const forward = ['0.Conv2d', '1.BatchNorm']
    expect(owners(make(0, 1))).toEqual(forward)
    expect(owners(make()).length).toBeGreaterThan(4)
    const all = kernelsOf(make(0, 1, 3))
    expect(all.filter((name) => /conv2d.*Gradient|batchNormBackward|maxPool/.test(name))).toEqual([])
    expect(all).not.toContain('batchNormUpdate')
  })

  it('a frozen layer in between passes its gradient on and computes none of its own', () => {
    expect(count(make(), 'conv2dWeightGradient')).toBe(2)
    expect(count(make(3), 'conv2dWeightGradient')).toBe(1)
    expect(count(make(3), 'conv2dInputGradient')).toBe(count(make(), 'conv2dInputGradient'))
    expect(count(make(1), 'batchNormBackward')).toBe(0)
    expect(count(make(1), 'batchNormEvaluate')).toBe(2)
    expect(kernelsOf(make(1))).not.toContain('batchNormUpdate')
    // Linear: forward, weight gradient, input gradient each.
    expect(count(make(), 'gemm')).toBe(6)
    expect(count(make(5), 'gemm')).toBe(5)
  })

  it('nothing frozen: the plan is that of before', () => {
    const model = make()
    const names = kernelsOf(model)
    const layers = model.requireSealed().graph.layers
    for (const layer of layers) layer.freeze()
    expect(kernelsOf(model).length).toBeLessThan(names.length)
    for (const layer of layers) layer.unfreeze()
    expect(kernelsOf(model)).toEqual(names)
  })
})

describe('a frozen BatchNorm', () => {
  const images = new Tensor(
    Float64Array.from({ length: 5 * 2 * 9 }, (_, i) => Math.sin(i * i)),
    [5, 2, 3, 3],
  )
  it('computes in training what it does in evaluation', () => {
    const layer = new BatchNorm()
    layer.forward(images)
    layer.freeze()
    const before = layer.buffers.map(({ value }) => Array.from(value.data))
    expect(Array.from(layer.forward(images).data)).toEqual(Array.from(layer.predict(images).data))
    expect(layer.buffers.map(({ value }) => Array.from(value.data))).toEqual(before)
  })

  it('has the right gradients of what is before and behind it', () => {
    for (const affine of [true, false]) {
      const norm = new BatchNorm({ affine }).freeze()
      const layers = [new Conv2d(3, 3, { padding: 1 }), norm, new ReLU(), new Flatten(), new Linear(2)]
      const model = new Sequential(layers, { seed: 3 })
      model.forward(images)
      norm.buffers.forEach(({ value }, i) => {
        value.data.set([0.3 + i, -0.2 + i, 0.1 + i])
      })
      norm.parameters[0]?.value.data.set([2, 0.5, -1])
      const report = checkGradients(model, { x: images, y: [0, 1, 1, 0, 1], loss: crossEntropy() })
      expect(report.ok, String(report)).toBe(true)
      expect(report.parameters.map(({ name }) => name)).toEqual(['0.weight', '0.bias', '4.weight', '4.bias'])
    }
  })

  it('frozen between forward and backward, it goes on as it began', () => {
    const [one, other] = [new BatchNorm(), new BatchNorm()]
    for (const layer of [one, other]) layer.forward(images)
    one.freeze()
    expect(Array.from(one.backward(images).data)).toEqual(Array.from(other.backward(images).data))
  })
})

describe('by hand', () => {
  it('optimizer.update leaves frozen parameters alone', () => {
    const model = new Sequential([new Linear(12, 5).freeze(), new Linear(4)])
    eachBatch(model, data, 30, crossEntropy(), () => undefined)
    const [frozen, free] = [bitsOf(model.params[0] as Tensor), bitsOf(model.params[2] as Tensor)]
    new SGD({ lr: 0.1, weightDecay: 0.1 }).update(model.parameters)
    expect(bitsOf(model.params[0] as Tensor)).toBe(frozen)
    expect(bitsOf(model.params[2] as Tensor)).not.toBe(free)
  })

  it('is known before the layer has parameters, and holds for those made later', () => {
    const layer = new Linear(3)
    expect(layer.frozen).toBe(false)
    expect(layer.freeze()).toBe(layer)
    layer.forward([[1, 2]])
    expect(layer.parameters.map(({ frozen }) => frozen)).toEqual([true, true])
    expect(layer.unfreeze().parameters.some(({ frozen }) => frozen)).toBe(false)
  })

  it('a frozen layer gives its input gradient alone', () => {
    const layer = new Linear(2, 2)
    layer.forward([[1, 2]])
    layer.backward([[1, 1]])
    const gradient = bitsOf(layer.weight.gradient)
    layer.freeze().forward([[5, 7]])
    const dx = layer.backward([[1, 0]])
    expect(bitsOf(layer.weight.gradient)).toBe(gradient)
    expect(Array.from(dx.data)).toEqual([layer.weight.value.data[0], layer.weight.value.data[2]])
  })
})

describe('nothing to learn', () => {
  it('is an error of fit and of update that says what to do', async () => {
    const model = new Sequential([new Linear(12, 4).freeze()])
    await expect(model.fit(data, plain())).rejects.toMatchObject({
      code: 'ERR_STATE',
      message: 'fit: all layers with parameters are frozen: unfreeze() one that is to learn',
    })
    expect(() => new SGD().update(model.parameters)).toThrow(/update: all parameters are frozen: unfreeze\(\) a layer/)
    const bare = new Sequential([new ReLU()], { inputShape: [12] })
    await expect(bare.fit(data.x, data.x, { ...plain(), loss: mse() })).rejects.toThrow(
      'fit: no layer of this model has parameters, such as those of Linear: there is nothing to learn',
    )
  })
})

it('summary says what is frozen', () => {
  const model = new Sequential([new Linear(12, 5), new ReLU(), new Linear(4)])
  expect(model.summary()).not.toContain('frozen')
  model.requireSealed().graph.layers[0]?.freeze()
  const text = model.summary()
  expect(text).toContain('89 parameters (356 bytes as float32), 24 of them trainable and 65 frozen, ')
  expect(text).toMatch(/0\.Linear +\(5,\) +65 frozen/)
})
