// Convolution from its definition: seven nested loops in float64, written apart from the reference loops, which the
// parity tests hold the backends to.

import { describe, expect, it } from 'vitest'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'
import { randomOf } from './values.js'

interface Geometry {
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

/** Calls `visit` for every (n,f,oh,ow,c,kh,kw) that meets the image, with flat places in y, x and weight. */
function forEachTerm(g: Geometry, filters: number, visit: (y: number, x: number, weight: number) => void): void {
  const at = (place: readonly (readonly [index: number, size: number])[]): number =>
    place.reduce((sum, [index, size]) => sum * size + index, 0)
  for (let n = 0; n < g.rows; n++)
    for (let f = 0; f < filters; f++)
      for (let oh = 0; oh < g.outHeight; oh++)
        for (let ow = 0; ow < g.outWidth; ow++)
          for (let c = 0; c < g.channels; c++)
            for (let kh = 0; kh < g.kernelHeight; kh++)
              for (let kw = 0; kw < g.kernelWidth; kw++) {
                const ih = oh * g.strideHeight - g.padTop + kh
                const iw = ow * g.strideWidth - g.padLeft + kw
                if (ih < 0 || ih >= g.height || iw < 0 || iw >= g.width) continue
                visit(
                  at([
                    [n, 1],
                    [f, filters],
                    [oh, g.outHeight],
                    [ow, g.outWidth],
                  ]),
                  at([
                    [n, 1],
                    [c, g.channels],
                    [ih, g.height],
                    [iw, g.width],
                  ]),
                  at([
                    [f, 1],
                    [c, g.channels],
                    [kh, g.kernelHeight],
                    [kw, g.kernelWidth],
                  ]),
                )
              }
}

/** Strides, paddings, kernels and images, rectangular all: every combination of a few. */
function geometries(): Geometry[] {
  const all: Geometry[] = []
  for (const [height, width] of [
    [1, 1],
    [4, 7],
    [3, 17],
  ] as const)
    for (const [kernelHeight, kernelWidth] of [
      [1, 1],
      [3, 2],
      [2, 4],
    ] as const)
      for (const [strideHeight, strideWidth] of [
        [1, 1],
        [2, 1],
        [3, 5],
      ] as const)
        for (const [padTop, padLeft] of [
          [0, 0],
          [1, 2],
          [5, 3],
        ] as const)
          for (const more of [0, 1]) {
            // As many outputs as touch the image or its padding on both sides, and one beyond.
            const outHeight = Math.max(1, Math.floor((height + 2 * padTop - kernelHeight) / strideHeight) + 1 + more)
            const outWidth = Math.max(1, Math.floor((width + 2 * padLeft - kernelWidth) / strideWidth) + 1 + more)
            const [rows, channels] = [1 + more, 3 - more]
            const kernel = { kernelHeight, kernelWidth, strideHeight, strideWidth, padTop, padLeft }
            all.push({ rows, channels, height, width, outHeight, outWidth, ...kernel })
          }
  return all
}

/** Small whole numbers, whose sums are exact in float32 in any order. */
function wholeNumbers(length: number, seed: number): Tensor {
  const random = randomOf(seed)
  const data = Float32Array.from({ length }, () => Math.floor(random() * 9) - 4)
  return new Tensor(data, [length])
}
const blank = (length: number): Tensor => new Tensor(new Float32Array(length).fill(Number.NaN), [length])
/** The first place where a tensor is not what was expected, or -1. */
const firstWrong = (tensor: Tensor, expected: Float64Array): number =>
  tensor.size === expected.length ? expected.findIndex((value, i) => value !== tensor.data[i]) : tensor.size

describe.each(testBackends())('$name', ({ kernels }) => {
  it('conv2d and its gradients are what their definition says, for every geometry', () => {
    for (const g of geometries()) {
      for (const filters of [1, 5]) {
        const sizes = {
          x: g.rows * g.channels * g.height * g.width,
          y: g.rows * filters * g.outHeight * g.outWidth,
          weight: filters * g.channels * g.kernelHeight * g.kernelWidth,
        }
        const [x, dy, weight, bias] = [
          wholeNumbers(sizes.x, 1),
          wholeNumbers(sizes.y, 2),
          wholeNumbers(sizes.weight, 3),
          wholeNumbers(filters, 4),
        ]
        const places = g.outHeight * g.outWidth
        const expected = {
          y: Float64Array.from({ length: sizes.y }, (_, i) => bias.data[Math.floor(i / places) % filters] as number),
          dx: new Float64Array(sizes.x),
          dw: new Float64Array(sizes.weight),
          db: new Float64Array(filters),
        }
        forEachTerm(g, filters, (yi, xi, wi) => {
          expected.y[yi] = (expected.y[yi] as number) + x.data[xi] * weight.data[wi]
          expected.dx[xi] = (expected.dx[xi] as number) + dy.data[yi] * weight.data[wi]
          expected.dw[wi] = (expected.dw[wi] as number) + dy.data[yi] * x.data[xi]
        })
        dy.data.forEach((value: number, i: number) => {
          const f = Math.floor(i / places) % filters
          expected.db[f] = (expected.db[f] as number) + value
        })
        const [y, dx, partials, dw, db] = [
          blank(sizes.y),
          blank(sizes.x),
          blank(3 * sizes.weight),
          blank(sizes.weight),
          blank(filters),
        ]
        kernels.conv2dForward({ y, x, weight, bias, ...g, filters })
        kernels.conv2dInputGradient({ dx, dy, weight, ...g, filters })
        kernels.conv2dWeightGradient({ partials, dy, x, ...g, filters, groups: 3 })
        kernels.sumRows({ sums: dw, x: partials, rows: 3, cols: sizes.weight })
        const sums = blank(3 * filters)
        kernels.sumChannels({ sums, x: dy, rows: g.rows, channels: filters, places, groups: 3 })
        kernels.sumRows({ sums: db, x: sums, rows: 3, cols: filters })
        const wrong = {
          y: firstWrong(y, expected.y),
          dx: firstWrong(dx, expected.dx),
          dw: firstWrong(dw, expected.dw),
          db: firstWrong(db, expected.db),
        }
        expect(wrong, JSON.stringify({ ...g, filters })).toEqual({ y: -1, dx: -1, dw: -1, db: -1 })
      }
    }
  })

  it('conv2d is im2col and a product; col2im is the adjoint of im2col', () => {
    for (const g of geometries()) {
      const outputs = g.rows * g.outHeight * g.outWidth
      const taps = g.channels * g.kernelHeight * g.kernelWidth
      const x = wholeNumbers(g.rows * g.channels * g.height * g.width, 1)
      const weight = wholeNumbers(taps, 2)
      const [columns, product, y, back] = [blank(outputs * taps), blank(outputs), blank(outputs), blank(x.size)]
      kernels.im2col({ columns, x, ...g })
      kernels.gemm({ c: product, a: columns, b: weight, m: outputs, n: 1, k: taps })
      kernels.conv2dForward({ y, x, weight, ...g, filters: 1 })
      expect(firstWrong(y, Float64Array.from(product.data)), JSON.stringify(g)).toBe(-1)

      const other = wholeNumbers(columns.size, 3)
      kernels.col2im({ x: back, columns: other, ...g })
      const dot = (a: Tensor, b: Tensor): number => {
        let sum = 0
        for (let i = 0; i < a.size; i++) sum += a.data[i] * b.data[i]
        return sum
      }
      expect(dot(columns, other), JSON.stringify(g)).toBe(dot(x, back))
    }
  })

  it('a sample is the same to the bit alone and in a batch, whatever its neighbours', () => {
    const random = randomOf(5)
    const reals = (length: number): Tensor =>
      new Tensor(
        Float32Array.from({ length }, () => random() - 0.5),
        [length],
      )
    // Direct, and Winograd's way with several samples in a unit and several units.
    for (const [channels, filters, rows] of [
      [3, 5, 4],
      [16, 16, 23],
    ] as const) {
      const g = { channels, height: 7, width: 9, kernelHeight: 3, kernelWidth: 3, outHeight: 7, outWidth: 9 }
      const geometry = { ...g, strideHeight: 1, strideWidth: 1, padTop: 1, padLeft: 1, filters }
      const [image, output] = [channels * 63, filters * 63]
      const [x, dy, weight] = [reals(rows * image), reals(rows * output), reals(filters * channels * 9)]
      x.data.fill(Number.NaN, 0, image)
      dy.data.fill(Number.NaN, 0, output)
      const [y, dx, oneY, oneDx] = [blank(rows * output), blank(rows * image), blank(output), blank(image)]
      kernels.conv2dForward({ y, x, weight, ...geometry, rows })
      kernels.conv2dInputGradient({ dx, dy, weight, ...geometry, rows })
      for (let n = 1; n < rows; n++) {
        const part = (all: Tensor, size: number): Tensor => new Tensor(all.data.slice(n * size, (n + 1) * size), [size])
        kernels.conv2dForward({ y: oneY, x: part(x, image), weight, ...geometry, rows: 1 })
        kernels.conv2dInputGradient({ dx: oneDx, dy: part(dy, output), weight, ...geometry, rows: 1 })
        expect(firstWrong(oneY, Float64Array.from(part(y, output).data))).toBe(-1)
        expect(firstWrong(oneDx, Float64Array.from(part(dx, image).data))).toBe(-1)
      }
    }
  })

  it('errors of 3x3 convolutions stay within a few roundings, as root mean squares', () => {
    // Direct summing: 2e-7 to 4e-7. Winograd with the points 5/8 and 3/2: up to 7e-7; with the usual 1 and 2 more than 1e-6.
    const random = randomOf(3)
    const reals = (length: number): Tensor =>
      new Tensor(
        Float32Array.from({ length }, () => 2 * random() - 1),
        [length],
      )
    const double = ({ data }: Tensor): Float64Array => Float64Array.from(data)
    const rms = (values: Float64Array): number => Math.hypot(...values) / Math.sqrt(values.length)
    const g = { rows: 2, channels: 16, height: 8, width: 8, kernelHeight: 3, kernelWidth: 3, outHeight: 8, outWidth: 8 }
    const geometry = { ...g, strideHeight: 1, strideWidth: 1, padTop: 1, padLeft: 1, filters: 16 }
    const [x, dy, weight] = [reals(2048), reals(2048), reals(2304)]
    const [y, dx, partials] = [blank(2048), blank(2048), blank(2304)]
    kernels.conv2dForward({ y, x, weight, ...geometry })
    kernels.conv2dInputGradient({ dx, dy, weight, ...geometry })
    kernels.conv2dWeightGradient({ partials, dy, x, ...geometry, groups: 1 })
    const expected = { y: new Float64Array(2048), dx: new Float64Array(2048), partials: new Float64Array(2304) }
    forEachTerm(geometry, 16, (yi, xi, wi) => {
      expected.y[yi] += x.data[xi] * weight.data[wi]
      expected.dx[xi] += dy.data[yi] * weight.data[wi]
      expected.partials[wi] += dy.data[yi] * x.data[xi]
    })
    for (const [actual, exact] of [
      [y, expected.y],
      [dx, expected.dx],
      [partials, expected.partials],
    ] as const) {
      expect(rms(double(actual).map((value, i) => value - exact[i])) / rms(exact)).toBeLessThan(1e-6)
    }
  })

  it('conv2d with relu keeps NaN', () => {
    const one = { height: 1, width: 2, kernelHeight: 1, kernelWidth: 1, outHeight: 1, outWidth: 2 }
    const geometry = { ...one, rows: 1, channels: 1, strideHeight: 1, strideWidth: 1, padTop: 0, padLeft: 0 }
    const y = blank(2)
    const x = new Tensor(Float32Array.from([Number.NaN, 1]), [2])
    const weight = new Tensor(Float32Array.from([-1]), [1])
    kernels.conv2dForward({ y, x, weight, ...geometry, filters: 1, relu: 1 })
    expect(Array.from(y.data)).toEqual([Number.NaN, 0])
  })
})
