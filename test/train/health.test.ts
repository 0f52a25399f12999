// measureHealth: figures held to plain sums, advice for networks that are ill on purpose, and a training left alone.

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { mnist } from '../../src/data/mnist.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Add } from '../../src/layers/add.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { constant, normal } from '../../src/layers/initialisers.js'
import type { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { Tanh } from '../../src/layers/tanh.js'
import { input } from '../../src/layers/value.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Model, type TrainableNetwork } from '../../src/model.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import type { TensorData } from '../../src/tensor/tensor.js'
import { type HealthSubject, measureHealth } from '../../src/train/health.js'
import type { HealthReport, LayerHealth } from '../../src/train/health-report.js'
import { bufferBits, weightBits } from '../model/models.js'
import { hasNative } from '../setup/backend.js'

const backends: (readonly [string, Backend])[] = [
  ['reference', reference()],
  ['reference in float64', reference({ dtype: 'float64' })],
]
if (hasNative) backends.push(['native', native()])

const digits = (await mnist()).train.slice(0, 128)
const images = (await mnist({ flatten: false })).train.slice(0, 128)
const bytes = (await mnist({ normalize: false })).train.slice(0, 128)
const batch = Array.from({ length: 64 }, (_, i) => 64 + i)

/** A step on the first half of `data`, then one on the other, whose health this is. */
async function healthOf(
  network: TrainableNetwork,
  data: Dataset,
  lr = 0.1,
  more: Partial<HealthSubject> = {},
): Promise<HealthReport> {
  const options = { batchSize: 64, shuffle: false, loss: crossEntropy(), optimizer: new SGD({ lr }) }
  await network.fit(data.slice(0, 64), options)
  const sealed = network.requireSealed()
  const before = sealed.store.values.slice()
  await network.fit(data.slice(64), options)
  return measureHealth({ network, sealed, part: { dataset: data, first: 0 }, indices: batch, before, ...more })
}

/** What the first layer, a Linear of 20 units, adds up for each sample of the batch. */
function firstSums({ params }: TrainableNetwork): readonly (readonly number[])[] {
  const [weight, bias] = params.map(({ data }) => data) as [Float32Array, Float32Array]
  return batch.map((sample) => {
    const pixels = digits.x.data.slice(784 * sample, 784 * (sample + 1)) as Uint8Array
    return Array.from(bias, (start, unit) =>
      pixels.reduce((sum, pixel, i) => sum + (pixel / 255) * (weight[20 * i + unit] as number), start),
    )
  })
}

const norm = (...lists: readonly ArrayLike<number>[]) =>
  Math.sqrt(lists.flatMap((list) => Array.from(list)).reduce((sum, value) => sum + value ** 2, 0))
const named = (report: HealthReport, layer: string) =>
  report.layers.find((item) => item.layer === layer) as Required<LayerHealth>

describe.each(backends)('%s', (_, backend) => {
  const sequential = (...layers: Layer[]) => new Sequential(layers, { seed: 1, backend })
  const mlp = () => sequential(new Linear(784, 20), new ReLU(), new Linear(10))

  it('digits that learn as they should: norms by hand, and nothing to say', async () => {
    const net = mlp()
    net.predict(digits.x.slice(0, 1))
    const report = await healthOf(net, digits)
    const [weight, bias] = net.params.map(({ data }) => data)
    const [dWeight, dBias] = net.grads.map(({ data }) => data)
    const first = named(report, '0.Linear')
    expect(first.weightNorm).toBeCloseTo(norm(weight as Float32Array, bias as Float32Array), 10)
    expect(first.gradientNorm).toBeCloseTo(norm(dWeight as Float32Array, dBias as Float32Array), 10)
    // SGD: the step is the rate times the gradient.
    const ratio = (0.1 * first.gradientNorm) / first.weightNorm
    expect(first.updateRatio / ratio).toBeCloseTo(1, 2)
    expect(report.layers.map(({ layer }) => layer)).toEqual(['0.Linear', '1.ReLU', '2.Linear'])
    expect(report.samples).toBe(64)
    expect(report.advice).toEqual([])
  })

  it('the scale of the inputs', async () => {
    const report = await healthOf(mlp(), digits)
    const values = Array.from(digits.x.data.subarray(64 * 784), (pixel) => pixel / 255)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    expect(report.inputs).toHaveLength(1)
    expect(report.inputs[0]?.mean).toBeCloseTo(mean, 6)
    expect(report.inputs[0]?.deviation).toBeCloseTo(deviation, 6)
    expect(report.inputs[0]?.largest).toBeCloseTo(1, 6)
  })

  it('bytes that are not normalised', async () => {
    const { advice } = await healthOf(mlp(), bytes, 1e-5)
    expect(advice[0]).toMatch(
      /^input: not normalised \(mean 3\d(\.\d)?, standard deviation [78]\d.*up to 255\): subtract/,
    )
  })

  it('weights that begin at zero', async () => {
    const zero = { init: constant(0), biasInit: constant(0) }
    const net = sequential(new Linear(784, 20, zero), new Sigmoid(), new Linear(20, 10, zero))
    const report = await healthOf(net, digits)
    expect(report.advice).toContain(
      "0.Linear: all its units have the same weights and stay copies: begin with random ones, init: 'he'",
    )
    // Its units get gradients of their own: each class another.
    expect(named(report, '2.Linear').unitsAreCopies).toBe(false)
  })

  it('filters that begin alike', async () => {
    const conv = new Conv2d(4, 3, { init: constant(0.1), biasInit: constant(0) })
    const net = sequential(conv, new ReLU(), new Flatten(), new Linear(10, { init: constant(0.01) }))
    const { advice } = await healthOf(net, images, 0.01)
    expect(advice.filter((line) => line.includes('copies')).map((line) => line.split(':')[0])).toEqual(['0.Conv2d'])
  })

  it('a rate that is too high', async () => {
    const report = await healthOf(mlp(), digits, 20)
    expect(named(report, '0.Linear').updateRatio).toBeGreaterThan(0.1)
    expect(report.advice.join('\n')).toMatch(
      /^0\.Linear: a step changes the weights by \d.* %: the learning rate is too high$/m,
    )
  })

  it('a rate that is too low', async () => {
    const { advice } = await healthOf(mlp(), digits, 1e-7)
    expect(advice).toEqual([
      'all layers: a step changes the weights by less than 0.0001 %: the learning rate is too low',
    ])
  })

  it('dead units: features, counted by hand', async () => {
    const net = sequential(new Linear(784, 20, { biasInit: constant(-0.45) }), new ReLU(), new Linear(10))
    const report = await healthOf(net, digits, 1e-3)
    const sums = firstSums(net)
    const dead = sums[0]?.filter((_, unit) => sums.every((sample) => (sample[unit] as number) <= 0)).length as number
    expect(dead).toBeGreaterThan(10)
    expect(dead).toBeLessThan(20)
    expect(named(report, '1.ReLU').dead).toBe(dead / 20)
    expect(report.advice).toContain(
      `1.ReLU: ${5 * dead} % of the units are 0 for every sample: lower the learning rate, or use LeakyReLU`,
    )
  })

  it('dead units: of images the channels, dead only where every place of every sample is', async () => {
    const conv = new Conv2d(1, 4, 3, { biasInit: constant(0) })
    const net = sequential(conv, new ReLU(), new Flatten(), new Linear(10))
    net.predict(images.x.slice(0, 1))
    conv.bias?.value.data.set([-100, 0, -100, -100])
    const report = await healthOf(net, images, 1e-3)
    expect(named(report, '1.ReLU').dead).toBe(0.75)
  })

  it('of a handful of samples nothing is said of dead units', async () => {
    const net = sequential(new Linear(784, 20, { biasInit: constant(-100) }), new ReLU(), new Linear(10))
    const report = await healthOf(net, digits, 1e-3, { indices: [3, 5, 7] })
    expect(report.samples).toBe(3)
    expect(named(report, '1.ReLU').dead).toBe(1)
    expect(report.advice.join()).not.toContain('1.ReLU')
  })

  it('saturated outputs, counted by hand', async () => {
    const layers = [new Linear(784, 20, { init: normal(3) }), new Tanh(), new Linear(20, { init: normal(5) })]
    const net = sequential(...layers, new Sigmoid(), new Linear(10))
    const report = await healthOf(net, digits, 1e-3)
    const outputs = firstSums(net).flat().map(Math.tanh)
    const { saturated } = named(report, '1.Tanh')
    expect(saturated).toBeCloseTo(outputs.filter((y) => Math.abs(y) > 0.97).length / outputs.length, 3)
    expect(saturated).toBeGreaterThan(0.5)
    expect(saturated).toBeLessThan(1)
    expect(named(report, '3.Sigmoid').saturated).toBeGreaterThan(0.5)
    const lines = report.advice.filter((line) => line.includes('saturated')).map((line) => line.split(':')[0])
    expect(lines).toEqual(['1.Tanh', '3.Sigmoid'])
  })

  it('gradients that vanish on their way through sigmoids', async () => {
    const deep = Array.from({ length: 8 }, () => [new Linear(20, { init: normal(0.05) }), new Sigmoid()]).flat()
    const report = await healthOf(sequential(...deep, new Linear(10)), digits)
    expect(report.advice.join('\n')).toMatch(/^0\.Linear: the gradient vanishes on its way from 16\.Linear \(\d/m)
  })

  it('frozen layers are left out', async () => {
    const net = sequential(new Linear(784, 20).freeze(), new ReLU(), new Linear(10))
    const report = await healthOf(net, digits)
    expect(report.layers[0]).toEqual({ layer: '0.Linear' })
    expect(named(report, '2.Linear').gradientNorm).toBeGreaterThan(0)
    expect(report.advice).toEqual([])
  })

  it('several inputs and a layer at two places', async () => {
    const [a, b] = [input([784]), input([784])]
    const [shared, relu] = [new Linear(20), new ReLU()]
    const sum = new Add().apply(relu.apply(shared.apply(a)), relu.apply(shared.apply(b)))
    const net = new Model([a, b], new Linear(10).apply(sum), { seed: 1, backend })
    const data = new Dataset([digits.x, bytes.x], digits.y, { real: backend.real })
    const report = await healthOf(net, data, 1e-3)
    expect(
      report.layers.map(({ layer, gradientNorm, dead }) => [layer, gradientNorm !== undefined, dead !== undefined]),
    ).toEqual([
      ['0.Linear', true, false],
      ['1.ReLU', false, true],
      ['2.Linear', false, false],
      ['3.ReLU', false, true],
      ['4.Add', false, false],
      ['5.Linear', true, false],
    ])
    expect(report.advice[0]).toMatch(/^input 1: not normalised/)
  })

  it('prints a table with the advice, and is plain values in JSON', async () => {
    const report = await healthOf(mlp(), bytes, 1e-5)
    const lines = `${report}`.split('\n')
    expect(lines[0]).toMatch(/^layer +weights +gradient +update +dead +saturated$/)
    expect(lines[1]).toMatch(/^0\.Linear +[\d.]+ +[\d.]+ +[\d.e-]+$/)
    expect(lines[2]).toMatch(/^1\.ReLU +[\d.]+ %$/)
    expect(lines[4]).toMatch(/^input: mean/)
    expect(lines.at(-1)).toMatch(/^! input: not normalised/)
    expect(inspect(report)).toBe(`${report}`)
    const { samples, inputs, layers, advice } = report
    expect(JSON.parse(JSON.stringify(report))).toEqual({ samples, inputs, layers, advice })
  })

  it('leaves training alone: the same bits with and without', async () => {
    const train = async (watched: boolean) => {
      const layers = [new Linear(784, 20), new BatchNorm(), new ReLU(), new Dropout(0.4), new Linear(10)]
      const net = sequential(...layers)
      const reports: HealthReport[] = []
      let before: TensorData = new Float32Array()
      const { loss } = await net.fit(digits, {
        epochs: 3,
        batchSize: 32,
        loss: crossEntropy(),
        optimizer: new Adam(),
        callbacks: [
          {
            onEpochBegin: () => {
              before = net.requireSealed().store.values.slice()
            },
            onEpochEnd: () => {
              const sealed = net.requireSealed()
              if (watched)
                reports.push(
                  measureHealth({ network: net, sealed, part: { dataset: digits, first: 0 }, indices: batch, before }),
                )
            },
          },
        ],
      })
      return { net, loss, reports, predicted: net.predict(digits.x).data }
    }
    const [plain, watched] = [await train(false), await train(true)]
    expect(watched.reports).toHaveLength(3)
    expect(named(watched.reports[2] as HealthReport, '0.Linear').updateRatio).toBeGreaterThan(0)
    expect(weightBits(watched.net)).toBe(weightBits(plain.net))
    expect(bufferBits(watched.net)).toBe(bufferBits(plain.net))
    expect(watched.loss).toEqual(plain.loss)
    expect(watched.predicted).toEqual(plain.predicted)
  })
})
