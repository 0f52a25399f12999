// The notes' networks, rows 47 to 59 and 76 to 82 of the table; gradients by backpropagation against numerical ones.

import { describe, expect, test, vi } from 'vitest'
import {
  Affine,
  DeepConvNet,
  forward,
  identityFunction,
  initialStd,
  initNetwork,
  type LayeredNetwork,
  MultiLayerNet,
  MultiLayerNetExtend,
  predict,
  SGD,
  SimpleConvNet,
  sigmoid,
  softmax,
  TwoLayerNet,
  TwoLayerNetwork,
} from '../../src/book/index.js'
import * as vol2 from '../../src/book/vol2/index.js'
import { type TensorLike, tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { expectClose, randomTensor } from './check.js'

const shapes = (params: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, [...shape]]))

/** Standard deviation of the elements about 0. */
const deviation = ({ data, size }: Tensor): number => Math.sqrt([...data].reduce((sum, w) => sum + w * w, 0) / size)

/** The dropouts of a network drop other elements than each other. */
function expectOwnMasks({ layers }: LayeredNetwork): void {
  const x = new Tensor(new Float32Array(1000).fill(1), [10, 100])
  const masks = ['Dropout1', 'Dropout2'].map((name) => layers.get(name)?.forward(x, true).toArray())
  expect(masks[0]).not.toEqual(masks[1])
}

/** Backpropagation against central differences, parameter by parameter. */
function checkGradients(network: LayeredNetwork, x: Tensor, t: TensorLike): void {
  const [got, wanted] = [network.gradient(x, t), network.numericalGradient(x, t)]
  expect(Object.keys(got)).toEqual(Object.keys(network.params))
  for (const [name, gradient] of Object.entries(got)) expectClose(gradient, wanted[name] as Tensor, 1e-7)
}

test('row 48: the 2-3-2-2 network of chapter 3, step by step', () => {
  const { W1, b1, W2, b2, W3, b3 } = initNetwork() as Record<string, Tensor> & Record<'W1', Tensor>
  const affine = (x: TensorLike, W?: Tensor, b?: Tensor) => new Affine(W as Tensor, b as Tensor).forward(x)
  const A1 = affine([1, 0.5], W1, b1)
  const Z1 = sigmoid(A1)
  const A2 = affine(Z1, W2, b2)
  const Z2 = sigmoid(A2)
  const Y = identityFunction(affine(Z2, W3, b3))
  const wanted = [
    [A1, [0.3, 0.7, 1.1]],
    [Z1, [0.57444252, 0.66818777, 0.75026011]],
    [A2, [0.51615984, 1.21402696]],
    [Z2, [0.62624937, 0.7710107]],
    [Y, [0.31682708, 0.69627909]],
  ] as const
  for (const [got, values] of wanted) expectClose(got, values, 1e-8, 0)
  expect(forward(initNetwork(), [1, 0.5]).toArray()).toEqual(Y.toArray())
})

test('row 49: a random 2-3-2-2 network ends in softmax, and its W2 is (3,2)', () => {
  const network = initNetwork([2, 3, 2, 2], { seed: 1 })
  expect(shapes(network)).toEqual({ W1: [2, 3], b1: [3], W2: [3, 2], b2: [2], W3: [2, 2], b3: [2] })
  const y = forward(network, [1, 0.5], softmax)
  expect(y.at(0) + y.at(1)).toBeCloseTo(1, 14)
  expect(y.toArray()).toEqual(predict(network, [1, 0.5]).toArray())
  expect(initNetwork([2, 3, 2, 2], { seed: 2 }).W1?.toArray()).not.toEqual(network.W1?.toArray())
  expect(() => forward({}, [1])).toThrow(/has no W1 and b1/)
})

test('row 54: volume 2’s TwoLayerNet: (10,2) → (10,3), and all parameters and gradients in lists', () => {
  const model = new vol2.TwoLayerNet(2, 4, 3, { dtype: 'float64', weightInitStd: 1 })
  const [x, t] = [randomTensor([10, 2]), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]]
  expect(model.predict(x).shape).toEqual([10, 3])
  expect(model.params.map(({ shape }) => [...shape])).toEqual([[2, 4], [4], [4, 3], [3]])
  const gradients = [...model.grads]
  const loss = model.forward(x, t)
  model.backward()
  expect(model.grads.every((gradient, i) => gradient === gradients[i])).toBe(true)
  // Against TwoLayerNetwork, which is the same network with numerical gradients.
  const twin = new TwoLayerNetwork(2, 4, 3, { weightInitStd: 1 })
  expect(loss).toBeCloseTo(twin.loss(x, t), 5)
  Object.values(twin.numericalGradient(x, t)).forEach((wanted, i) => {
    expectClose(model.grads[i] as Tensor, wanted, 1e-6)
  })
})

