// Pooling on every backend against naive loops that ask of every place whether it is inside the image: strides, paddings,
// rectangular windows, ties, NaN, and what argMax may hold.

import { beforeAll, describe, expect, it } from 'vitest'
import { referenceKernels } from '../../src/kernels/reference/index.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'
import { range } from './specs/common.js'
import { randomOf, whole } from './values.js'

interface Window {
  readonly rows: number
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly kernelHeight: number
  readonly kernelWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly padTop: number
  readonly padLeft: number
}
const text = (window: Window): string => JSON.stringify(window).replaceAll('"', '')

/** Rectangular windows of every stride and padding over images of 2 rows and 2 channels. */
const windows: readonly Window[] = range(0, 1).flatMap((turn) =>
  [1, 2, 3].flatMap((strideHeight) =>
    [1, 2, 3].flatMap((strideWidth) =>
      [1, 2, 3].flatMap((kernelHeight) =>
        [1, 2, 3, 5].map((kernelWidth): Window => {
          const [height, width] = turn === 0 ? [5, 19] : [6, 38]
          const padTop = turn === 0 ? 0 : kernelHeight - 1
          const padLeft = turn === 0 ? 0 : Math.floor(kernelWidth / 2)
          const outHeight = Math.floor((height + 2 * padTop - kernelHeight) / strideHeight) + 1
          const outWidth = Math.floor((width + 2 * padLeft - kernelWidth) / strideWidth) + 1
          const strides = { strideHeight, strideWidth, padTop, padLeft }
          return { rows: 2, channels: 2, height, width, kernelHeight, kernelWidth, outHeight, outWidth, ...strides }
        }),
      ),
    ),
  ),
)
const imagesOf = (g: Window): number => g.rows * g.channels * g.height * g.width
const outputsOf = (g: Window): number => g.rows * g.channels * g.outHeight * g.outWidth

/** The places of output `i`'s window in order, as offsets in x; -1 where it is padding. */
function placesOf(g: Window, i: number): number[] {
  const [ow, oh] = [i % g.outWidth, Math.floor(i / g.outWidth) % g.outHeight]
  const image = Math.floor(i / (g.outWidth * g.outHeight))
  return range(0, g.kernelHeight * g.kernelWidth - 1).map((k) => {
    const ih = oh * g.strideHeight - g.padTop + Math.floor(k / g.kernelWidth)
    const iw = ow * g.strideWidth - g.padLeft + (k % g.kernelWidth)
    return ih < 0 || ih >= g.height || iw < 0 || iw >= g.width ? -1 : (image * g.height + ih) * g.width + iw
  })
}

const real = (values: ArrayLike<number>): Tensor => new Tensor(Float32Array.from(values), [values.length])
const integers = (values: ArrayLike<number>): Tensor => new Tensor(Int32Array.from(values), [values.length])
const empty = (length: number): Tensor => real(new Float32Array(length).fill(-77))
/** Whole numbers from -9 to -1: sums are exact, several are largest, and a padding of zeros would win. */
const negatives = (length: number, seed: number): number[] => {
  const next = whole(randomOf(seed), 9)
  return Array.from({ length }, () => next() - 9)
}
/** The first difference of a tensor from the values that it should hold, as text. */
function difference(name: string, tensor: Tensor, expected: readonly number[]): string {
  const at = expected.findIndex((value, i) => !Object.is(tensor.data[i] + 0, Math.fround(value) + 0))
  return at < 0 ? '' : `${name}[${at}] is ${tensor.data[at]}, expected ${expected[at]}`
}

/** Wider than the 2^20 numbers of a thread's scratch memory; a fourth of whole numbers is exact. */
const wide: Window = {
  rows: 1,
  channels: 1,
  height: 1,
  width: 1_060_000,
  kernelHeight: 1,
  kernelWidth: 4,
  outHeight: 1,
  outWidth: 353_333,
  strideHeight: 1,
  strideWidth: 3,
  padTop: 0,
  padLeft: 1,
}
const [wideX, wideDy] = [real(negatives(wide.width, 1)), real(negatives(wide.outWidth, 2))]
const wideAnswer = { y: empty(wide.outWidth), dx: empty(wide.width) }
beforeAll(() => {
  const oracle = referenceKernels('float32')
  oracle.averagePoolForward({ y: wideAnswer.y, x: wideX, ...wide })
  oracle.averagePoolBackward({ dx: wideAnswer.dx, dy: wideDy, ...wide })
})

