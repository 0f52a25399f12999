// Metric: a figure of a whole pass over data. Kernels write what it needs of each sample; JavaScript makes the figure.

import type { Kernels } from '../kernels/kernels.js'
import type { Loss, TargetKind } from '../losses/loss.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor, TensorData } from '../tensor/tensor.js'

/** A number, a list with one for each class, or a list of rows. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[]

/** What is trained or evaluated. Shapes are without the batch axis. */
export interface Task {
  readonly loss: Loss
  /** Shape of a prediction. */
  readonly output: Shape
  readonly targets: TargetKind
  /** Shape of one target; () for a label. */
  readonly target: Shape
}

/** The batch of a recorded step. */
export interface MeasuredBatch {
  readonly kernels: Kernels
  readonly rows: number
  readonly task: Task
  readonly prediction: Tensor
  readonly target: Tensor
}

/** One or several numbers of each sample, computed by kernels inside a step. Metrics that need the same object share it. */
export interface Measurement {
  readonly element: 'real' | 'int32'
  /** Numbers of a sample. */
  readonly width: (task: Task) => number
  /** rows · width elements. */
  readonly compute: (batch: MeasuredBatch) => Tensor
}

/** What a whole pass has measured. */
export interface Measured {
  readonly task: Task
  readonly samples: number
  /** samples · width elements, in the order of the pass. Valid until the next pass begins. */
  readonly of: (measurement: Measurement) => TensorData
}

/**
 * A metric: topK(5), f1(), … Where samples are counted, nothing is rounded: they are added up in float64 after the pass,
 * however long it was.
 */
export interface Metric<Value extends MetricValue = MetricValue, Name extends string = string> {
  /** Its key in logs and results. */
  readonly name: Name
  readonly measurements: readonly Measurement[]
  /** Throws ERR_ARGUMENT or ERR_SHAPE unless it means something for `task`. */
  check(task: Task): void
  value(measured: Measured): Value
}

/** Options of every metric. */
export interface MetricOptions<Name extends string = string> {
  /** Its key in logs and results, where that should be another than the usual one. */
  readonly name?: Name
}
