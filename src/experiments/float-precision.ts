// Bit precision: the same training in float32 and float64, and prediction with weights in float16.

import { reference } from '../index.js'
import type { Backend } from '../kernels/backend.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { SGD } from '../optim/sgd.js'
import { barChart } from '../report/bar-chart.js'
import type { Sequential } from '../sequential.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'
import { multiLayerPerceptron, twoLayerNet } from './networks.js'

export const floatPrecision: Experiment = {
  name: 'float-precision',
  title: 'float32 against float64 in training, and float16 weights in prediction',
  rows: [100],
  takes: '15 s',
  async run(lab) {
    const { test } = await lab.digits()
    const images = lab.quick ? test.slice(0, 1000) : test
    const accuracyOf = async (model: Sequential) =>
      (await model.evaluate(images, { loss: crossEntropy() })).accuracy as number
    // Both in TypeScript, so that nothing but the type differs.
    const double = await trained(lab, reference({ dtype: 'float64' }), 'float64')
    const single = await trained(lab, reference({ dtype: 'float32' }), 'float32')
    const weights = double.stateDict()
    const results = [
      { name: 'trained in float64', bytes: 8, accuracy: await accuracyOf(double) },
      { name: 'trained in float32', bytes: 4, accuracy: await accuracyOf(single) },
      { name: 'weights as float32', bytes: 4, accuracy: await accuracyOf(withWeights(weights, lab)) },
      {
        name: 'weights as float16',
        bytes: 2,
        accuracy: await accuracyOf(withWeights(mapValues(weights, toHalf), lab)),
      },
    ] as const
    const count = double.params.reduce((sum, { size }) => sum + size, 0)
    lab.print('Weights as …: those that were trained in float64, rounded, for prediction in float32')
    lab.table(
      ['', 'test accuracy', 'bytes of 39,760 weights'],
      results.map(({ name, bytes, accuracy }) => [name, accuracy.toFixed(4), bytes * count]),
    )
    const [in64, in32, as32, as16] = results.map(({ accuracy }) => accuracy) as [number, number, number, number]
    const memory = (model: Sequential) => model.params.reduce((sum, { data }) => sum + data.byteLength, 0)
    lab.check("memory of float32's parameters, part of float64's", memory(single) / memory(double), 0.5)
    // The same weights and batches at first; then roundings part the two a little. Seeds differ by 0.001 (deviation).
    lab.check('accuracy, float32 against float64', in32, in64, 0.002)
    // A rounding of the weights by 2^-24 or 2^-11 of their size turns only digits that hang in the balance.
    lab.check('prediction, float32 against float64', as32, in64, 0.0002)
    lab.check('prediction, float16 against float64', as16, in64, 0.001)
    await lab.picture(
      'accuracy',
      await barChart({
        title: 'Test accuracy by precision, 784-50-10',
        categories: results.map(({ name }) => name),
        series: [{ name: 'test accuracy', values: results.map(({ accuracy }) => accuracy) }],
        yLabel: 'test accuracy',
        yRange: [0, 1],
      }),
    )
  },
}

async function trained(lab: Lab, backend: Backend, label: string): Promise<Sequential> {
  const { train } = await lab.digits()
  const model = multiLayerPerceptron({ seed: lab.seed, backend }, twoLayerNet)
  const epochs = lab.quick ? 2 : 4
  await model.fit(train.slice(0, lab.quick ? 2000 : 20_000), {
    loss: crossEntropy(),
    optimizer: new SGD({ lr: 0.1 }),
    epochs,
    batchSize: 100,
    callbacks: [lab.progress(label, epochs)],
    signal: lab.signal,
  })
  lab.signal.throwIfAborted()
  return model
}

type Weights = Readonly<Record<string, Tensor>>

/** A float32 model with these weights. */
function withWeights(weights: Weights, lab: Lab): Sequential {
  const model = multiLayerPerceptron(lab, twoLayerNet)
  model.loadStateDict(weights)
  return model
}

const mapValues = (weights: Weights, change: (value: number) => number): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => [name, tensor(Float32Array.from(data, change), shape)]),
  )

/** The float16 next to `value`, ties to even: 10 bits after the leading one, exponents from −14. */
export function toHalf(value: number): number {
  const size = Math.abs(value)
  if (!(size < 65_520)) return size >= 65_520 ? Math.sign(value) * Number.POSITIVE_INFINITY : value
  const exponent = Math.max(-14, size === 0 ? -14 : exponentOf(size))
  const step = 2 ** (exponent - 10)
  const steps = value / step
  const below = Math.floor(steps)
  const rest = steps - below
  return (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below) * step
}

/** The e of size = m · 2^e with 1 ≤ m < 2, read from the bits: logarithms round. */
function exponentOf(size: number): number {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, size)
  return ((bits.getUint16(0) >> 4) & 0x7ff) - 1023
}
