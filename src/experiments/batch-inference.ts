// Prediction with stored weights: 784-50-100-10 trained, saved and loaded; images one by one against batches.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dataset } from '../data/dataset.js'
import { Linear } from '../layers/linear.js'
import { Sigmoid } from '../layers/sigmoid.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { SGD } from '../optim/sgd.js'
import { nextTurn } from '../platform.js'
import { lineChart } from '../report/line-chart.js'
import { Sequential } from '../sequential.js'
import { argMaxAlong } from '../tensor/arg-max.js'
import { Tensor } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'

export const batchInference: Experiment = {
  name: 'batch-inference',
  title: '784-50-100-10 saved and loaded; single images against batches, and a sweep of batch sizes',
  rows: [50, 51, 52, 103],
  takes: '10 s',
  async run(lab) {
    const { train, test } = await lab.digits()
    const digits = lab.quick ? test.slice(0, 2000) : test
    // Floats as in the notes, made once: the clock is for the network.
    const images = { x: new Tensor(digits.x.toFloat32(), digits.x.shape), y: digits.y }
    const trained = await fitted(lab, lab.quick ? train.slice(0, 12_000) : train)
    const model = await savedAndLoaded(trained, lab)
    const { accuracy } = await trained.evaluate(digits)

    const sizes = lab.quick ? [1, 100] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    // Once before the clock runs: plans are made at their first use.
    for (const size of sizes) predictAll(model, { x: images.x.slice(0, size), y: images.y }, size)
    const results: (Result & { readonly size: number })[] = []
    for (const size of sizes) {
      lab.signal.throwIfAborted()
      results.push({ size, ...(await fastest(() => predictAll(model, images, size))) })
    }
    const single = results[0] as Result
    lab.table(
      ['batch size', 'accuracy', 'seconds', 'images/s', 'times as fast'],
      results.map(({ size, accuracy, seconds }) => [
        String(size),
        accuracy.toFixed(4),
        seconds.toFixed(3),
        Math.round(digits.length / seconds),
        (single.seconds / seconds).toFixed(1),
      ]),
    )
    const batched = results.find(({ size }) => size === 100) as Result
    lab.claim(
      'batches of 100 classify every image as one by one does',
      String(batched.classes) === String(single.classes),
    )
    lab.check('accuracy of the loaded model, as before it was saved', single.accuracy, accuracy as number)
    // The notes' 0.9352 comes from the book's own weights. Ours had more training: 0.961 to 0.963 with seeds 1 to 3.
    lab.claim(`accuracy ${single.accuracy} is at least the 0.9352 of the notes' weights`, single.accuracy >= 0.9352)
    lab.claim('batches of 100 are more than twice as fast', single.seconds > 2 * batched.seconds)
    await lab.picture('batch-sizes', await speedPicture(lab, digits.length, results))
  },
}

/** The notes' network: sigmoid, sigmoid, and softmax, which the loss has. */
async function fitted(lab: Lab, data: Dataset): Promise<Sequential> {
  const layers = [new Linear(784, 50), new Sigmoid(), new Linear(50, 100), new Sigmoid(), new Linear(100, 10)]
  const model = new Sequential(layers, { seed: lab.seed, backend: lab.backend })
  const epochs = 8
  await model.fit(data, {
    loss: crossEntropy(),
    optimizer: new SGD({ lr: 0.5 }),
    epochs,
    batchSize: 100,
    callbacks: [lab.progress('784-50-100-10', epochs)],
    signal: lab.signal,
  })
  lab.signal.throwIfAborted()
  return model
}

async function savedAndLoaded(model: Sequential, lab: Lab): Promise<Sequential> {
  const folder = await mkdtemp(join(tmpdir(), 'netwright-'))
  try {
    const path = join(folder, 'sample-weight.safetensors')
    await model.save(path)
    return await Sequential.load(path, { backend: lab.backend })
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Images {
  readonly x: Tensor
  readonly y: Tensor
}

interface Result {
  readonly accuracy: number
  readonly classes: Int32Array
  readonly seconds: number
}

/** The notes' loop: predict, take the largest of each row, compare with the labels. */
function predictAll(model: Sequential, { x, y }: Images, batchSize: number): Result {
  const length = x.shape[0] as number
  const classes = new Int32Array(length)
  const begin = performance.now()
  let correct = 0
  for (let start = 0; start < length; start += batchSize) {
    const { data, shape } = model.predict(x.slice(start, start + batchSize))
    const predicted = argMaxAlong((i) => data[i] as number, shape, 1)
    classes.set(predicted, start)
    for (let i = 0; i < predicted.length; i++) if (predicted[i] === y.data[start + i]) correct++
  }
  return { accuracy: correct / length, classes, seconds: (performance.now() - begin) / 1000 }
}

/** The fastest of three: other work of the machine only ever makes one slower. */
async function fastest(run: () => Result): Promise<Result> {
  let best = run()
  for (let repeat = 1; repeat < 3; repeat++) {
    await nextTurn()
    const result = run()
    if (result.seconds < best.seconds) best = result
  }
  return best
}

function speedPicture(lab: Lab, images: number, results: readonly (Result & { size: number })[]): Promise<string> {
  return lineChart({
    title: 'Images per second by batch size, 784-50-100-10',
    subtitle: `${lab.backend.name} backend, ${lab.backend.isa}, ${lab.backend.threads} threads`,
    xLabel: 'batch size',
    yLabel: 'images per second',
    xLog: true,
    yLog: true,
    series: [
      {
        name: 'images per second',
        x: results.map(({ size }) => size),
        y: results.map(({ seconds }) => images / seconds),
        markers: true,
      },
    ],
  })
}
