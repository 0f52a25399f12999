// Pictures of another size. Whole numbers only, rounded once at the end, so that the bytes are the same everywhere.

import type { Picture } from './picture.js'

/** Target pixel i is the sum of weights[k] · source[start + k], divided by the axis' total. */
interface Tap {
  readonly start: number
  readonly weights: readonly number[]
}

interface Axis {
  readonly taps: readonly Tap[]
  readonly total: number
}

/**
 * The picture with `width` × `height` pixels, its sides stretched as need be. An axis that shrinks takes the mean of the
 * source pixels that a target pixel covers, parts of them by their share; one that grows interpolates between the two
 * nearest centres, and repeats the edge. Rounded to nearest, halves up.
 */
export function resize(picture: Picture, width: number, height: number): Picture {
  const { channels, bytes: from } = picture
  if (picture.width === width && picture.height === height) return picture
  const across = axisOf(picture.width, width)
  const down = axisOf(picture.height, height)
  const total = across.total * down.total
  const stride = picture.width * channels
  const column = new Float64Array(stride)
  const bytes = new Uint8Array(width * height * channels)
  down.taps.forEach((tap, y) => {
    column.fill(0)
    tap.weights.forEach((weight, k) => {
      const row = (tap.start + k) * stride
      for (let i = 0; i < stride; i++) (column[i] as number) += weight * (from[row + i] as number)
    })
    across.taps.forEach(({ start, weights }, x) => {
      for (let channel = 0; channel < channels; channel++) {
        // At most 255 · total, far below 2^53: exact.
        let sum = 0
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] as number) * (column[(start + k) * channels + channel] as number)
        }
        bytes[(y * width + x) * channels + channel] = Math.floor((2 * sum + total) / (2 * total))
      }
    })
  })
  return { width, height, channels, bytes }
}

const axisOf = (from: number, to: number): Axis => (to < from ? areaAxis(from, to) : bilinearAxis(from, to))

/** In units of 1 / (from · to) of the axis, source pixels are `to` long and target pixels `from`. */
function areaAxis(from: number, to: number): Axis {
  const taps = Array.from({ length: to }, (_, i): Tap => {
    const [begin, end] = [i * from, (i + 1) * from]
    const start = Math.floor(begin / to)
    const count = Math.ceil(end / to) - start
    const overlap = (j: number): number => Math.min(end, (j + 1) * to) - Math.max(begin, j * to)
    return { start, weights: Array.from({ length: count }, (_, k) => overlap(start + k)) }
  })
  return { taps, total: from }
}

/** Target centre i lies at ((2i + 1) · from − to) / (2 · to) between the source's centres. */
function bilinearAxis(from: number, to: number): Axis {
  const total = 2 * to
  const taps = Array.from({ length: to }, (_, i): Tap => {
    const position = Math.min(Math.max((2 * i + 1) * from - to, 0), (from - 1) * total)
    const start = Math.floor(position / total)
    const share = position - start * total
    return { start, weights: share === 0 ? [total] : [total - share, share] }
  })
  return { taps, total }
}
