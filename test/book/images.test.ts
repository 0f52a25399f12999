// The notes' layers on images, rows 38 to 47 of the table, against loops as they are defined and central differences.

import { describe, expect, test } from 'vitest'
import { Convolution, col2im, convOutputSize, im2col, Pooling } from '../../src/book/index.js'
import { tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { checkLayer, expectClose, inner, randomTensor } from './check.js'

/** The element at (n, c, row, column), `outside` beyond the image. */
function pixel(x: Tensor, n: number, c: number, row: number, column: number, outside: number): number {
  const [, , height, width] = x.shape as readonly number[]
  const inside = row >= 0 && column >= 0 && row < (height as number) && column < (width as number)
  return inside ? x.at(n, c, row, column) : outside
}

/** Every output (n, f, oh, ow) from `value`, sizes as the notes have them, rounded down. */
function naive(
  x: Tensor,
  [filters, filterH, filterW]: readonly [number, number, number],
  [stride, pad]: readonly [number, number],
  value: (n: number, f: number, top: number, left: number) => number,
): Tensor {
  const [rows, , height, width] = x.shape as readonly [number, number, number, number]
  const outHeight = Math.floor((height + 2 * pad - filterH) / stride) + 1
  const outWidth = Math.floor((width + 2 * pad - filterW) / stride) + 1
  const result: number[] = []
  for (let n = 0; n < rows; n++) {
    for (let f = 0; f < filters; f++) {
      for (let oh = 0; oh < outHeight; oh++) {
        for (let ow = 0; ow < outWidth; ow++) result.push(value(n, f, oh * stride - pad, ow * stride - pad))
      }
    }
  }
  return new Tensor(Float64Array.from(result), [rows, filters, outHeight, outWidth])
}

/** Every place (c, kh, kw) of a window. */
const places = (channels: number, filterH: number, filterW: number): [number, number, number][] =>
  Array.from({ length: channels * filterH * filterW }, (_, i) => [
    Math.floor(i / (filterH * filterW)),
    Math.floor(i / filterW) % filterH,
    i % filterW,
  ])

const x = randomTensor([2, 3, 7, 6])
const passes = [
  [1, 0],
  [2, 1],
  [3, 2],
] as const

describe('Convolution', () => {
  const [W, b] = [randomTensor([4, 3, 3, 2], 2), randomTensor([4], 3)]

  test('row 38: forward, over strides and paddings, with a filter that is not square', () => {
    for (const [stride, pad] of passes) {
      const wanted = naive(x, [4, 3, 2], [stride, pad], (n, f, top, left) =>
        places(3, 3, 2).reduce(
          (sum, [c, kh, kw]) => sum + pixel(x, n, c, top + kh, left + kw, 0) * W.at(f, c, kh, kw),
          b.at(f),
        ),
      )
      const layer = new Convolution(W, b, stride, pad)
      expect([layer.stride, layer.pad]).toEqual([stride, pad])
      expectClose(layer.forward(x), wanted, 1e-12)
    }
  })

  test('row 39: backward gives dx, dW and db', () => {
    const small = randomTensor([2, 2, 5, 4])
    for (const [stride, pad] of passes) {
      checkLayer(new Convolution(randomTensor([3, 2, 3, 2], 2), randomTensor([3], 3), stride, pad), small)
    }
    expect(() => new Convolution(W, b).backward(x)).toThrow(/before forward/)
  })

  test('row 39: more samples than groups, float32 on the default backend as float64 on the reference', () => {
    const images = randomTensor([11, 3, 6, 6])
    const layers = (['float64', 'float32'] as const).map((element) => {
      const layer = new Convolution(tensor(W, undefined, { element }), tensor(b, undefined, { element }), 1, 1)
      const y = layer.forward(images)
      return [y, layer.backward(y), layer.dW, layer.db]
    }) as [Tensor[], Tensor[]]
    layers[1].forEach((value, i) => {
      expect(value.element).toBe('float32')
      expectClose(value, layers[0][i] as Tensor, 1e-3, 1e-4)
    })
  })

  test('row 45: (N,C,H,W) with (FN,C,FH,FW) gives (N,FN,OH,OW), and one image (FN,OH,OW)', () => {
    const batch = new Convolution(W, b).forward(x)
    expect(batch.shape).toEqual([2, 4, 5, 5])
    const image = x.slice(1).reshape(3, 7, 6)
    expect(new Convolution(W, b).forward(image).toArray()).toEqual(batch.slice(1).reshape(4, 5, 5).toArray())
    checkLayer(new Convolution(W, b, 2, 1), image)
    checkLayer(new Pooling(3, 2, 2, 1), image)
    expect(new Pooling(2, 2, 2).forward(image).shape).toEqual([3, 3, 3])
    expect(im2col(image, 3, 2).toArray()).toEqual(im2col(image.reshape(1, 3, 7, 6), 3, 2).toArray())
  })

  test('row 45: other shapes are errors', () => {
    expect(() => new Convolution(W, b).forward(randomTensor([2, 1, 7, 6]))).toThrow(/expected 3 channels/)
    expect(() => new Convolution(W, b).forward(randomTensor([7, 6]))).toThrow(/samples, channels, height, width/)
    expect(() => new Convolution(W, [0])).toThrow(/b has shape \(1,\), expected \(4,\)/)
    expect(() => new Convolution(randomTensor([3, 3]), [0])).toThrow(/filters, channels, height, width/)
  })
})

test('row 40: im2col: a row for each place, a column for each weight; the books’ shapes', () => {
  expect(im2col(randomTensor([1, 3, 7, 7]), 5, 5).shape).toEqual([9, 75])
  expect(im2col(randomTensor([10, 3, 7, 7]), 5, 5).shape).toEqual([90, 75])
  for (const [stride, pad] of passes) {
    const columns = im2col(x, 3, 2, stride, pad)
    const wanted = naive(x, [18, 3, 2], [stride, pad], (n, f, top, left) => {
      const [c, kh, kw] = places(3, 3, 2)[f] as [number, number, number]
      return pixel(x, n, c, top + kh, left + kw, 0)
    })
    const [rows, cols, outHeight, outWidth] = wanted.shape as readonly number[]
    expect(columns.toArray()).toEqual(
      wanted
        .transpose(0, 2, 3, 1)
        .reshape(-1, cols as number)
        .toArray(),
    )
    expect(columns.shape[0]).toBe((rows as number) * (outHeight as number) * (outWidth as number))
  }
})

test('row 41: col2im adds overlaps up, crops the padding, and is the adjoint of im2col', () => {
  const counts = col2im(
    im2col(
      tensor([
        [
          [
            [1, 1, 1],
            [1, 1, 1],
            [1, 1, 1],
          ],
        ],
      ]),
      2,
      2,
    ),
    [1, 1, 3, 3],
    2,
    2,
  )
  expect(counts.toArray()).toEqual([
    [
      [
        [1, 2, 1],
        [2, 4, 2],
        [1, 2, 1],
      ],
    ],
  ])
  for (const [stride, pad] of passes) {
    const columns = im2col(x, 3, 2, stride, pad)
    const other = randomTensor(columns.shape, 5)
    const back = col2im(other, x.shape, 3, 2, stride, pad)
    expect(back.shape).toEqual(x.shape)
    expect(inner(columns, other)).toBeCloseTo(inner(x, back), 10)
  }
  expect(() => col2im([[1]], [1, 1, 3, 3], 2, 2)).toThrow(/col has shape \(1, 1\), expected \(4, 4\)/)
})

describe('Pooling', () => {
  test('row 42: the largest element of each window; the stride is 1 unless given', () => {
    for (const [stride, pad] of [
      [1, 0],
      [2, 0],
      [2, 1],
      [3, 1],
    ] as const) {
      const wanted = naive(x, [3, 3, 2], [stride, pad], (n, c, top, left) =>
        Math.max(...places(1, 3, 2).map(([, kh, kw]) => pixel(x, n, c, top + kh, left + kw, -Infinity))),
      )
      expect(new Pooling(3, 2, stride, pad).forward(x).toArray()).toEqual(wanted.toArray())
    }
    expect(new Pooling(2, 2).forward(x).shape).toEqual([2, 3, 6, 5])
  })

  test('row 42: padding does not win over negative numbers', () => {
    const negative = tensor([
      [
        [
          [-1, -2],
          [-3, -4],
        ],
      ],
    ])
    expect(new Pooling(2, 2, 2, 1).forward(negative).toArray()).toEqual([
      [
        [
          [-1, -2],
          [-3, -4],
        ],
      ],
    ])
    expect(() => new Pooling(2, 2, 2, 2)).toThrow(/pad is 2, expected less than the window/)
    expect(() => new Pooling(0, 2)).toThrow(/^Pooling: poolH is 0, expected a whole number from 1/)
    expect(() => new Pooling(2, 1.5)).toThrow(/^Pooling: poolW is 1.5/)
  })

  test('row 43: backward routes dout to the maxima, and adds up where windows overlap', () => {
    const layer = new Pooling(2, 2, 1)
    layer.forward(
      tensor([
        [
          [
            [1, 2, 3],
            [4, 9, 5],
            [6, 7, 8],
          ],
        ],
      ]),
    )
    expect(
      layer
        .backward(
          tensor([
            [
              [
                [1, 2],
                [3, 4],
              ],
            ],
          ]),
        )
        .toArray(),
    ).toEqual([
      [
        [
          [0, 0, 0],
          [0, 10, 0],
          [0, 0, 0],
        ],
      ],
    ])
    for (const [stride, pad] of [
      [1, 0],
      [2, 1],
    ] as const)
      checkLayer(new Pooling(3, 2, stride, pad), x)
    expect(() => new Pooling(2, 2).backward([[[[1]]]])).toThrow(/before forward/)
  })

  test('row 46: nothing to learn, channel by channel, 4×4 to 2×2, and small shifts change nothing', () => {
    const layer = new Pooling(2, 2, 2)
    expect(layer.params).toEqual([])
    expect(layer.forward(randomTensor([1, 5, 4, 4])).shape).toEqual([1, 5, 2, 2])
    const at = (column: number) => tensor([[[[0, 1, 2, 3].map((place) => (place === column ? 9 : 0)), [0, 0, 0, 0]]]])
    expect(layer.forward(at(0)).toArray()).toEqual(layer.forward(at(1)).toArray())
  })
})

test('row 44: sizes after a convolution, rounded down; a filter that does not fit is an error with the arithmetic', () => {
  // The book's examples: 4×4 with 3×3 and padding 1; 7×7, stride 2; 28×31, 5×5, padding 2, stride 3.
  expect([
    convOutputSize(4, 3, 1, 1),
    convOutputSize(7, 3, 2),
    convOutputSize(28, 5, 3, 2),
    convOutputSize(31, 5, 3, 2),
  ]).toEqual([4, 3, 10, 11])
  expect(convOutputSize(28, 5, 2)).toBe(12)
  expect(() => convOutputSize(3, 5)).toThrow(/\(3 \+ 2 · 0 - 5\) \/ 1 \+ 1 = -1/)
  expect(() => convOutputSize(3, 2, 0.5)).toThrow(/stride is 0.5/)
})