describe('row 55: TwoLayerNetwork', () => {
  test('parameters, probabilities, loss, and accuracy for labels as for rows', () => {
    const network = new TwoLayerNetwork(784, 100, 10)
    expect(shapes(network.params)).toEqual({ W1: [784, 100], b1: [100], W2: [100, 10], b2: [10] })
    const x = randomTensor([20, 784])
    const y = network.predict(x)
    expect(y.shape).toEqual([20, 10])
    const labels = [...y.argMax(1).data].map((label, i) => (i < 5 ? (label + 1) % 10 : label))
    const rows = labels.map((label) => Array.from({ length: 10 }, (_, c) => (c === label ? 1 : 0)))
    expect([network.accuracy(x, labels), network.accuracy(x, rows), network.accuracy(x, rows, 7)]).toEqual([
      0.75, 0.75, 0.75,
    ])
    expect(network.loss(x, labels)).toBeCloseTo(network.loss(x, rows), 12)
  })

  test('the numerical gradient is that of the loss, also for a float32 network', () => {
    const [x, t] = [randomTensor([4, 3]), [0, 1, 1, 0]]
    const options = { weightInitStd: 1, seed: 5 } as const
    const wanted = new TwoLayerNetwork(3, 2, 2, options).numericalGradient(x, t)
    const single = new TwoLayerNetwork(3, 2, 2, { ...options, dtype: 'float32' }).numericalGradient(x, t)
    for (const [name, gradient] of Object.entries(single)) expectClose(gradient, wanted[name] as Tensor, 1e-6)
  })
})

describe('row 56: TwoLayerNet', () => {
  const [x, t] = [randomTensor([5, 6]), [0, 1, 2, 0, 1]]

  test('layers in order, parameters by name, the gradient by backpropagation', () => {
    const network = new TwoLayerNet(6, 4, 3, { weightInitStd: 0.5, dtype: 'float64', seed: 1 })
    expect([...network.layers.keys()]).toEqual(['Affine1', 'Relu1', 'Affine2'])
    expect(shapes(network.params)).toEqual({ W1: [6, 4], b1: [4], W2: [4, 3], b2: [3] })
    checkGradients(network, x, t)
    const rows = t.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)))
    checkGradients(network, x, rows)
  })

  test('updates in place are seen by the layers; gradients are tensors of their own', () => {
    const network = new TwoLayerNet(6, 4, 3, { weightInitStd: 0.5 })
    const [before, first] = [network.loss(x, t), network.gradient(x, t)]
    const copy = first.W1?.toArray()
    new SGD({ lr: 0.1 }).update(network.params, first)
    expect(network.loss(x, t)).toBeLessThan(before)
    expect(network.gradient(x, t).W1?.toArray()).not.toEqual(copy)
    expect(first.W1?.toArray()).toEqual(copy)
    expect((network.layers.get('Affine1') as Affine).W).toBe(network.params.W1)
    expect(() => Object.assign(network.params, { W1: tensor([1]) })).toThrow(TypeError)
  })

  test('float32 by default, float64 on request, with the same weights but for rounding', () => {
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => new TwoLayerNet(6, 4, 3, { dtype }))
    expect([single?.params.W1?.element, double?.predict(x).element]).toEqual(['float32', 'float64'])
    expectClose(single?.params.W1 as Tensor, double?.params.W1 as Tensor)
    expect(new TwoLayerNet(6, 4, 3).dtype).toBe('float32')
  })

  test('the weights are drawn with the given deviation, by the seed', () => {
    const [a, b] = [1, 2].map((seed) => new TwoLayerNet(784, 50, 10, { seed }).params.W1 as Tensor) as [Tensor, Tensor]
    expect(deviation(a)).toBeCloseTo(0.01, 3)
    expect(a.toArray()).not.toEqual(b.toArray())
    expect(() => new TwoLayerNet(0, 4, 3)).toThrow(/number of inputs of layer 1 is 0/)
    expect(() => new TwoLayerNet(6, 4, 3, { std: 1 } as object)).toThrow(/unknown option 'std'/)
  })
})

