// The digits by their nearest neighbours: no training at all, beside networks that were trained.

import type { Dataset } from '../data/dataset.js'
import type { Kernels } from '../kernels/kernels.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { TrainableNetwork } from '../model.js'
import { Adam } from '../optim/adam.js'
import type { Optimizer } from '../optim/optimizer.js'
import { SGD } from '../optim/sgd.js'
import { nextTurn } from '../platform.js'
import { Tensor } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'
import { multiLayerPerceptron, simpleConvNet } from './networks.js'

const neighbours = 3
/** Test digits whose distances to all training digits are computed at once. */
const rowsAtOnce = 200

export const nearestNeighbours: Experiment = {
  name: 'nearest-neighbours',
  title: 'digits by their three nearest neighbours, beside networks: accuracy, time to train and to read',
  rows: [102],
  takes: '40 s',
  async run(lab) {
    const [trainCount, testCount] = lab.quick ? [5000, 500] : [60_000, 10_000]
    const part = ({ train, test }: { readonly train: Dataset; readonly test: Dataset }) => ({
      train: train.slice(0, trainCount),
      test: test.slice(0, testCount),
    })
    const flat = part(await lab.digits())
    const images = part(await lab.digits({ flatten: false }))
    lab.print(`${trainCount} digits to learn from, ${testCount} to read\n`)

    const start = performance.now()
    const read = await readByNeighbours(lab, flat.train, flat.test)
    const seconds = (performance.now() - start) / 1e3
    const right = read.filter((digit, i) => digit === flat.test.y.data[i]).length
    const found = { name: `${neighbours} nearest neighbours`, trained: 0, read: seconds, accuracy: right / testCount }

    const epochs = lab.quick ? 4 : 16
    const small = multiLayerPerceptron(lab, { hidden: [50], init: 0.01 })
    const twoLayer = await measure(lab, `784-50-10, ${epochs} epochs`, small, flat, epochs, new SGD({ lr: 0.1 }))
    const one = simpleConvNet(lab)
    const convolution = await measure(lab, 'SimpleConvNet, 1 epoch', one, images, 1, new Adam())

    lab.table(
      ['', 'test accuracy', 'training, s', 'reading a digit, µs'],
      [found, twoLayer, convolution].map(({ name, accuracy, trained, read }) => [
        name,
        accuracy,
        trained.toFixed(1),
        ((read / testCount) * 1e6).toFixed(1),
      ]),
    )
    lab.print('')
    // Nothing here is random; rounding may decide between two neighbours at the same distance.
    lab.check('accuracy of nearest neighbours', found.accuracy, 0.9717, 0.0003)
    lab.claim('the network of two layers reads more than 10 times as fast', found.read > 10 * twoLayer.read)
  },
}

/**
 * The digit of each of `test`, by majority of its nearest among `train`; the nearest decides a tie. Of the squared
 * distance |a|² - 2 a·b + |b|², |a|² is the same for all b and left out; the products are one matrix product.
 */
export async function readByNeighbours(
  { backend, signal }: Pick<Lab, 'backend' | 'signal'>,
  train: Dataset,
  test: Dataset,
): Promise<readonly number[]> {
  const { kernels } = backend
  const b = reals(kernels, train)
  const [count, pixels] = b.shape as [number, number]
  const squares = kernels.empty([count])
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let j = i * pixels; j < (i + 1) * pixels; j++) sum += (b.data[j] as number) ** 2
    squares.data[i] = -sum / 2
  }
  const read: number[] = []
  for (let start = 0; start < test.length; start += rowsAtOnce) {
    const a = reals(kernels, test.slice(start, Math.min(test.length, start + rowsAtOnce)))
    const rows = a.shape[0] as number
    // a·b - |b|²/2: the greater, the nearer.
    const nearness = kernels.empty([rows, count])
    kernels.gemm({ c: nearness, a, b, bias: squares, m: rows, n: count, k: pixels, transposeB: 1 })
    for (let row = 0; row < rows; row++) {
      const nearest = greatest(nearness.data.subarray(row * count, (row + 1) * count))
      read.push(majority(nearest.map((i) => train.y.data[i] as number)))
    }
    await nextTurn()
    signal.throwIfAborted()
  }
  return read
}

const reals = ({ real }: Kernels, { x }: Dataset): Tensor =>
  new Tensor(real === 'float64' ? Float64Array.from(x.toFloat32()) : x.toFloat32(), x.shape)

/** Places of the greatest `neighbours` values, the greatest first. */
function greatest(values: ArrayLike<number>): readonly number[] {
  const places: number[] = []
  let least = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    if ((values[i] as number) <= least) continue
    const at = places.findIndex((place) => (values[i] as number) > (values[place] as number))
    places.splice(at < 0 ? places.length : at, 0, i)
    if (places.length > neighbours) places.pop()
    if (places.length === neighbours) least = values[places.at(-1) as number] as number
  }
  return places
}

/** The most frequent of `digits`; of equally frequent ones the first. */
function majority(digits: readonly number[]): number {
  const votes = (digit: number) => digits.filter((other) => other === digit).length
  return digits.reduce((best, digit) => (votes(digit) > votes(best) ? digit : best))
}

interface Result {
  readonly name: string
  readonly accuracy: number
  /** Seconds. */
  readonly trained: number
  /** Seconds for all test digits. */
  readonly read: number
}

async function measure(
  lab: Lab,
  name: string,
  model: TrainableNetwork,
  { train, test }: { readonly train: Dataset; readonly test: Dataset },
  epochs: number,
  optimizer: Optimizer,
): Promise<Result> {
  const options = { loss: crossEntropy(), optimizer, epochs, batchSize: 100 }
  const { seconds } = await model.fit(train, { ...options, signal: lab.signal })
  lab.signal.throwIfAborted()
  const accuracy = (await model.evaluate(test)).accuracy as number
  const start = performance.now()
  model.predict(test.x)
  const read = (performance.now() - start) / 1e3
  return { name, accuracy, trained: seconds.reduce((sum, epoch) => sum + epoch, 0), read }
}
