// What Standardizer, Normalizer and OneHot have in common: they learn from samples, then transform tensors and data sets.

import { describe, netwrightError } from '../../errors.js'
import { Tensor, type TensorData } from '../../tensor/tensor.js'
import type { Dataset } from '../dataset.js'
import type { Transform } from './transform.js'

export abstract class FittedTransform implements Transform {
  abstract readonly type: string

  /** Learns from the samples of `data`: training data only, or what is judged by would be known in advance. */
  fit(data: Tensor | Dataset): this {
    const x = samplesOf(`${this.type}.fit`, data)
    this.learn(x, finiteNumbers(`${this.type}.fit`, x))
    return this
  }

  /**
   * New samples, float32 (float64 from float64); of a data set a new one with the same targets, whose `preprocessing`
   * ends with this. Throws ERR_STATE before `fit`, ERR_SHAPE for samples of another shape than those it learned from.
   */
  transform(x: Tensor): Tensor
  transform(dataset: Dataset): Dataset
  transform(data: Tensor | Dataset): Tensor | Dataset {
    if (data instanceof Tensor) return this.apply(data)
    samplesOf(`${this.type}.transform`, data)
    return data.transform(this)
  }

  /** `fit(data).transform(data)`. */
  fitTransform(x: Tensor): Tensor
  fitTransform(dataset: Dataset): Dataset
  fitTransform(data: Tensor | Dataset): Tensor | Dataset {
    this.fit(data)
    return data instanceof Tensor ? this.transform(data) : this.transform(data)
  }

  abstract toJSON(): Readonly<Record<string, unknown>>

  /** Learns from `x`, whose numbers are `values`. */
  protected abstract learn(x: Tensor, values: TensorData): void
  protected abstract apply(x: Tensor): Tensor

  /** What `fit` has learned. Throws ERR_STATE where it was not called. */
  protected learned<T>(value: T | undefined): T {
    if (value !== undefined) return value
    throw netwrightError('ERR_STATE', `${this.type} has learned nothing yet: call fit(trainingData) first`)
  }
}

function samplesOf(where: string, data: unknown): Tensor {
  if (data instanceof Tensor) return data
  const inputs = (data as Partial<Dataset> | undefined)?.inputs
  if (!Array.isArray(inputs)) {
    throw netwrightError('ERR_ARGUMENT', `${where}: got ${describe(data)}, expected a Tensor or a Dataset`, 'TypeError')
  }
  if (inputs.length === 1) return inputs[0] as Tensor
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: the data set has ${inputs.length} inputs, expected one; transform their tensors one by one`,
  )
}

/** The numbers that the elements of `x` stand for. */
export const numbersOf = (x: Tensor): TensorData => (x.scale === 1 ? x.data : x.toFloat32())

/** Where NaN or Infinity would spread over a whole feature. */
function finiteNumbers(where: string, x: Tensor): TensorData {
  const values = numbersOf(x)
  const bad = values.findIndex((value: number) => !Number.isFinite(value))
  if (bad < 0) return values
  const sample = Math.floor(bad / (x.size / (x.shape[0] as number)))
  throw netwrightError(
    'ERR_NOT_FINITE',
    `${where}: sample ${sample} has ${values[bad]}, expected finite numbers`,
    'RangeError',
  )
}

/** An error for a field of a transform in a file. */
export const wrongField = (type: string, field: string, got: unknown, expected: string): Error =>
  netwrightError('ERR_ARGUMENT', `${type}: ${field} is ${describe(got)}, expected ${expected}`, 'TypeError')

/** Finite numbers from a file, at least one. */
export function numbersFrom(type: string, field: string, value: unknown): readonly number[] {
  if (Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)) return value
  throw wrongField(type, field, value, 'a list of finite numbers')
}
