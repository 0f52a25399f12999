// Pictures that are drawn on the live page, for models that take small pictures in shades of grey.

import { Tensor } from '../tensor/tensor.js'
import type { TrainingRun } from '../train/callback.js'
import { RequestError } from './live-server.js'
import { largestDrawing, type Prediction } from './messages.js'
import { predictionOf } from './prediction.js'

/** The size of the pictures that the run's model takes; undefined where it takes no such. */
export function drawingSize({ model }: TrainingRun): { readonly height: number; readonly width: number } | undefined {
  const source = model.preprocessing?.source
  const [input, ...others] = model.requireSealed().graph.inputs
  if (source?.kind !== 'images' || source.channels !== 1 || input === undefined || others.length > 0) return undefined
  const { height, width } = source
  const size = input.shape.reduce((product, length) => product * length, 1)
  return Math.max(height, width) <= largestDrawing && size === height * width ? { height, width } : undefined
}

/** What the run's model takes the drawing in `body`, `{ pixels: [0, …, 255] }` row by row, for. Throws a RequestError. */
export function predictDrawing(run: TrainingRun, body: unknown): Prediction {
  const size = drawingSize(run)
  if (size === undefined) throw new RequestError(409, 'this model takes no drawings')
  const pixels = pixelsIn(body, size.height * size.width)
  const { model } = run
  const { preprocessing } = model
  const source = preprocessing?.source
  const scale = source?.kind === 'images' ? source.scale : 1
  const [input] = model.requireSealed().graph.inputs
  const x = new Tensor(pixels, [1, ...(input?.shape ?? [])], { scale })
  return predictionOf(model.predict(preprocessing?.apply(x) ?? x).data, run.loss, preprocessing?.classNames)
}

function pixelsIn(body: unknown, count: number): Uint8Array {
  const pixels = typeof body === 'object' && body !== null && 'pixels' in body ? body.pixels : undefined
  const isByte = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < 256
  if (Array.isArray(pixels) && pixels.length === count && pixels.every(isByte)) return Uint8Array.from(pixels)
  throw new RequestError(400, `expected { "pixels": ${count} whole numbers from 0 to 255 }`)
}
