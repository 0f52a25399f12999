// Evaluation: loss and accuracy over a data set, by the evaluation plan.

import type { Dataset } from '../data/dataset.js'
import type { RunResult } from '../kernels/plan.js'
import type { Loss } from '../losses/loss.js'
import type { Network } from '../model/network.js'
import { recordEvaluationStep } from '../model/step.js'
import { dataSpec, sealFor } from './check-data.js'
import { DataSteps, type Totals } from './data-steps.js'
import { stepError } from './failure.js'
import type { Evaluation } from './options.js'

export class Evaluator {
  readonly #steps: DataSteps
  readonly #loss: Loss
  readonly #network: Network

  /** Throws ERR_SHAPE or ERR_LABEL where network, data and loss do not fit. */
  constructor(network: Network, dataset: Dataset, loss: Loss, batchSize: number, l2 = 0) {
    const sealed = sealFor(network, dataset, loss)
    const { graph, regions, store } = sealed
    const objective = { loss, l2, ranges: store.ranges([]) }
    const recording = recordEvaluationStep(graph, dataSpec(dataset), objective, network.backend.real, regions)
    this.#steps = new DataSteps(network.backend, sealed, recording, dataset, batchSize)
    this.#loss = loss
    this.#network = network
  }

  /** The caller sees to it that the parameters stay as they are until the promise resolves. */
  async run(signal?: AbortSignal): Promise<Evaluation | undefined> {
    const result = await this.#steps.pass({ turn: (work) => work(), signal })
    if (result.end === 'stopped') return undefined
    if (result.end === 'failed') {
      throw stepError(result.failure as RunResult, {
        what: 'Evaluation',
        where: `the batch from sample ${result.cursor} on`,
        sampleAt: (row) => result.cursor + row,
        loss: this.#loss,
      })
    }
    return means(result.totals, this.#loss)
  }

  /** With NETWRIGHT_PROFILE, prints what all runs took. */
  reportProfile(): void {
    this.#steps.reportProfile(`evaluation of ${this.#network}`)
  }
}

/** Sums over samples as means per sample. */
export function means({ samples, loss, correct }: Readonly<Totals>, { classifies }: Loss): Evaluation {
  return { loss: loss / samples, ...(classifies ? { accuracy: correct / samples } : {}) }
}
