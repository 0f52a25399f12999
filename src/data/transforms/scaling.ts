// Scaling: z = (x - offset) / scale with numbers for each feature. What Standardizer and Normalizer share.

import { netwrightError } from '../../errors.js'
import { shapeText } from '../../tensor/shape.js'
import { Tensor, type TensorData } from '../../tensor/tensor.js'
import { sharedArray } from '../shared-array.js'
import { FittedTransform, numbersFrom, numbersOf, wrongField } from './fitted-transform.js'

/** What is learned of each feature. */
export interface Scales {
  readonly offset: ArrayLike<number>
  /** Not 0. */
  readonly scale: ArrayLike<number>
}

/** Samples (N, features, …): numbers of one feature stand side by side, `inner` of them in each sample. */
export interface Layout {
  readonly samples: number
  readonly features: number
  readonly inner: number
}

export abstract class Scaling extends FittedTransform {
  #scales: Scales | undefined

  constructor(scales?: Scales) {
    super()
    this.#scales = scales
  }

  protected get scales(): Scales {
    return this.learned(this.#scales)
  }

  /** The numbers of each feature of `values`, all of them finite. */
  protected abstract measure(values: TensorData, layout: Layout): Scales

  protected learn(x: Tensor, values: TensorData): void {
    const layout = layoutOf(`${this.type}.fit`, x)
    if (x.size === 0) throw netwrightError('ERR_DATA', `${this.type}.fit: got no samples, expected at least one`)
    this.#scales = this.measure(values, layout)
  }

  protected apply(x: Tensor): Tensor {
    const { offset, scale } = this.scales
    return this.#map('transform', x, (value, f) => (value - (offset[f] as number)) / (scale[f] as number))
  }

  /** The samples that `transform` makes `x` of. */
  inverseTransform(x: Tensor): Tensor {
    const { offset, scale } = this.scales
    return this.#map('inverseTransform', x, (value, f) => value * (scale[f] as number) + (offset[f] as number))
  }

  /** Whether samples `x` have the features that it has learned from. */
  fits({ shape }: Tensor): boolean {
    return shape[1] === this.scales.offset.length
  }

  toJSON(): Readonly<Record<string, unknown>> {
    const { offset, scale } = this.scales
    return { type: this.type, offset: Array.from(offset), scale: Array.from(scale) }
  }

  #map(method: string, x: Tensor, map: (value: number, feature: number) => number): Tensor {
    const { samples, features, inner } = layoutOf(`${this.type}.${method}`, x)
    const { length } = this.scales.offset
    if (features !== length) {
      throw netwrightError(
        'ERR_SHAPE',
        `${this.type}.${method}: samples ${shapeText(x.shape)} have ${features} features on axis 1, expected ` +
          `${length} as in the data that it learned from`,
        'RangeError',
      )
    }
    const values = numbersOf(x)
    const result = sharedArray(x.element === 'float64' ? 'float64' : 'float32', x.size)
    let at = 0
    for (let n = 0; n < samples; n++) {
      for (let f = 0; f < features; f++) {
        for (let i = 0; i < inner; i++, at++) result[at] = map(values[at] as number, f)
      }
    }
    return new Tensor(result, x.shape)
  }
}

function layoutOf(where: string, { shape, size }: Tensor): Layout {
  const [samples, features] = shape
  if (samples === undefined || features === undefined) {
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: got shape ${shapeText(shape)}, expected (samples, features) or (samples, channels, height, width)`,
      'RangeError',
    )
  }
  return { samples, features, inner: size === 0 ? 0 : size / (samples * features) }
}

/** The scales that a file says, checked: files may be hostile. */
export function scalesFrom(type: string, { offset, scale }: Readonly<Record<string, unknown>>): Scales {
  const scales = { offset: numbersFrom(type, 'offset', offset), scale: numbersFrom(type, 'scale', scale) }
  if (scales.scale.length !== scales.offset.length) {
    throw wrongField(type, 'scale', scale, `${scales.offset.length} numbers, as many as offset has`)
  }
  if (scales.scale.every((number) => number > 0)) return scales
  throw wrongField(type, 'scale', scale, 'numbers above 0')
}

/** Smallest and largest number of each feature. */
export function extremes(values: TensorData, { samples, features, inner }: Layout) {
  const min = new Float64Array(features).fill(Number.POSITIVE_INFINITY)
  const max = new Float64Array(features).fill(Number.NEGATIVE_INFINITY)
  let at = 0
  for (let n = 0; n < samples; n++) {
    for (let f = 0; f < features; f++) {
      for (let i = 0; i < inner; i++, at++) {
        const value = values[at] as number
        if (value < (min[f] as number)) min[f] = value
        if (value > (max[f] as number)) max[f] = value
      }
    }
  }
  return { min, max }
}
