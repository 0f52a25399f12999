// Evaluation: loss and accuracy over a data set, by the evaluation plan.

import type { Dataset } from '../data/dataset.js'
import type { Loss } from '../losses/loss.js'
import type { Network, Sealed } from '../model/network.js'
import { recordEvaluationStep } from '../model/step.js'
import { checkTargets, dataSpec } from './check-data.js'
import { DataSteps, type Totals } from './data-steps.js'
import { trainingError } from './failure.js'
import type { Evaluation } from './options.js'

export class Evaluator {
  readonly #steps: DataSteps
  readonly #loss: Loss

  constructor(network: Network, sealed: Sealed, dataset: Dataset, loss: Loss, batchSize: number) {
    const { graph, regions } = sealed
    checkTargets(dataset, graph.output.shape, loss)
    const recording = recordEvaluationStep(graph, dataSpec(dataset), loss, network.backend.real, regions)
    this.#steps = new DataSteps(network.backend, sealed, recording, dataset, batchSize)
    this.#loss = loss
  }

  /** The caller sees to it that the parameters stay as they are until the promise resolves. */
  async run(signal?: AbortSignal): Promise<Evaluation | undefined> {
    const result = await this.#steps.pass({ turn: (work) => work(), signal })
    if (result.end === 'stopped') return undefined
    if (result.end === 'failed') throw trainingError(result, this.#steps.order, 'evaluation')
    return means(result.totals, this.#loss)
  }
}

/** Sums over samples as means per sample. */
export function means({ samples, loss, correct }: Readonly<Totals>, { classifies }: Loss): Evaluation {
  return { loss: loss / samples, ...(classifies ? { accuracy: correct / samples } : {}) }
}
