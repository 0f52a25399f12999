// Samples and filters as small pictures in the page.

import type { Dataset } from '../data/dataset.js'
import { Conv2d } from '../layers/conv2d.js'
import { Linear } from '../layers/linear.js'
import type { TrainableNetwork } from '../model.js'
import { encodePng } from '../report/encode-png.js'
import { pngAddress } from '../report/png-address.js'
import { sizeOf } from '../tensor/shape.js'
import { attribute, type Html, raw } from './html.js'

interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** What the samples are as pictures; undefined where they are none. */
export function imageShape({ sampleShape, preprocessing }: Pick<Dataset, 'sampleShape' | 'preprocessing'>) {
  const source = preprocessing?.source
  if (source?.kind === 'images' && sizeOf(sampleShape) === source.channels * source.height * source.width) return source
  const [channels, height, width] = sampleShape
  const isImage = sampleShape.length === 3 && (channels === 1 || channels === 3)
  return isImage ? ({ channels, height, width } as ImageShape) : undefined
}

/** Numbers (channels, height, width) as an image element; scaled from their least to their greatest. */
async function image(numbers: Float32Array, { channels, height, width }: ImageShape, alt: string): Promise<Html> {
  const area = height * width
  const pixels = new Float32Array(numbers.length)
  // A pixel's channels lie side by side in a picture, and behind each other in a sample.
  for (let i = 0; i < area; i++)
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = numbers[c * area + i] ?? 0
  const png = await encodePng({ pixels, height, width, channels: channels as 1 | 3 })
  return raw(`<img alt=${attribute(alt)} width="${width}" height="${height}" src="${pngAddress(png)}">`)
}

export async function samplePicture(dataset: Dataset, sample: number, alt: string): Promise<Html | undefined> {
  const shape = imageShape(dataset)
  if (shape === undefined) return undefined
  return await image(dataset.x.slice(sample, sample + 1).toFloat32(), shape, alt)
}

const mostFilters = 64

/** What the first layer looks for: its filters, or of a Linear layer on images each unit's weights. */
export async function filterPictures(model: TrainableNetwork, test: Dataset): Promise<Html | undefined> {
  const { graph } = model.requireSealed()
  const layer = graph.places.map(({ node }) => node.layer).find(({ parameters }) => parameters.length > 0)
  const weight = layer?.parameters.find(({ name }) => name === 'weight')?.value
  if (weight === undefined) return undefined
  const numbers = weight.toFloat32()
  const filters: (readonly [Float32Array, ImageShape])[] = []
  if (layer instanceof Conv2d) {
    const [count, channels, height, width] = weight.shape as [number, number, number, number]
    const size = channels * height * width
    const shown = channels === 3 ? 3 : 1
    for (let i = 0; i < Math.min(count, mostFilters); i++) {
      const filter = numbers.slice(i * size, i * size + shown * height * width)
      filters.push([filter, { channels: shown, height, width }])
    }
  } else if (layer instanceof Linear) {
    const shape = imageShape(test)
    const [inputs, units] = weight.shape as [number, number]
    if (shape === undefined || sizeOf([shape.channels, shape.height, shape.width]) !== inputs) return undefined
    for (let i = 0; i < Math.min(units, mostFilters); i++) {
      filters.push([Float32Array.from({ length: inputs }, (_, row) => numbers[row * units + i] as number), shape])
    }
  }
  if (filters.length === 0) return undefined
  const images = await Promise.all(filters.map(([filter, shape], i) => image(filter, shape, `filter ${i}`)))
  return raw(`<div class="pictures filters">${images.map(({ html }) => html).join('')}</div>`)
}
