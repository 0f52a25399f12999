// What fit says of a step that is not finite: which layer and tensor first, for which samples, and why.

import { describe, expect, it, vi } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { mnist } from '../../src/data/mnist.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Add } from '../../src/layers/add.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import type { Node } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { input } from '../../src/layers/value.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { Model } from '../../src/model.js'
import { SGD } from '../../src/optim/sgd.js'
import { permutation } from '../../src/random/permutation.js'
import { Random } from '../../src/random/random.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import type { NotFiniteError } from '../../src/train/failure.js'
import type { FitOptions } from '../../src/train/options.js'
import { bufferBits, weightBits } from '../model/models.js'
import { hasNative } from '../setup/backend.js'

const backends: (readonly [string, Backend])[] = [
  ['reference', reference()],
  ['reference in float64', reference({ dtype: 'float64' })],
]
if (hasNative) backends.push(['native', native()])

const digits = (await mnist()).train.slice(0, 96)
const bytes = (await mnist({ normalize: false })).train.slice(0, 96)

/** `count` samples of `features` numbers in -1 … 1, labels of 3 classes. */
function toy(count: number, features: number, real: 'float32' | 'float64'): Dataset {
  const random = new Random(3, 'toy')
  const x = Float64Array.from({ length: count * features }, () => 2 * random.uniform() - 1)
  const y = Int32Array.from({ length: count }, (_, i) => i % 3)
  return new Dataset(new Tensor(x, [count, features]), y, { real })
}

