// Evaluation: loss and accuracy over a data set, by the evaluation plan.

import type { Backend } from '../kernels/backend.js'
import type { RunResult } from '../kernels/plan.js'
import type { Loss } from '../losses/loss.js'
import type { Meter } from '../metrics/meter.js'
import type { Metric } from '../metrics/metric.js'
import type { Network } from '../model/network.js'
import { recordEvaluationStep } from '../model/step.js'
import type { TensorData } from '../tensor/tensor.js'
import { checkPart, dataSpec, meterFor, sealFor } from './check-data.js'
import type { DataParts } from './data-parts.js'
import { DataSteps, passBegin, type StepTotals } from './data-steps.js'
import { stepError } from './failure.js'
import type { Evaluation } from './options.js'

interface EvaluatorOptions {
  readonly l2?: number | undefined
  readonly parameters?: TensorData | undefined
  readonly metrics?: readonly Metric[]
}

export class Evaluator {
  readonly #steps: DataSteps
  readonly #meter: Meter | undefined
  readonly #loss: Loss
  readonly #network: Network

  /**
   * `parameters` are used in place of the network's own, in their layout. Throws ERR_SHAPE, ERR_LABEL or ERR_ARGUMENT
   * where network, data, loss and metrics do not fit.
   */
  constructor(
    network: Network,
    backend: Backend,
    data: DataParts,
    loss: Loss,
    batchSize: number,
    { l2 = 0, parameters, metrics = [] }: EvaluatorOptions = {},
  ) {
    const sealed = sealFor(network, data.like, loss, metrics)
    const meter = meterFor(network, sealed, data, loss, metrics)
    const { graph, regions, store } = sealed
    const objective = { loss, l2, ranges: store.ranges(), meter }
    const recording = recordEvaluationStep(graph, dataSpec(data.like), objective, backend.real, regions)
    const slots = { ...meter?.slots, ...(parameters === undefined ? {} : { parameters }) }
    this.#steps = new DataSteps(backend, sealed, recording, data, batchSize, slots)
    this.#meter = meter
    this.#loss = loss
    this.#network = network
  }

  /** The caller sees to it that the parameters stay as they are until the promise resolves. */
  async run(signal?: AbortSignal): Promise<Evaluation | undefined> {
    const position = passBegin()
    const result = await this.#steps.pass(position, {
      turn: (work) => work(),
      check: (part) => checkPart(this.#network, part, this.#loss),
      ...(signal && { signal }),
    })
    if (result.end === 'stopped') return undefined
    if (result.end === 'failed') {
      throw stepError(result.failure as RunResult, {
        what: 'Evaluation',
        where: `the batch from sample ${position.cursor} on`,
        sampleAt: (row) => position.cursor + row,
        loss: this.#loss,
      })
    }
    const evaluation = means(position.totals, this.#loss)
    return this.#meter === undefined ? evaluation : { ...evaluation, metrics: this.#meter.values() }
  }

  /** Gives its memory back: the end of its use. */
  release(): void {
    this.#steps.release()
    this.#meter?.release()
  }

  /** With NETWRIGHT_PROFILE, prints what all runs took. */
  reportProfile(): void {
    this.#steps.reportProfile(`evaluation of ${this.#network}`)
  }
}

/** Sums over samples as means per sample. */
export function means({ samples, loss, correct }: Readonly<StepTotals>, { classifies }: Loss): Evaluation {
  return { loss: loss / samples, ...(classifies ? { accuracy: correct / samples } : {}) }
}