describe.each(testBackends())('$name', ({ kernels }) => {
  it('max pooling takes the first largest of a window in which padding is -infinity', () => {
    windows.forEach((g, seed) => {
      const x = negatives(imagesOf(g), seed)
      const best = range(0, outputsOf(g) - 1).map((i) =>
        placesOf(g, i).reduce((first, place) => {
          if (place < 0) return first
          return first < 0 || (x[place] as number) > (x[first] as number) ? place : first
        }, -1),
      )
      const [y, argMax] = [empty(outputsOf(g)), integers(new Int32Array(outputsOf(g)).fill(-77))]
      kernels.maxPoolForward({ y, argMax, x: real(x), ...g })
      const values = best.map((place) => x[place] as number)
      const places = best.map((place) => place % (g.height * g.width))
      expect(difference('y', y, values) || difference('argMax', argMax, places), text(g)).toBe('')
    })
  })

  it('max pooling sends every gradient to its place, and overlapping windows add up', () => {
    windows.forEach((g, seed) => {
      const x = real(negatives(imagesOf(g), seed))
      const dy = negatives(outputsOf(g), seed + 1000)
      const [y, argMax] = [empty(outputsOf(g)), integers(new Int32Array(outputsOf(g)))]
      kernels.maxPoolForward({ y, argMax, x, ...g })
      const expected = new Array<number>(imagesOf(g)).fill(0)
      dy.forEach((gradient, i) => {
        const image = Math.floor(i / (g.outHeight * g.outWidth))
        const place = image * g.height * g.width + (argMax.data[i] as number)
        expected[place] = (expected[place] as number) + gradient
      })
      const dx = empty(imagesOf(g))
      const { rows, channels, height, width, outHeight, outWidth } = g
      kernels.maxPoolBackward({ dx, dy: real(dy), argMax, rows, channels, height, width, outHeight, outWidth })
      expect(difference('dx', dx, expected), text(g)).toBe('')
    })
  })

  it.each([0, 1])('average pooling divides by the places of the window, countPadding %i', (countPadding) => {
    windows.forEach((g, seed) => {
      // 9 · 5 · 7 · 4 makes every share of a gradient a whole number.
      const [x, dy] = [negatives(imagesOf(g), seed), negatives(outputsOf(g), seed + 1000).map((value) => value * 1260)]
      const means = new Array<number>(outputsOf(g)).fill(0)
      const gradients = new Array<number>(imagesOf(g)).fill(0)
      dy.forEach((gradient, i) => {
        const places = placesOf(g, i)
        const inside = places.filter((place) => place >= 0)
        const divisor = countPadding ? places.length : inside.length
        means[i] = inside.reduce((total, place) => total + (x[place] as number), 0) / divisor
        for (const place of inside) gradients[place] = (gradients[place] as number) + gradient / divisor
      })
      const [y, dx] = [empty(outputsOf(g)), empty(imagesOf(g))]
      kernels.averagePoolForward({ y, x: real(x), ...g, countPadding })
      kernels.averagePoolBackward({ dx, dy: real(dy), ...g, countPadding })
      expect(difference('y', y, means) || difference('dx', dx, gradients), text(g)).toBe('')
    })
  })

  it('max pooling counts NaN as largest, the first of two, and keeps infinities', () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
    for (const strideWidth of [1, 2, 3]) {
      for (let width = 3; width <= 37; width += 2) {
        const outWidth = Math.floor((width - 3) / strideWidth) + 1
        const g = { rows: 1, channels: 1, height: 2, width, kernelHeight: 2, kernelWidth: 3, outHeight: 1, outWidth }
        const strides = { strideHeight: 1, strideWidth, padTop: 0, padLeft: 0 }
        for (const special of [nan, infinity, -infinity]) {
          const x = new Array<number>(2 * width).fill(special === -infinity ? special : 5)
          const [first, second] = [width - 3, 2 * width - 1]
          x[first] = special
          x[second] = special
          const [y, argMax] = [empty(outWidth), integers(new Int32Array(outWidth).fill(-77))]
          kernels.maxPoolForward({ y, argMax, x: real(x), ...g, ...strides })
          const lefts = range(0, outWidth - 1).map((ow) => ow * strideWidth)
          const sees = (left: number, place: number): boolean => left <= place % width && place % width < left + 3
          const places = lefts.map((left) => (sees(left, first) ? first : sees(left, second) ? second : left))
          const expected = special === -infinity ? lefts : places
          const values = expected.map((place) => x[place] as number)
          expect(difference('y', y, values) || difference('argMax', argMax, expected), text({ ...g, ...strides })).toBe(
            '',
          )
        }
      }
    }
  })

  it('halves images of every small size, and takes gradients of other windows too', () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
    for (let width = 2; width <= 70; width++) {
      for (const height of width <= 20 ? [2, 3, 4, 5, 6, 7] : [5]) {
        const [outHeight, outWidth] = [height >> 1, width >> 1]
        const sizes = { rows: 1, channels: 3, height, width, outHeight, outWidth }
        const kernel = { kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2, padTop: 0, padLeft: 0 }
        const g: Window = { ...sizes, ...kernel }
        const x = negatives(imagesOf(g), width)
        // Both infinities in the second image, NaN as the last element that a window of the third sees.
        const places = height * width
        ;[x[places], x[places + 1]] = [-infinity, infinity]
        x[2 * places + (2 * outHeight - 1) * width + 2 * outWidth - 1] = nan
        const larger = (a: number, b: number): boolean => !Number.isNaN(b) && (a > b || Number.isNaN(a))
        const best = range(0, outputsOf(g) - 1).map((i) =>
          placesOf(g, i).reduce((first, place) => (larger(x[place] as number, x[first] as number) ? place : first)),
        )
        const [y, argMax] = [empty(outputsOf(g)), integers(new Int32Array(outputsOf(g)).fill(-77))]
        kernels.maxPoolForward({ y, argMax, x: real(x), ...g })
        const [values, found] = [best.map((place) => x[place] as number), best.map((place) => place % places)]
        expect(difference('y', y, values) || difference('argMax', argMax, found), text(g)).toBe('')

        // One window of the second image sends its gradient to another window's place.
        const moved = [...found]
        moved[outHeight * outWidth * 2 - 1] = 0
        const dy = negatives(outputsOf(g), width + 1000)
        for (const to of [found, moved]) {
          const expected = new Array<number>(imagesOf(g)).fill(0)
          to.forEach((place, i) => {
            const at = Math.floor(i / (outHeight * outWidth)) * places + place
            expected[at] = (expected[at] as number) + (dy[i] as number)
          })
          const dx = empty(imagesOf(g))
          kernels.maxPoolBackward({ dx, dy: real(dy), argMax: integers(to), ...sizes })
          expect(difference('dx', dx, expected), text(g)).toBe('')
        }
      }
    }
  })

  it('max pooling refuses a place outside the image where images are halved', () => {
    const sizes = { rows: 1, channels: 2, height: 4, width: 16, outHeight: 2, outWidth: 8 }
    const argMax = range(0, 31).map((i) => 32 * ((i >> 3) & 1) + 2 * (i & 7))
    for (const place of [-1, 64, 2 ** 31 - 1, -(2 ** 31)]) {
      const wrong = argMax.map((good, i) => (i === 21 || i === 30 ? place : good))
      const call = () => kernels.maxPoolBackward({ dx: empty(128), dy: empty(32), argMax: integers(wrong), ...sizes })
      expect(call).toThrow(`argMax[21] is ${place}, expected an integer from 0 below 4 * 16`)
    }
  })

  it('max pooling refuses a place outside the image', () => {
    const sizes = { rows: 2, channels: 1, height: 2, width: 3, outHeight: 1, outWidth: 2 }
    for (const place of [-1, 6, 2 ** 31 - 1, -(2 ** 31)]) {
      const call = () =>
        kernels.maxPoolBackward({ dx: empty(12), dy: empty(4), argMax: integers([0, 5, 1, place]), ...sizes })
      expect(call).toThrow(`argMax[3] is ${place}, expected an integer from 0 below 2 * 3`)
    }
  })

  it('averages images wider than the scratch memory of a thread', () => {
    const [y, dx] = [empty(wide.outWidth), empty(wide.width)]
    kernels.averagePoolForward({ y, x: wideX, ...wide })
    kernels.averagePoolBackward({ dx, dy: wideDy, ...wide })
    expect(Buffer.compare(Buffer.from(y.data.buffer), Buffer.from(wideAnswer.y.data.buffer))).toBe(0)
    expect(Buffer.compare(Buffer.from(dx.data.buffer), Buffer.from(wideAnswer.dx.data.buffer))).toBe(0)
  })
})