test('row 57: accuracy takes labels and one-hot rows, in batches of any size', () => {
  const network = new TwoLayerNet(6, 4, 3, { weightInitStd: 1 })
  const x = randomTensor([23, 6])
  const labels = network.predict(x).argMax(1)
  labels.data[3] = ((labels.data[3] as number) + 1) % 3
  const rows = [...labels.data].map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)))
  expect([network.accuracy(x, labels), network.accuracy(x, rows), network.accuracy(x, labels, 5)]).toEqual(
    Array.from({ length: 3 }, () => 22 / 23),
  )
  // The largest batch that predict sees is batchSize.
  const images = new SimpleConvNet({
    inputDim: [1, 6, 6],
    convParam: { filterNum: 2, filterSize: 3, pad: 0, stride: 1 },
  })
  const seen: number[] = []
  const whole = images.predict.bind(images)
  images.predict = (samples) => {
    seen.push((samples as Tensor).shape[0] as number)
    return whole(samples)
  }
  images.accuracy(randomTensor([250, 1, 6, 6]), new Tensor(new Int32Array(250), [250]))
  expect(seen).toEqual([100, 100, 50])
  expect(() => network.accuracy(x, [1])).toThrow(/expected as many samples/)
})

describe('row 58: MultiLayerNet', () => {
  test('W1 … Wn and b1 … bn of any list of hidden sizes', () => {
    const network = new MultiLayerNet(6, [5, 4], 3)
    expect(shapes(network.params)).toEqual({ W1: [6, 5], b1: [5], W2: [5, 4], b2: [4], W3: [4, 3], b3: [3] })
    expect([...network.layers.keys()]).toEqual([
      'Affine1',
      'ActivationFunction1',
      'Affine2',
      'ActivationFunction2',
      'Affine3',
    ])
    expect(Object.keys(new MultiLayerNet(6, [], 3).params)).toEqual(['W1', 'b1'])
  })

  test('gradients, with both activations, batch normalisation, and float32 checked against float64', () => {
    const [x, t] = [randomTensor([7, 6]), [0, 1, 2, 0, 1, 2, 0]]
    for (const activation of ['relu', 'sigmoid'] as const) {
      checkGradients(new MultiLayerNet(6, [5, 4], 3, { activation, dtype: 'float64', seed: 2 }), x, t)
      const options = { activation, dtype: 'float64', seed: 2, useBatchnorm: true } as const
      checkGradients(new MultiLayerNetExtend(6, [5, 4], 3, options), x, t)
    }
    const single = new MultiLayerNet(6, [5, 4], 3, { seed: 2 })
    const numeric = single.numericalGradient(x, t)
    for (const [name, value] of Object.entries(single.gradient(x, t))) {
      expectClose(value, numeric[name] as Tensor, 1e-5)
    }
  })

  test('row 35, row 36 and row 37: batch normalisation before each activation, dropout with masks of its own behind it', () => {
    const options = { useBatchnorm: true, useDropout: true, dropoutRatio: 0.4, dtype: 'float64' } as const
    const network = new MultiLayerNetExtend(6, [50, 50], 3, options)
    expect([...network.layers.keys()].slice(0, 4)).toEqual(['Affine1', 'BatchNorm1', 'ActivationFunction1', 'Dropout1'])
    const ones = Array.from({ length: 50 }, () => 1)
    expect([network.params.gamma1?.toArray(), network.params.beta2?.toArray()]).toEqual([ones, ones.map(() => 0)])
    const x = randomTensor([8, 6])
    expectOwnMasks(network)
    // Evaluation has no masks and does not learn.
    expect(network.predict(x).toArray()).toEqual(network.predict(x).toArray())
    expect(network.loss(x, [0, 0, 0, 0, 1, 1, 1, 1], true)).not.toBe(network.loss(x, [0, 0, 0, 0, 1, 1, 1, 1], true))
    expect(() => network.numericalGradient(x, [0, 0, 0, 0, 1, 1, 1, 1])).toThrow(/has dropout/)
  })
})

describe('row 59: SimpleConvNet', () => {
  test('433,890 parameters, shapes by name, scores of images', () => {
    const network = new SimpleConvNet()
    expect(shapes(network.params)).toEqual({
      W1: [30, 1, 5, 5],
      b1: [30],
      W2: [4320, 100],
      b2: [100],
      W3: [100, 10],
      b3: [10],
    })
    expect(Object.values(network.params).reduce((sum, { size }) => sum + size, 0)).toBe(433_890)
    expect([...network.layers.keys()]).toEqual(['Conv1', 'Relu1', 'Pool1', 'Affine1', 'Relu2', 'Affine2'])
    expect(network.predict(randomTensor([3, 1, 28, 28])).shape).toEqual([3, 10])
  })

  test('gradients of a small one, on images that are not square, with a stride and padding', () => {
    const options = { hiddenSize: 6, outputSize: 3, weightInitStd: 0.5, dtype: 'float64' } as const
    const convParam = { filterNum: 2, filterSize: 3, pad: 1, stride: 2 }
    const network = new SimpleConvNet({ ...options, inputDim: [2, 7, 9], convParam })
    expect(shapes(network.params)).toMatchObject({ W1: [2, 2, 3, 3], W2: [2 * 2 * 2, 6] })
    checkGradients(network, randomTensor([3, 2, 7, 9]), [0, 2, 1])
  })
})

