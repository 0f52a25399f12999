// Trainer, chapter 6 and 7: the book's training loop with its histories. The library's own loop is `fit`.

import { checkOptions, describe, netwrightError, requireWhole } from '../errors.js'
import { nextTurn } from '../platform.js'
import { Random } from '../random/random.js'
import type { Tensor } from '../tensor/tensor.js'
import { getMiniBatch } from './mini-batch.js'
import type { LayeredNetwork } from './networks/layered-network.js'
import { type BookOptimizer, optimizers } from './optimizers.js'

/** Options of {@link Trainer}. */
export interface TrainerOptions {
  /** Default 20. */
  readonly epochs?: number
  /** Default 100. */
  readonly miniBatchSize?: number
  /** Default 'sgd'; capitals do not matter. */
  readonly optimizer?: string
  /** Options of the optimizer; default { lr: 0.01 }. */
  readonly optimizerParam?: Readonly<Record<string, number>>
  /** Accuracies are of the first so many samples of each set; default: of all. */
  readonly evaluateSampleNumPerEpoch?: number
  /** Prints a line per epoch and the final accuracy; default true. */
  readonly verbose?: boolean
  /** Same seed, same batches; default 0. */
  readonly seed?: number
}

const optionNames = [
  'epochs',
  'miniBatchSize',
  'optimizer',
  'optimizerParam',
  'evaluateSampleNumPerEpoch',
  'verbose',
  'seed',
]

/**
 * Trains `network` on random mini-batches, drawn with replacement (rows 83 to 89). An epoch is
 * max(samples / miniBatchSize, 1) steps, rounded down: the notes' float never divides evenly. Accuracies are taken after
 * the first step of each epoch, as in the book's programs. The loss of a step comes with its gradient, so that it costs
 * no second forward pass as in the book.
 */
export class Trainer {
  /** The loss of each step, before its update. */
  readonly trainLossList: number[] = []
  /** Accuracies on the training and the test set, one per epoch. */
  readonly trainAccList: number[] = []
  readonly testAccList: number[] = []
  readonly network: LayeredNetwork
  readonly optimizer: BookOptimizer
  readonly iterPerEpoch: number
  readonly maxIter: number
  readonly #data: { readonly xTrain: Tensor; readonly tTrain: Tensor; readonly xTest: Tensor; readonly tTest: Tensor }
  readonly #batchSize: number
  readonly #evaluated: number | undefined
  readonly #verbose: boolean
  readonly #random: Random
  #iteration = 0

  constructor(
    network: LayeredNetwork,
    xTrain: Tensor,
    tTrain: Tensor,
    xTest: Tensor,
    tTest: Tensor,
    options: TrainerOptions = {},
  ) {
    checkOptions('Trainer', options, optionNames)
    const { epochs = 20, miniBatchSize = 100, optimizer = 'sgd', optimizerParam = { lr: 0.01 } } = options
    const { evaluateSampleNumPerEpoch, verbose = true, seed = 0 } = options
    requireWhole('Trainer: epochs', epochs)
    requireWhole('Trainer: miniBatchSize', miniBatchSize)
    if (evaluateSampleNumPerEpoch !== undefined) {
      requireWhole('Trainer: evaluateSampleNumPerEpoch', evaluateSampleNumPerEpoch)
    }
    this.network = network
    this.optimizer = makeOptimizer(optimizer, optimizerParam)
    this.iterPerEpoch = Math.max(1, Math.floor((xTrain.shape[0] ?? 0) / miniBatchSize))
    this.maxIter = epochs * this.iterPerEpoch
    this.#data = { xTrain, tTrain, xTest, tTest }
    this.#batchSize = miniBatchSize
    this.#evaluated = evaluateSampleNumPerEpoch
    this.#verbose = verbose
    this.#random = new Random(seed, 'Trainer')
  }

  /** Number of steps taken. */
  get currentIter(): number {
    return this.#iteration
  }

  /** One step: mini-batch, gradient, update, and at the first step of an epoch the accuracies. Answers the loss. */
  trainStep(): number {
    const { xTrain, tTrain, xTest, tTest } = this.#data
    const [x, t] = getMiniBatch(xTrain, tTrain, this.#batchSize, this.#random)
    const { loss, gradients } = this.network.lossAndGradient(x, t)
    this.optimizer.update(this.network.params, gradients)
    this.trainLossList.push(loss)
    if (this.#iteration % this.iterPerEpoch === 0) {
      const trainAcc = this.#accuracy(xTrain, tTrain)
      const testAcc = this.#accuracy(xTest, tTest)
      this.trainAccList.push(trainAcc)
      this.testAccList.push(testAcc)
      this.#print(`epoch ${this.trainAccList.length}: loss ${loss}, train acc ${trainAcc}, test acc ${testAcc}`)
    }
    this.#iteration++
    return loss
  }

  /** The steps that are left of all epochs; other work of the process goes on between two steps. */
  async train(): Promise<void> {
    while (this.#iteration < this.maxIter) {
      this.trainStep()
      await nextTurn()
    }
    const { xTest, tTest } = this.#data
    if (this.#verbose) this.#print(`final test accuracy: ${this.network.accuracy(xTest, tTest)}`)
  }

  #accuracy(x: Tensor, t: Tensor): number {
    return this.network.accuracy(x.slice(0, this.#evaluated), t.slice(0, this.#evaluated))
  }

  #print(line: string): void {
    if (this.#verbose) console.log(line)
  }
}

function makeOptimizer(name: string, param: Readonly<Record<string, number>>): BookOptimizer {
  const key = typeof name === 'string' ? name.toLowerCase() : ''
  if (Object.hasOwn(optimizers, key)) return new optimizers[key as keyof typeof optimizers](param)
  throw netwrightError(
    'ERR_ARGUMENT',
    `Trainer: optimizer is ${describe(name)}, expected ${Object.keys(optimizers).join(', ')}`,
    'TypeError',
  )
}