async function errorOf(training: Promise<unknown>): Promise<NotFiniteError> {
  const error = await training.then(
    () => undefined,
    (reason: unknown) => reason as NotFiniteError,
  )
  if (error?.code !== 'ERR_NOT_FINITE') throw error ?? new Error('expected an error, got none')
  return error
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

/** y = f(x) and dx = f'(x) · dy, in plain JavaScript. */
class Plain extends Layer {
  readonly #f: (x: number) => number
  readonly #derivative: (x: number) => number

  constructor(f: (x: number) => number, derivative: (x: number) => number) {
    super()
    this.#f = f
    this.#derivative = derivative
  }

  override get kind(): string {
    return 'Plain'
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    const map = (out: Tensor | undefined, from: Tensor | undefined) =>
      out?.data.forEach((_, i, all) => {
        all[i] = this.#f(from?.data[i] as number)
      })
    node.kernels.host(([out], [from]) => map(out, from), [y], [x])
    node.save(x)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    const [x] = node.saved as readonly [Tensor]
    const dx = node.empty(x.shape)
    node.kernels.host(
      ([out], [from, gradient]) => {
        out?.data.forEach((_, i, all) => {
          all[i] = this.#derivative(from?.data[i] as number) * (gradient?.data[i] as number)
        })
      },
      [dx],
      [x, dy],
    )
    return [dx]
  }
}

/** The root of |x|: finite at 0, where its derivative is not. */
const root = () =>
  new Plain(
    (x) => Math.sqrt(Math.abs(x)),
    (x) => 0.5 / Math.sqrt(Math.abs(x)),
  )

describe.each(backends)('%s', (_, backend) => {
  const options = (more: Partial<FitOptions> = {}): FitOptions => ({
    batchSize: 32,
    optimizer: new SGD({ lr: 0.1 }),
    loss: crossEntropy(),
    shuffle: false,
    ...more,
  })
  const mlp = () => new Sequential([new Linear(784, 20), new ReLU(), new Linear(10)], { seed: 1, backend })

  it('a rate so high that a weight overflows: the layer, its weight, and the batch that met it', async () => {
    const optimizer = new SGD({ lr: backend.real === 'float64' ? 1e308 : 3e38 })
    const { message, diagnosis } = await errorOf(mlp().fit(digits, options({ optimizer, l2: 1e3 })))
    expect(diagnosis).toMatchObject({ epoch: 0, step: 1, layer: '0.Linear', tensor: 'weight' })
    expect(diagnosis.samples).toEqual(range(32, 64))
    expect(diagnosis.sample).toBeUndefined()
    expect(Number.isFinite(diagnosis.value)).toBe(false)
    expect(diagnosis.lastLosses).toHaveLength(1)
    expect(diagnosis.lastLosses[0]).toBeGreaterThan(2)
    expect(message).toMatch(
      /^Training stopped in epoch 1, step 2: the weight of 0\.Linear is (-?Infinity|NaN), expected a finite number\. The model/,
    )
    expect(message).toMatch(/The step before made it overflow: the learning rate is too high/)
    expect(message).toMatch(/Last losses: [\d.]+\. Samples of the batch: 32, 33, .*, 47, … \(32 samples\)\.$/)
  })

  it('digits with a rate of 100: the output of the last layer, and losses that rose', async () => {
    const net = new Sequential([new Linear(784, 20), new Linear(10)], { seed: 1, backend })
    // The squares of the loss would overflow before the outputs do.
    const training = net.fit(digits, options({ optimizer: new SGD({ lr: 100 }), l2: 10, epochs: 200 }))
    const { message, diagnosis } = await errorOf(training)
    expect(diagnosis).toMatchObject({ layer: '1.Linear', tensor: 'output' })
    expect(diagnosis.samples).toContain(diagnosis.sample)
    expect(diagnosis.lastLosses.length).toBeGreaterThan(5)
    expect(diagnosis.lastLosses.length).toBeLessThanOrEqual(8)
    expect(diagnosis.lastLosses.at(-1)).toBeGreaterThan(1e3 * (diagnosis.lastLosses[0] as number))
    expect(message).toMatch(/Weights of \d\.Linear reach [\d.]+e\+\d+\. The losses rose: the learning rate is too high/)
    expect(message).not.toContain('not scaled')
  })

  it('bytes that are not scaled: how large they are', async () => {
    const net = new Sequential([new Linear(784, 20), new Linear(10)], { seed: 1, backend })
    const { message, diagnosis } = await errorOf(net.fit(bytes, options({ epochs: 100 })))
    expect(diagnosis).toMatchObject({ layer: '1.Linear', tensor: 'output' })
    expect(message).toMatch(
      /The inputs are not scaled to about -1 … 1: mean 3\d(\.\d)?, standard deviation [78]\d(\.\d)?, \|x\| up to 255\./,
    )
  })

  it('shuffled: the samples are those of the batch in the order of the epoch', async () => {
    const order = permutation(96, 5, 0)
    const data = toy(96, 4, backend.real)
    data.x.data[4 * (order[70] as number) + 2] = Number.NaN
    const net = new Sequential([new Linear(4, 3)], { seed: 1, backend })
    const { message, diagnosis } = await errorOf(net.fit(data, options({ shuffle: true, seed: 5 })))
    expect(diagnosis).toMatchObject({ epoch: 0, step: 2, tensor: 'input', sample: order[70], value: Number.NaN })
    expect(diagnosis.layer).toBeUndefined()
    expect(diagnosis.samples).toEqual(Array.from(order.slice(64, 96)))
    expect(message).toContain(`the input of sample ${order[70]} is NaN`)
    expect(message).toContain('put the sample right')
  })

  it('a target that is no number', async () => {
    const y = new Tensor(new Float32Array(40), [40, 1])
    const data = new Dataset(toy(40, 4, backend.real).x, y, { real: backend.real })
    data.y.data[35] = Number.NEGATIVE_INFINITY
    const net = new Sequential([new Linear(4, 1)], { seed: 1, backend })
    const { diagnosis } = await errorOf(net.fit(data, options({ loss: mse() })))
    expect(diagnosis).toMatchObject({ tensor: 'target', sample: 35, value: Number.NEGATIVE_INFINITY, step: 1 })
    expect(diagnosis.samples).toEqual(range(32, 40))
  })

  it('a layer of your own that divides by zero: the layer and the sample', async () => {
    const data = toy(40, 4, backend.real)
    data.x.data[4 * 37 + 1] = 0
    const plain = new Plain(
      (x) => 1 / x,
      (x) => -1 / x ** 2,
    )
    const net = new Sequential([plain, new Linear(4, 3)], { seed: 1, backend })
    const { message, diagnosis } = await errorOf(net.fit(data, options({ optimizer: new SGD({ lr: 1e-6 }) })))
    expect(diagnosis).toMatchObject({ layer: '0.Plain', tensor: 'output', sample: 37, value: Number.POSITIVE_INFINITY })
    expect(diagnosis.samples).toEqual(range(32, 40))
    expect(message).toContain('the output of 0.Plain for sample 37 is Infinity')
    expect(message).toMatch(/from finite numbers, up to 0\.9\d*: look in the layer for a division by 0/)
  })

  it('a derivative that divides by zero: the gradient, and the layer that made it', async () => {
    const data = toy(40, 4, backend.real)
    data.x.data.fill(0, 4 * 3, 4 * 4)
    const layers = [new Linear(4, 4, { bias: false }), root(), new Linear(3)]
    const net = new Sequential(layers, { seed: 1, backend })
    const { message, diagnosis } = await errorOf(net.fit(data, options()))
    expect(diagnosis).toMatchObject({ step: 0, layer: '1.Plain', tensor: 'gradient of input', sample: 3 })
    expect(Math.abs(diagnosis.value)).toBe(Number.POSITIVE_INFINITY)
    expect(message).toContain('The forward pass is finite: look for a derivative that divides by 0')
    expect(message).not.toContain('Last losses')
  })

  it('where a value is used twice, the layer that spoilt the sum of its gradients', async () => {
    const data = toy(40, 4, backend.real)
    data.x.data.fill(0, 4 * 3, 4 * 4)
    const x = input([4])
    const h = new Linear(4, { bias: false }).apply(x)
    // The other one is computed last, so differentiated first, and innocent.
    const other = new Plain(Math.abs, Math.sign)
    const sum = new Add().apply(root().apply(h), other.apply(h))
    const net = new Model(x, new Linear(3).apply(sum), { seed: 1, backend })
    const { diagnosis } = await errorOf(net.fit(data, options()))
    expect(diagnosis).toMatchObject({ layer: '1.Plain', tensor: 'gradient of input', sample: 3 })
  })

  it('weight decay that overflows, which no pass by hand shows: the gradient as the step left it', async () => {
    const net = new Sequential([new Linear(4, 4), new Linear(3)], { seed: 1, backend })
    net.predict(new Tensor(new Float32Array(4), [1, 4]))
    net.params[0]?.data.fill(backend.real === 'float64' ? 1e308 : 1e38)
    const { y } = toy(40, 4, backend.real)
    const data = new Dataset(new Tensor(new Float32Array(160), [40, 4]), y, { real: backend.real })
    const { message, diagnosis } = await errorOf(net.fit(data, options({ l2: 10 })))
    expect(diagnosis).toMatchObject({ layer: '0.Linear', tensor: 'gradient of weight', lastLosses: [] })
    expect(message).toMatch(/Weights of 0\.Linear reach 1e\+\d+: begin with smaller ones\. Samples/)
  })

  it('several inputs: which one', async () => {
    const [a, b] = [input([4]), input([2])]
    const sum = new Add().apply(new Linear(3).apply(a), new Linear(3).apply(b))
    const net = new Model([a, b], sum, { seed: 1, backend })
    const [first, second] = [toy(40, 4, backend.real), toy(40, 2, backend.real)]
    const data = new Dataset([first.x, second.x], first.y, { real: backend.real })
    data.inputs[1]?.data.fill(Number.NaN, 2 * 33, 2 * 33 + 1)
    const { message, diagnosis } = await errorOf(net.fit(data, options()))
    expect(diagnosis).toMatchObject({ step: 1, tensor: 'input 1', sample: 33 })
    expect(message).toContain('the input 1 of sample 33 is NaN')
  })

  it('batch normalisation, which hides an overflow: the variance', async () => {
    const data = toy(40, 4, backend.real)
    const scale = backend.real === 'float64' ? 1e200 : 1e25
    data.x.data.forEach((value, i, all) => {
      all[i] = value * scale
    })
    const net = new Sequential([new BatchNorm(), new Linear(3)], { seed: 1, backend })
    const { message, diagnosis } = await errorOf(net.fit(data, options()))
    expect(diagnosis).toMatchObject({ step: 0, layer: '0.BatchNorm', tensor: 'variance' })
    expect(diagnosis.samples).toEqual(range(0, 32))
    expect(message).toContain('The inputs are not scaled')
    expect(net.buffers.every(({ value }) => value.data.every(Number.isFinite))).toBe(true)
  })

  it('digits through batch normalisation and a weight that overflows', async () => {
    const layers = [new Linear(784, 20), new BatchNorm(), new ReLU(), new Linear(10)]
    const net = new Sequential(layers, { seed: 1, backend })
    const optimizer = new SGD({ lr: backend.real === 'float64' ? 1e308 : 3e38 })
    const { diagnosis } = await errorOf(net.fit(digits, options({ optimizer })))
    expect(diagnosis).toMatchObject({ step: 1, layer: '0.Linear' })
    expect(['output', 'weight']).toContain(diagnosis.tensor)
  })

  it('dropout drops what it dropped: the sample whose last way out was shut', async () => {
    // 1 / (sum of what was left): infinite where both of a sample's numbers are dropped.
    class Inverse extends Layer {
      compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        const y = node.empty(x.shape)
        node.kernels.host(
          ([out], [from]) => {
            const values = from?.data as Float32Array
            values.forEach((_, i) => {
              const left = Math.abs(values[i - (i % 2)] as number) + Math.abs(values[i - (i % 2) + 1] as number)
              ;(out?.data as Float32Array)[i] = left === 0 ? Number.POSITIVE_INFINITY : 1
            })
          },
          [y],
          [x],
        )
        return [y]
      }
      differentiate(_: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
        return [dy]
      }
    }
    const dropped: number[] = []
    const seen = new Inverse()
    const net = new Sequential([new Dropout(0.08), seen, new Linear(2, 3)], { seed: 4, backend })
    const data = toy(400, 2, backend.real)
    const watching = vi.spyOn(seen, 'compute')
    const { diagnosis } = await errorOf(net.fit(data, options({ batchSize: 20, epochs: 5 })))
    const pass = watching.mock.calls.at(-1)?.[1][0].data as Float32Array
    for (let row = 0; row < 20; row++) if (pass[2 * row] === 0 && pass[2 * row + 1] === 0) dropped.push(row)
    expect(diagnosis).toMatchObject({ layer: '1.Inverse', tensor: 'output' })
    expect(diagnosis.sample).toBe(diagnosis.samples[dropped[0] as number])
  })

  it('changes nothing: weights and running statistics are those of the last whole step', async () => {
    const network = () => {
      const layers = [new BatchNorm(4), new Linear(4, 4), new Dropout(0.3), new Linear(3)]
      return new Sequential(layers, { seed: 1, backend })
    }
    const [whole, net] = [network(), network()]
    await whole.fit(toy(96, 4, backend.real).slice(0, 64), options())
    const data = toy(96, 4, backend.real)
    data.x.data[4 * 80] = Number.NaN
    const optimizer = new SGD({ lr: 0.1 })
    const { diagnosis } = await errorOf(net.fit(data, options({ optimizer })))
    expect(diagnosis).toMatchObject({ tensor: 'input', sample: 80 })
    expect(optimizer.steps).toBe(2)
    expect(weightBits(net)).toBe(weightBits(whole))
    expect(bufferBits(net)).toBe(bufferBits(whole))
  })
})
