// The error of Winograd's convolution F(4x4,3x3), which the native backend takes for 3x3 kernels with stride 1 and
// enough channels and filters (native/kernels/winograd.h): what the bounds of such shapes must allow.

import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Numbers } from '../spec.js'
import { sumError, tiny, u } from './common.js'

/** Whether some ISA may take Winograd's way: a necessary condition, since what pays differs between them. */
export const mayTakeWinograd = ({ kernelHeight, kernelWidth, strideHeight, strideWidth, channels, filters }: Numbers) =>
  kernelHeight === 3 && kernelWidth === 3 && strideHeight === 1 && strideWidth === 1 && least(channels, filters) >= 8
const least = (a = 0, b = 0): number => Math.min(a, b)

// The magnitudes of the transforms' constants (native/kernels/winograd-transforms.h): points 0, ±5/8, ±3/2, infinity.
const [a, b] = [5 / 8, 3 / 2]
const alpha = 1 / (2 * a ** 2 * (b ** 2 - a ** 2))
const beta = 1 / (2 * b ** 2 * (b ** 2 - a ** 2))
type Matrix = readonly (readonly number[])[]
const transpose = (m: Matrix): Matrix => (m[0] ?? []).map((_, j) => m.map((row) => row[j] as number))
/** |Bᵀ|, 6 × 6: a tile of inputs to its points. */
const input: Matrix = [
  [a ** 2 * b ** 2, 0, a ** 2 + b ** 2, 0, 1, 0],
  [0, a * b ** 2, b ** 2, a, 1, 0],
  [0, a * b ** 2, b ** 2, a, 1, 0],
  [0, a ** 2 * b, a ** 2, b, 1, 0],
  [0, a ** 2 * b, a ** 2, b, 1, 0],
  [0, a ** 2 * b ** 2, 0, a ** 2 + b ** 2, 0, 1],
]
/** |Aᵀ|, 4 × 6: points to a tile of outputs. */
const output: Matrix = [0, 1, 2, 3].map((power) => [
  Number(power === 0),
  ...[a, a, b, b].map((point) => point ** power),
  Number(power === 3),
])
/** |G|, 6 × 3: a kernel to its points. */
const kernel: Matrix = [
  [1 / (a ** 2 * b ** 2), 0, 0],
  ...[a, a, b, b].map((point, i) => [0, 1, 2].map((power) => (i < 2 ? alpha : beta) * point ** power)),
  [0, 0, 1],
]

/** matrix · square · matrixᵀ, all as rows. */
function inBoth(matrix: Matrix, square: Float64Array): Float64Array {
  const from = (matrix[0] as readonly number[]).length
  const to = matrix.length
  const at = (row: number, column: number): number => matrix[row]?.[column] as number
  const half = new Float64Array(to * from)
  const result = new Float64Array(to * to)
  for (let i = 0; i < to * from; i++) {
    for (let k = 0; k < from; k++) half[i] += at(Math.floor(i / from), k) * square[k * from + (i % from)]
  }
  for (let i = 0; i < to * to; i++) {
    for (let k = 0; k < from; k++) result[i] += half[Math.floor(i / to) * from + k] * at(i % to, k)
  }
  return result
}

/** Images (count, height, width) of magnitudes, and 0 around them. */
interface Images {
  readonly data: TensorData
  readonly height: number
  readonly width: number
}
/** The points of a side × side square of image `at` from (row, column) on. */
function pointsOf({ data, height, width }: Images, at: number, row: number, column: number, matrix: Matrix) {
  const side = (matrix[0] as readonly number[]).length
  const tile = Float64Array.from({ length: side * side }, (_, i) => {
    const [r, c] = [row + Math.floor(i / side), column + (i % side)]
    return r < 0 || r >= height || c < 0 || c >= width ? 0 : Math.abs(data[(at * height + r) * width + c])
  })
  return inBoth(matrix, tile)
}
const addProduct = (sum: Float64Array, x: Float64Array, y: Float64Array): void => {
  for (let i = 0; i < sum.length; i++) sum[i] += x[i] * y[i]
}

/**
 * Roundings on the way of a term through both dimensions of a transform: two times the multiplications and additions on
 * its longest way through the code of one, and for G those of its constants. Where an ISA fuses the two there are fewer.
 */
