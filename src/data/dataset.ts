// Dataset: samples and their targets, checked once and copied once into shared memory. No batching and no shuffling
// here (train/ gathers batches by permuted order).

import { counted, describe, netwrightError } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import { copyAs, type TensorLike, tensor } from '../tensor/create.js'
import { checkLabels } from '../tensor/labels.js'
import { isNumberArray } from '../tensor/nested.js'
import { shapeText, sizeOf } from '../tensor/shape.js'
import { Tensor, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { Preprocessing } from './preprocessing.js'
import { isShared, sharedArray } from './shared-array.js'
import type { Transform } from './transforms/transform.js'

export interface DatasetOptions {
  /** Float type in which samples and dense targets are kept; default float32. Byte samples stay bytes. */
  readonly real?: Extract<TensorElement, 'float32' | 'float64'>
  /** How the samples came about; a model that is trained on them remembers it. Default: nothing is known. */
  readonly preprocessing?: Preprocessing
  /** What labels 0, 1, 2, … are called. Default: those of `preprocessing`. */
  readonly classNames?: readonly string[]
}

/** Samples of a model with one input, or of one with several: a list of tensors, one for each input. */
export type SamplesLike = TensorLike | readonly Tensor[]

/**
 * Samples `x` (N, …), or a list of tensors for a model with several inputs, and targets `y`: class labels (N), int32, or
 * dense targets (N, C) or (N, …), float32 (one-hot, probabilities or values). uint8 samples stay bytes with their scale;
 * all others become float32.
 *
 * Both are copied into shared memory, except tensors that already live in a SharedArrayBuffer with the right element
 * type: those are taken as they are.
 *
 * Throws ERR_DATA for an empty set or x and y of different lengths; ERR_SHAPE for samples without an axis of their own
 * or targets without any axis; ERR_NOT_FINITE for NaN or Infinity, naming the sample; ERR_LABEL for a label
 * that is no whole number from 0; ERR_ARGUMENT for what is no tensor, typed array or nested array, and for fewer
 * `classNames` than labels.
 */
export class Dataset {
  /** The samples (N, …) of each input of the model: uint8 with a scale, or floats. */
  readonly inputs: readonly Tensor[]
  /** (N) int32 labels or (N, C), (N, …) floats. */
  readonly y: Tensor
  /** `labels`: y holds class numbers; `dense`: y holds a row for each sample. */
  readonly targets: 'labels' | 'dense'
  /** Number of classes that y shows: largest label + 1, or the columns of dense targets (their second axis). */
  readonly classes: number
  /** How the samples came about, and what the classes are called, as far as that is known. */
  readonly preprocessing: Preprocessing | undefined

  constructor(x: SamplesLike, y: TensorLike, options: DatasetOptions = {}) {
    const real = options.real ?? 'float32'
    const several = isListOfTensors(x)
    const nameOf = (i: number): string => (several ? `x[${i}]` : 'x')
    const inputs = several ? x : [toTensor('x', x)]
    const targets = toTensor('y', y)
    inputs.forEach((samples, i) => {
      checkLengths(nameOf(i), samples, targets)
    })
    this.inputs = inputs.map((samples, i) => toSamples(nameOf(i), samples, real))
    if (targets.rank === 1) {
      this.targets = 'labels'
      this.y = toLabels(targets)
      this.classes = largest(this.y.data) + 1
      checkNames(options.classNames, this.classes)
    } else {
      this.targets = 'dense'
      this.y = toShared(targets, real, 'y')
      this.classes = this.y.shape[1] as number
    }
    const { preprocessing, classNames } = options
    this.preprocessing = classNames === undefined ? preprocessing : new Preprocessing({ ...preprocessing, classNames })
  }

  /** What labels 0, 1, 2, … are called, where that is known. */
  get classNames(): readonly string[] | undefined {
    return this.preprocessing?.classNames
  }

  /** The samples (N, …) of the first input, which for most models is the only one. */
  get x(): Tensor {
    return this.inputs[0] as Tensor
  }

  /** Number of samples. */
  get length(): number {
    return this.x.shape[0] as number
  }

  /** Shape of one sample of the first input, without the batch axis. */
  get sampleShape(): readonly number[] {
    return this.x.shape.slice(1)
  }

  /** Shape of one sample of each input, without the batch axis. */
  get sampleShapes(): readonly (readonly number[])[] {
    return this.inputs.map(({ shape }) => shape.slice(1))
  }

  /** `Dataset(60000 samples (784,), labels of 10 classes)`. */
  toString(): string {
    const shapes = this.sampleShapes.map(shapeText).join(' and ')
    const targets =
      this.targets === 'labels' ? `labels of ${this.classes} classes` : `targets ${shapeText(this.y.shape.slice(1))}`
    return `Dataset(${this.length} samples ${shapes}, ${targets})`
  }

  /** console.log prints a data set as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }

  /**
   * Samples `start` to `end` (exclusive) as a data set that shares memory with this one; negative numbers count from
   * the end. `classes` stays. Throws ERR_DATA when nothing is left.
   */
  slice(start = 0, end?: number): Dataset {
    const inputs = this.inputs.map((samples) => samples.slice(start, end))
    if (inputs[0]?.shape[0] === 0) {
      throw netwrightError(
        'ERR_DATA',
        `Dataset.slice: ${start} to ${end ?? this.length} of ${this.length} samples is empty`,
        'RangeError',
      )
    }
    const { targets, classes, preprocessing } = this
    return uncheckedDataset({ inputs, y: this.y.slice(start, end), targets, classes, preprocessing })
  }

  /**
   * The samples as `transform` makes them, with the same targets; its `preprocessing` ends with `transform`. Throws
   * ERR_NOT_FINITE where they become NaN or Infinity, ERR_ARGUMENT for samples of several inputs.
   */
  transform(transform: Transform): Dataset {
    if (this.inputs.length > 1) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Dataset.transform: this data set has ${this.inputs.length} inputs, expected one`,
      )
    }
    const x = transform.transform(this.x)
    const { y, targets, classes } = this
    checkLengths('x', x, y)
    const inputs = [toSamples('x', x, x.element === 'float64' ? 'float64' : 'float32')]
    const preprocessing = (this.preprocessing ?? new Preprocessing()).with(transform)
    return uncheckedDataset({ inputs, y, targets, classes, preprocessing })
  }
}

/** A data set of parts that are checked already, made without the constructor, which would read them again. */
export function uncheckedDataset(
  parts: Pick<Dataset, 'inputs' | 'y' | 'targets' | 'classes' | 'preprocessing'>,
): Dataset {
  return Object.assign(Object.create(Dataset.prototype) as Dataset, parts)
}

/** `dataset` as a backend of this float type reads it: itself, or a copy with the other type's numbers. */
export function inReal(dataset: Dataset, real: 'float32' | 'float64'): Dataset {
  const { inputs, y, targets, preprocessing } = dataset
  const samplesFit = inputs.every(({ element }) => element === 'uint8' || element === real)
  if (samplesFit && (targets === 'labels' || y.element === real)) return dataset
  return new Dataset(inputs, y, { real, ...(preprocessing && { preprocessing }) })
}

/** `x` itself when it is a Dataset, else `new Dataset(x, y)`: what `fit` and `evaluate` do with their arguments. */
export function toDataset(x: Dataset | SamplesLike, y?: TensorLike, options: DatasetOptions = {}): Dataset {
  if (x instanceof Dataset) {
    if (y === undefined) return x
    throw netwrightError('ERR_ARGUMENT', 'Expected either a Dataset or x and y, got a Dataset and y', 'TypeError')
  }
  if (y === undefined) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `Expected a Dataset, or samples x and targets y; got x (${describe(x)}) without y`,
      'TypeError',
    )
  }
  return new Dataset(x, y, options)
}

/** Several inputs are told from nested arrays by their elements. */
export const isListOfTensors = (x: SamplesLike): x is readonly Tensor[] =>
  Array.isArray(x) && x.length > 0 && x.every((item) => item instanceof Tensor)

function toTensor(name: 'x' | 'y', value: TensorLike): Tensor {
  if (value instanceof Tensor) return value
  // What tensors have a type for needs no copy yet: the one into shared memory follows.
  if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array) {
    return new Tensor(value, [value.length])
  }
  if (value instanceof Uint8Array) return new Tensor(value, [value.length])
  if (isNumberArray(value)) return tensor(value)
  if (!Array.isArray(value)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `Dataset: ${name} is ${describe(value)}, expected a tensor, a typed array or nested arrays`,
      'TypeError',
    )
  }
  return tensor(value, undefined, { element: 'float64' })
}

function checkLengths(name: string, x: Tensor, y: Tensor): void {
  const [samples] = x.shape
  const [targets] = y.shape
  if (x.size === 0 || samples === undefined) {
    throw netwrightError(
      'ERR_DATA',
      `Dataset: ${name} is empty (shape ${shapeText(x.shape)}), expected at least one sample`,
      'RangeError',
    )
  }
  if (x.rank < 2) {
    throw netwrightError(
      'ERR_SHAPE',
      `Dataset: ${name} has shape ${shapeText(x.shape)}, expected (samples, features, …); ` +
        'for one feature per sample reshape it to (samples, 1)',
      'RangeError',
    )
  }
  if (y.rank === 0) {
    throw netwrightError(
      'ERR_SHAPE',
      `Dataset: y has shape ${shapeText(y.shape)}, expected labels (samples) or rows (samples, outputs, …)`,
      'RangeError',
    )
  }
  if (samples !== targets) {
    throw netwrightError(
      'ERR_DATA',
      `Dataset: ${name} has ${samples} samples (shape ${shapeText(x.shape)}) but y has ${targets} ` +
        `(shape ${shapeText(y.shape)}), expected as many`,
      'RangeError',
    )
  }
  if (y.size === 0) {
    throw netwrightError('ERR_DATA', `Dataset: y has shape ${shapeText(y.shape)}, expected at least one output`)
  }
}

function toSamples(name: string, x: Tensor, real: 'float32' | 'float64'): Tensor {
  return toShared(x, x.element === 'uint8' ? 'uint8' : real, name)
}

/** `source` with elements of type `element` in shared memory; copies only if it must. Floats must be finite. */
function toShared(source: Tensor, element: TensorElement, name: string): Tensor {
  const sameElement = source.element === element
  let data = source.data
  if (!sameElement || !isShared(data)) {
    const copy = sharedArray(element, source.size)
    // A scale is kept with bytes, and multiplied in where they turn into floats.
    copy.set(sameElement || source.scale === 1 ? data : source.toFloat32())
    data = copy
  }
  if (element !== 'uint8') checkFinite(name, data, sizeOf(source.shape.slice(1)))
  return new Tensor(data, source.shape, sameElement ? { scale: source.scale } : {})
}

function checkFinite(name: string, data: TensorData, rowSize: number): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue
    throw netwrightError(
      'ERR_NOT_FINITE',
      `Dataset: ${name} of sample ${Math.floor(i / rowSize)} has ${data[i]} at element ${i % rowSize}, ` +
        'expected finite numbers',
      'RangeError',
    )
  }
}

function toLabels(y: Tensor): Tensor {
  const { data } = y
  checkLabels('Dataset', data)
  if (y.element === 'int32' && isShared(data)) return y
  const labels = sharedArray('int32', data.length)
  labels.set(copyAs(data, 'int32'))
  return new Tensor(labels, y.shape)
}

function checkNames(names: readonly string[] | undefined, classes: number): void {
  if (names === undefined || names.length >= classes) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `Dataset: classNames has ${counted(names.length, 'name')}, expected ${classes} or more: y has labels up to ${classes - 1}`,
    'RangeError',
  )
}

function largest(data: TensorData): number {
  let result = 0
  for (let i = 0; i < data.length; i++) result = Math.max(result, data[i] as number)
  return result
}