describe('DeepConvNet', () => {
  test('the network of chapter 8', () => {
    const network = new DeepConvNet({ seed: 1 })
    expect(shapes(network.params)).toEqual({
      ...{ W1: [16, 1, 3, 3], b1: [16], W2: [16, 16, 3, 3], b2: [16], W3: [32, 16, 3, 3], b3: [32] },
      ...{ W4: [32, 32, 3, 3], b4: [32], W5: [64, 32, 3, 3], b5: [64], W6: [64, 64, 3, 3], b6: [64] },
      ...{ W7: [1024, 50], b7: [50], W8: [50, 10], b8: [10] },
    })
    expect([...network.layers.keys()].join(' ')).toBe(
      'Conv1 Relu1 Conv2 Relu2 Pool1 Conv3 Relu3 Conv4 Relu4 Pool2 Conv5 Relu5 Conv6 Relu6 Pool3 ' +
        'Affine1 Relu7 Dropout1 Affine2 Dropout2',
    )
    // He's rule with the inputs of one output: 3·3 of one channel, 3·3 of 16, …, 64·4·4, 50.
    const fans = { W1: 9, W2: 144, W3: 144, W4: 288, W5: 288, W6: 576, W7: 1024, W8: 50 }
    for (const [name, fan] of Object.entries(fans)) {
      const W = network.params[name] as Tensor
      // Five standard deviations of a standard deviation.
      expect(Math.abs(deviation(W) / Math.sqrt(2 / fan) - 1)).toBeLessThan(5 / Math.sqrt(2 * W.size))
    }
    expectOwnMasks(network)
    const { loss, gradients } = network.lossAndGradient(randomTensor([2, 1, 28, 28]), [3, 4])
    expect(Number.isFinite(loss)).toBe(true)
    expect(shapes(gradients)).toEqual(shapes(network.params))
  })

  test('gradients of a small one without dropout: the mask of ratio 0 keeps everything', () => {
    const conv = (filterNum: number, pad: number) => ({ filterNum, filterSize: 3, pad, stride: 1 })
    const options = { inputDim: [1, 6, 6], convParams: [conv(2, 1), conv(3, 2)], hiddenSize: 4, outputSize: 3 } as const
    const network = new DeepConvNet({ ...options, dropoutRatio: 0, dtype: 'float64', seed: 3 })
    const [x, t] = [randomTensor([2, 1, 6, 6]), [0, 2]]
    // Not 0: where a window sees padding only, that would be on the kink of ReLU.
    for (const name of ['b1', 'b2']) network.params[name]?.data.fill(0.1)
    const gradients = network.gradient(x, t)
    const directional = (name: string, h: number): number => {
      const value = network.params[name] as Tensor
      const direction = randomTensor(value.shape, 7)
      const move = (step: number) => {
        for (let i = 0; i < value.size; i++)
          value.data[i] = (value.data[i] as number) + step * (direction.data[i] as number)
      }
      move(h)
      const above = network.loss(x, t, true)
      move(-2 * h)
      const below = network.loss(x, t, true)
      move(h)
      const wanted = [...(gradients[name] as Tensor).data].reduce(
        (sum, g, i) => sum + g * (direction.data[i] as number),
        0,
      )
      return (above - below) / (2 * h) - wanted
    }
    const names = Object.keys(network.params)
    expect(names.map((name) => Math.abs(directional(name, 1e-5)) < 1e-7)).toEqual(names.map(() => true))
  })
})

test('row 76: weights of 0 are warned about: they would stay equal to each other', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const network = new TwoLayerNet(4, 3, 2, { weightInitStd: 0, dtype: 'float64' })
  expect(warn.mock.calls.map(([text, options]) => [text, (options as { code: string }).code])).toEqual([
    [expect.stringMatching(/^TwoLayerNet: all weights \(4, 3\) begin as 0/), 'NETWRIGHT_ZERO_INIT'],
  ])
  warn.mockRestore()
  const [x, optimizer] = [randomTensor([6, 4]), new SGD({ lr: 0.5 })]
  for (let i = 0; i < 10; i++) optimizer.update(network.params, network.gradient(x, [0, 1, 0, 1, 1, 1]))
  expect(network.params.W1?.data.every((w: number) => w === 0)).toBe(true)
})