const inputRoundings = 2 * 4
const outputRoundings = 2 * 4
const kernelRoundings = 2 * 4
const kernelAdjointRoundings = 2 * 5
/** What flushed denormals can grow to: less than the product of the squares of the largest row sums of |Aᵀ|, |Bᵀ|, |G|. */
const flushed = 4000 * tiny

interface Sizes {
  readonly rows: number
  readonly channels: number
  readonly filters: number
  readonly outHeight: number
  readonly outWidth: number
}

/**
 * Bound of y = convolution of x with weight, element by element (Higham's analysis, as Barabasz, Anderson, Soodhalter and
 * Gregg 2020 apply it): every intermediate value is a sum of terms, and each rounding is at most u of the sum of their
 * magnitudes. So the whole is, to first order, u · the roundings on a term's way · what the algorithm makes of magnitudes,
 * |Aᵀ| [Σ over c of (|G| |g| |G|ᵀ) ⊙ (|Bᵀ| |d| |B|)] |A|. `weightAt` is the place of a kernel's first tap.
 */
export function winogradBound(
  x: Images,
  top: number,
  left: number,
  weight: TensorData,
  weightAt: (filter: number, channel: number) => number,
  flipped: boolean,
  { rows, channels, filters, outHeight, outWidth }: Sizes,
): Float64Array {
  const bound = new Float64Array(rows * filters * outHeight * outWidth)
  const weights = Array.from({ length: filters * channels }, (_, i) => {
    const first = weightAt(Math.floor(i / channels), i % channels)
    return inBoth(
      kernel,
      Float64Array.from({ length: 9 }, (_, tap) => Math.abs(weight[first + (flipped ? 8 - tap : tap)])),
    )
  })
  const roundings = inputRoundings + kernelRoundings + sumError(channels) + outputRoundings
  for (let n = 0; n < rows; n++)
    for (let row = 0; row < outHeight; row += 4)
      for (let column = 0; column < outWidth; column += 4) {
        const points = Array.from({ length: channels }, (_, c) =>
          pointsOf(x, n * channels + c, row - top, column - left, input),
        )
        for (let f = 0; f < filters; f++) {
          const sum = new Float64Array(36)
          for (let c = 0; c < channels; c++)
            addProduct(sum, points[c] as Float64Array, weights[f * channels + c] as Float64Array)
          inBoth(output, sum).forEach((value, i) => {
            const [r, c] = [row + Math.floor(i / 4), column + (i % 4)]
            if (r >= outHeight || c >= outWidth) return
            bound[((n * filters + f) * outHeight + r) * outWidth + c] = u * roundings * value + (channels + 1) * flushed
          })
        }
      }
  return bound
}

/** The same of the gradient of the weights, |G|ᵀ [Σ over tiles of (|A| |dy| |A|ᵀ) ⊙ (|Bᵀ| |d| |B|)] |G| in each group. */
export function winogradWeightsBound(
  x: Images,
  top: number,
  left: number,
  dy: Images,
  groups: number,
  { rows, channels, filters, outHeight, outWidth }: Sizes,
): Float64Array {
  const bound = new Float64Array(groups * filters * channels * 9)
  for (let group = 0; group < groups; group++) {
    const sums = Array.from({ length: filters * channels }, () => new Float64Array(36))
    let tiles = 0
    for (let n = Math.floor((group * rows) / groups); n < Math.floor(((group + 1) * rows) / groups); n++)
      for (let row = 0; row < outHeight; row += 4)
        for (let column = 0; column < outWidth; column += 4, tiles++) {
          const inputs = Array.from({ length: channels }, (_, c) =>
            pointsOf(x, n * channels + c, row - top, column - left, input),
          )
          for (let f = 0; f < filters; f++) {
            const gradient = pointsOf(dy, n * filters + f, row, column, transpose(output))
            inputs.forEach((points, c) => {
              addProduct(sums[f * channels + c] as Float64Array, points, gradient)
            })
          }
        }
    const roundings = inputRoundings + outputRoundings + sumError(tiles) + kernelAdjointRoundings
    sums.forEach((sum, i) => {
      inBoth(transpose(kernel), sum).forEach((value, tap) => {
        bound[(group * filters * channels + i) * 9 + tap] = u * roundings * value + (tiles + 1) * flushed
      })
    })
  }
  return bound
}
