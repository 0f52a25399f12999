// The few samples whose predictions the live page shows: their pictures or numbers, and what a model makes of them.

import type { Dataset } from '../data/dataset.js'
import type { Preprocessing } from '../data/preprocessing.js'
import type { NamedNetwork } from '../io/model-file.js'
import type { Loss } from '../losses/loss.js'
import { answersClasses, classOf } from '../metrics/class-answers.js'
import { printable } from '../report/svg.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'
import type { Picture, PredictionsMessage, SampleMessage } from './messages.js'
import { className, numbersText, predictionOf, shortNumber } from './prediction.js'

/** Samples that are shown. */
const mostSamples = 12
/** Pixels of a picture's longer side, of which larger ones keep every so many. */
const largestPicture = 64
/** Columns of a row that are shown. */
const mostColumns = 6

export class Samples {
  readonly #inputs: readonly Tensor[]
  readonly #targets: readonly string[]
  readonly messages: readonly SampleMessage[]

  /** Samples from all over `dataset`, which may be sorted by class. */
  constructor(dataset: Dataset, loss: Loss, outputs: number) {
    const { inputs, y, length, preprocessing } = dataset
    const count = Math.min(mostSamples, length)
    const indices = Array.from({ length: count }, (_, i) => Math.floor((i * length) / count))
    this.#inputs = inputs.map((input) => rowsAt(input, indices))
    this.#targets = indices.map((i) => {
      const isClass = dataset.targets === 'labels' || answersClasses(loss, outputs)
      return isClass ? className(dataset.classNames, classOf(dataset, i, loss)) : numbersText(y.slice(i, i + 1).data)
    })
    this.messages = indices.map((_, i) => {
      const sample = (this.#inputs[0] as Tensor).slice(i, i + 1)
      const picture = pictureOf(sample, preprocessing)
      const target = this.#targets[i] as string
      return picture === undefined ? { text: rowText(sample, preprocessing), target } : { picture, target }
    })
  }

  predictions(model: NamedNetwork, loss: Loss): PredictionsMessage {
    const output = model.predict(...this.#inputs)
    return this.#targets.map((target, i) => {
      const prediction = predictionOf(output.slice(i, i + 1).data, loss, model.preprocessing?.classNames)
      if (prediction.kind === 'values') return { text: prediction.text }
      const { name, probability } = prediction.classes.reduce((a, b) => (b.probability > a.probability ? b : a))
      return { text: name, probability, right: name === target }
    })
  }
}

function rowsAt(source: Tensor, indices: readonly number[]): Tensor {
  const [rows = 1, ...shape] = source.shape
  const size = source.size / rows
  const data = new arrayTypes[source.element](size * indices.length)
  indices.forEach((from, to) => {
    data.set(source.data.subarray(from * size, (from + 1) * size), to * size)
  })
  return new Tensor(data, [indices.length, ...shape], { scale: source.scale })
}

/** Names of columns and their numbers, as they were before scaling: `sepal length 5.1, …`. */
function rowText(sample: Tensor, preprocessing: Preprocessing | undefined): string {
  const numbers = (preprocessing?.unscale(sample) ?? sample).toFloat32()
  const source = preprocessing?.source
  const columns = source?.kind === 'table' ? source.columns : []
  // Columns of texts are several numbers each.
  if (columns.length !== numbers.length) return numbersText(numbers)
  const cells = columns
    .slice(0, mostColumns)
    .map(({ name }, i) => `${printable(name)} ${shortNumber(numbers[i] as number)}`)
  return `${cells.join(', ')}${columns.length > mostColumns ? ', …' : ''}`
}

/** `sample`, (1, C, H, W) or rows of what were pictures, as a picture; undefined where it is none. */
function pictureOf(sample: Tensor, preprocessing: Preprocessing | undefined): Picture | undefined {
  const [channels, height, width] = pictureShape(sample, preprocessing)
  if (!(height > 1 && width > 1) || (channels !== 1 && channels !== 3)) return undefined
  const byteOf = toBytes(sample.data)
  const step = Math.ceil(Math.max(height, width) / largestPicture)
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)]
  const pixels = Buffer.alloc(rows * columns * channels)
  let to = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let channel = 0; channel < channels; channel++) {
        pixels[to++] = byteOf((channel * height + row * step) * width + column * step)
      }
    }
  }
  return { height: rows, width: columns, channels, pixels: pixels.toString('base64') }
}

function pictureShape({ shape, size }: Tensor, preprocessing: Preprocessing | undefined): [number, number, number] {
  const source = preprocessing?.source
  if (source?.kind === 'images' && size === source.channels * source.height * source.width) {
    return [source.channels, source.height, source.width]
  }
  const [, channels = 0, height = 0, width = 0] = shape
  return shape.length === 4 ? [channels, height, width] : [0, 0, 0]
}

/** Bytes are what they are; of other numbers, which may have been standardised, the least is black and the largest white. */
function toBytes(data: TensorData): (i: number) => number {
  if (data instanceof Uint8Array) return (i) => data[i] as number
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of data) {
    least = Math.min(least, value)
    largest = Math.max(largest, value)
  }
  const scale = largest > least ? 255 / (largest - least) : 0
  return (i) => Math.round(((data[i] as number) - least) * scale)
}
