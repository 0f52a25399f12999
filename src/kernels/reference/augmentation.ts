// Augmentation: samples changed at random. Philox's counter is (block, number of the sample, epoch, use), its key the
// seed; all numbers of a sample are made of exact operations on doubles, so that native code makes the same.

import { naturalLog } from '../../random/logarithm.js'
import { highWord, philox4x32 } from '../../random/philox.js'
import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

// The fourth counter word tells the uses of one seed apart (src/random/random.ts).
const sampleUse = 0x8000_0002
const noiseUse = 0x8000_0003
/** Blocks of four words of a sample, by what they are for. */
const blocks = { place: 0, shape: 1, flip: 2, cutOut: 3, partner: 4 } as const

const words = new Uint32Array(4)

function draw(block: number, number: number, epoch: number, seed: number): Uint32Array {
  philox4x32(words, block, number, epoch, sampleUse, seed, highWord(seed))
  return words
}

/** Evenly from 0, below 1. */
const unitOf = (word: number): number => word * 2 ** -32
/** Evenly from -1, below 1. */
const signedOf = (word: number): number => 2 * unitOf(word) - 1
/** A whole number, evenly from -most to most. */
const shiftOf = (word: number, most: number): number => Math.floor(unitOf(word) * (2 * most + 1)) - most

/** y (rows) = first + order[cursor + r], its lower 32 bits. */
export function sampleNumbers(args: LoopArguments<'sampleNumbers'>): Failure | undefined {
  const { y, order, rows, samples, cursor, first } = args
  for (let r = 0; r < rows; r++) {
    const sample = order[cursor + r]
    if (sample < 0 || sample >= samples) return { code: 1, row: cursor + r, value: sample }
    y[r] = ((first % 2 ** 32) + sample) | 0
  }
  return undefined
}

/** Not Math.sin: it differs between Node versions. For |x| ≤ π within 1e-15: Taylor series of a quarter, doubled twice. */
function sineAndCosine(x: number): readonly [number, number] {
  const quarter = x / 4
  const square = quarter * quarter
  let sine = 1
  let cosine = 1
  for (let k = 17; k >= 3; k -= 2) {
    sine = 1 - (square / (k * (k - 1))) * sine
    cosine = 1 - (square / ((k - 1) * (k - 2))) * cosine
  }
  sine *= quarter
  for (let i = 0; i < 2; i++) {
    const doubled = 2 * sine * cosine
    cosine = 1 - 2 * sine * sine
    sine = doubled
  }
  return [sine, cosine]
}

/** warps (rows,6): the image at (a·x + b·y + c, d·x + e·y + f) becomes pixel (x, y). */
export function drawWarps(args: LoopArguments<'drawWarps'>): undefined {
  const { warps, numbers, rows, height, width, seed, epoch, shift, crop, flip, rotate, zoom, shear } = args
  const degree = Math.PI / 180
  const [right, bottom] = [width - 1, height - 1]
  for (let r = 0; r < rows; r++) {
    const number = numbers[r]
    const places = draw(blocks.place, number, epoch, seed)
    const x = right / 2 + shiftOf(places[0], shift) + shiftOf(places[2], crop)
    const y = bottom / 2 + shiftOf(places[1], shift) + shiftOf(places[3], crop)
    const shapes = draw(blocks.shape, number, epoch, seed)
    const [sine, cosine] = sineAndCosine(rotate * degree * signedOf(shapes[0]))
    const factor = 1 + zoom * signedOf(shapes[1])
    const [rise, run] = sineAndCosine(shear * degree * signedOf(shapes[2]))
    const slope = rise / run
    // The inverse of: shear along x, turn, scale.
    let a = (cosine + slope * sine) / factor
    let b = (sine - slope * cosine) / factor
    let d = -sine / factor
    let e = cosine / factor
    let c = right / 2 - (a * x + b * y)
    let f = bottom / 2 - (d * x + e * y)
    const flips = draw(blocks.flip, number, epoch, seed)
    if (flip % 2 === 1 && flips[0] >= 2 ** 31) [a, b, c] = [-a, -b, right - c]
    if (flip >= 2 && flips[1] >= 2 ** 31) [d, e, f] = [-d, -e, bottom - f]
    warps.set([a, b, c, d, e, f], 6 * r)
  }
}