test('row 78 and row 79: the book’s Xavier is 1/√n, He’s √(2/n)', () => {
  expect([initialStd('xavier', 100), initialStd('sigmoid', 100)]).toEqual([0.1, 0.1])
  expect([initialStd('he', 50), initialStd('relu', 50)]).toEqual([0.2, 0.2])
})

test('row 80: a number or a rule decides every weight, and a filter’s inputs are C · FH · FW', () => {
  for (const [weightInitStd, wanted] of [
    [0.05, [0.05, 0.05]],
    ['relu', [Math.sqrt(2 / 400), Math.sqrt(2 / 200)]],
    ['xavier', [1 / Math.sqrt(400), 1 / Math.sqrt(200)]],
  ] as const) {
    const { W1, W2 } = new MultiLayerNet(400, [200], 10, { weightInitStd }).params as Record<string, Tensor>
    expect(deviation(W1 as Tensor) / wanted[0]).toBeCloseTo(1, 1)
    expect(deviation(W2 as Tensor) / wanted[1]).toBeCloseTo(1, 1)
  }
  const convParam = { filterNum: 200, filterSize: 3, pad: 0, stride: 1 }
  const { W1 } = new SimpleConvNet({ inputDim: [5, 6, 6], convParam, weightInitStd: 'he' }).params
  expect(deviation(W1 as Tensor) / Math.sqrt(2 / 45)).toBeCloseTo(1, 1)
  expect(() => new MultiLayerNet(4, [3], 2, { weightInitStd: 'lecun' as 'he' })).toThrow(/weightInitStd is "lecun"/)
})

test('errors: sizes that are no list, a filter that does not fit, labels that are no class', () => {
  expect(() => new MultiLayerNet(2, 3 as never, 2)).toThrow(/^MultiLayerNet: hiddenSizeList is 3, expected an array/)
  expect(() => new MultiLayerNetExtend(2, 3 as never, 2)).toThrow(/^MultiLayerNetExtend: hiddenSizeList is 3/)
  const convParam = { filterNum: 2, filterSize: 7, pad: 0, stride: 1 }
  expect(() => new SimpleConvNet({ inputDim: [1, 6, 6], convParam })).toThrow(/^SimpleConvNet: Conv1: .* does not fit/)
  const small = { ...convParam, filterSize: 6 }
  expect(() => new SimpleConvNet({ inputDim: [1, 6, 6], convParam: small })).toThrow(/^SimpleConvNet: Pool1: /)
  const network = new TwoLayerNet(4, 3, 2)
  const x = randomTensor([3, 4])
  for (const label of [2, -1, 0.5]) {
    for (const compute of [() => network.loss(x, [0, 1, label]), () => network.accuracy(x, [0, 1, label], 2)]) {
      expect(compute).toThrow(expect.objectContaining({ code: 'ERR_LABEL' }))
      expect(compute).toThrow(`label of sample 2 is ${label}, expected an integer from 0 below 2`)
    }
  }
})

describe('row 82: weight decay', () => {
  const [x, t] = [randomTensor([5, 6]), [0, 1, 2, 0, 1]]
  const options = { dtype: 'float64', seed: 2 } as const
  const [plain, decayed] = [0, 0.1].map(
    (weightDecayLambda) => new MultiLayerNet(6, [4], 3, { ...options, weightDecayLambda }),
  ) as [MultiLayerNet, MultiLayerNet]

  test('½ λ Σ W² over all weights is in the loss', () => {
    const { W1, W2 } = plain.params as Record<string, Tensor>
    const squares = [W1, W2].flatMap((W) => [...(W as Tensor).data]).reduce((sum, w) => sum + w * w, 0)
    expect(decayed.loss(x, t)).toBeCloseTo(plain.loss(x, t) + 0.05 * squares, 12)
  })

  test('λ W is in the gradient of weights, and nothing in that of biases', () => {
    decayed.params.b1?.data.fill(0.5)
    plain.params.b1?.data.fill(0.5)
    checkGradients(decayed, x, t)
    const [with_, without] = [decayed.gradient(x, t), plain.gradient(x, t)]
    expect(with_.b1?.toArray()).toEqual(without.b1?.toArray())
    const difference = (with_.W1?.at(1, 2) as number) - (without.W1?.at(1, 2) as number)
    expect(difference).toBeCloseTo(0.1 * (plain.params.W1?.at(1, 2) as number), 14)
  })
})
