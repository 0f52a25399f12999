// Meter: the metrics of one recorded step over one data set. It has a place for each sample of a pass, so that a step
// that is stopped and made again, or taken back, counts once: it writes the same places again.

import { allocateArray, type Backend, releaseArrays } from '../kernels/backend.js'
import type { Scalar } from '../kernels/kernels.js'
import type { Recorder } from '../kernels/recorder.js'
import type { Tensor, TensorData } from '../tensor/tensor.js'
import type { Measurement, Metric, MetricValue, Task } from './metric.js'

/** Where in the pass a step's samples are: at `cursor` of `length`. */
export interface PassPlace {
  readonly cursor: Scalar
  readonly length: Scalar
}

export class Meter {
  /** All that a pass measures, by the slots that its steps write: with its position, what a pass resumes from. */
  readonly slots: Readonly<Record<string, TensorData>>
  readonly #metrics: readonly Metric[]
  readonly #task: Task
  readonly #samples: number
  readonly #backend: Backend
  /** Each once, whoever needs it, with its slot. */
  readonly #measurements: ReadonlyMap<Measurement, string>

  /** For passes over `samples` samples; the metrics must suit the task (Metric.check). */
  constructor(backend: Backend, metrics: readonly Metric[], task: Task, samples: number) {
    this.#metrics = metrics
    this.#task = task
    this.#samples = samples
    this.#backend = backend
    const all = new Set(metrics.flatMap(({ measurements }) => measurements))
    this.#measurements = new Map([...all].map((measurement, i) => [measurement, `measured${i}`]))
    this.slots = Object.fromEntries(
      [...this.#measurements].map(([{ element, width }, slot]) => [
        slot,
        allocateArray(backend, element === 'real' ? backend.real : element, samples * width(task)),
      ]),
    )
  }

  /** Gives its memory back: the end of its use. */
  release(): void {
    releaseArrays(this.#backend, Object.values(this.slots))
  }

  /** Records the measurements of a batch. */
  record(recorder: Recorder, prediction: Tensor, target: Tensor, place: PassPlace): void {
    const { kernels, rows } = recorder
    for (const [measurement, slot] of this.#measurements) {
      const x = measurement.compute({ kernels, rows, task: this.#task, prediction, target })
      const cols = measurement.width(this.#task)
      if (measurement.element === 'int32') {
        kernels.putIntegers({ y: recorder.slot(slot, 'int32'), x, rows, cols, ...place })
      } else {
        kernels.putReals({ y: recorder.slot(slot, kernels.real), x, rows, cols, ...place })
      }
    }
  }

  /** The values of a whole pass, by name. */
  values(): Readonly<Record<string, MetricValue>> {
    const of = (measurement: Measurement): TensorData =>
      this.slots[this.#measurements.get(measurement) as string] as TensorData
    const measured = { task: this.#task, samples: this.#samples, of }
    return Object.fromEntries(this.#metrics.map((metric) => [metric.name, metric.value(measured)]))
  }
}