/** Each image of x through its map of warps, with bilinear interpolation and `fill` beyond its edges. */
export function warpImages(args: LoopArguments<'warpImages'>): undefined {
  const { y, x, warps, rows, channels, height, width, fill } = args
  const pixels = height * width
  const pixel = (image: number, column: number, row: number): number =>
    column >= 0 && column < width && row >= 0 && row < height ? x[image + row * width + column] : fill
  for (let r = 0; r < rows; r++) {
    const [a, b, c, d, e, f] = warps.subarray(6 * r, 6 * r + 6)
    for (let channel = 0; channel < channels; channel++) {
      const image = (r * channels + channel) * pixels
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          // Farther out all is fill.
          const atX = Math.min(width, Math.max(-1, a * column + b * row + c))
          const atY = Math.min(height, Math.max(-1, d * column + e * row + f))
          const [left, top] = [Math.floor(atX), Math.floor(atY)]
          const [restX, restY] = [atX - left, atY - top]
          const upper = pixel(image, left, top) * (1 - restX) + pixel(image, left + 1, top) * restX
          const lower = pixel(image, left, top + 1) * (1 - restX) + pixel(image, left + 1, top + 1) * restX
          y[image + row * width + column] = upper * (1 - restY) + lower * restY
        }
      }
    }
  }
}

/** A square of side by side pixels around a random pixel of each image = fill. */
export function cutOut(args: LoopArguments<'cutOut'>): undefined {
  const { y, numbers, rows, channels, height, width, side, seed, epoch, fill } = args
  const before = Math.floor(side / 2)
  for (let r = 0; r < rows; r++) {
    const drawn = draw(blocks.cutOut, numbers[r], epoch, seed)
    const left = Math.floor(unitOf(drawn[0]) * width) - before
    const top = Math.floor(unitOf(drawn[1]) * height) - before
    const [right, bottom] = [Math.min(width, left + side), Math.min(height, top + side)]
    for (let plane = r * channels; plane < (r + 1) * channels; plane++) {
      for (let row = Math.max(0, top); row < bottom; row++) {
        for (let column = Math.max(0, left); column < right; column++) y[(plane * height + row) * width + column] = fill
      }
    }
  }
}

// √2 times the inverse of the error function is the quantile function of normal numbers. Polynomials of w =
// -ln(1 - x²), below 5 around 2.5, else of √w around 3: Giles, Approximating the erfinv function, 2010.
const centre = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
]
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
]

/** The normal number of a word: its upper 24 bits are a place in the middle of one of 2^24 equal parts. */
function normalOf(word: number): number {
  const x = (2 * (word >>> 8) + 1 - 2 ** 24) * 2 ** -24
  const w = -naturalLog((1 - x) * (1 + x))
  const inner = w < 5
  const at = inner ? w - 2.5 : Math.sqrt(w) - 3
  let p = 0
  for (const coefficient of inner ? centre : tail) p = p * at + coefficient
  return Math.SQRT2 * p * x
}

/** y (rows,cols) = x + std · n: element i of a sample has word i mod 4 of the sample's block i div 4. */
export function addNoise(args: LoopArguments<'addNoise'>): undefined {
  const { y, x, numbers, rows, cols, seed, epoch, std } = args
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < cols; i += 4) {
      philox4x32(words, i / 4, numbers[r], epoch, noiseUse, seed, highWord(seed))
      for (let j = 0; j < 4 && i + j < cols; j++) {
        const at = r * cols + i + j
        y[at] = x[at] + std * normalOf(words[j] as number)
      }
    }
  }
}

/** partners (rows), evenly from 0 below samples; shares (rows), by the table of quantiles. */
export function drawPartners(args: LoopArguments<'drawPartners'>): undefined {
  const { partners, shares, numbers, quantiles, rows, samples, points, seed, epoch } = args
  for (let r = 0; r < rows; r++) {
    const drawn = draw(blocks.partner, numbers[r], epoch, seed)
    // 53 random bits.
    const unit = ((drawn[0] >>> 5) * 2 ** 26 + (drawn[1] >>> 6)) * 2 ** -53
    partners[r] = Math.floor(unit * samples)
    const at = unitOf(drawn[2]) * (points - 1)
    const below = Math.floor(at)
    const rest = at - below
    shares[r] = (1 - rest) * quantiles[below] + rest * quantiles[below + 1]
  }
}

/** y (rows,cols) = x + shares[r] · (z - x). */
export function mixRows({ y, x, z, shares, rows, cols }: LoopArguments<'mixRows'>): undefined {
  for (let r = 0; r < rows; r++) {
    for (let i = r * cols; i < (r + 1) * cols; i++) y[i] = x[i] + shares[r] * (z[i] - x[i])
  }
}

/** y (rows,classes): 1 - shares[r] at labels[r], plus shares[r] at others[r]. */
export function mixLabels(args: LoopArguments<'mixLabels'>): Failure | undefined {
  const { y, labels, others, shares, rows, classes } = args
  const isWrong = (label: number): boolean => label < 0 || label >= classes
  for (let r = 0; r < rows; r++) {
    const [label, other] = [labels[r], others[r]]
    if (isWrong(label)) return { code: 1, row: r, value: label }
    if (isWrong(other)) return { code: 2, row: r, value: other }
    y.fill(0, r * classes, (r + 1) * classes)
    y[r * classes + label] = 1 - shares[r]
    y[r * classes + other] += shares[r]
  }
  return undefined
}
