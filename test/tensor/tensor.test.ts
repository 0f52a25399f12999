import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arange, full, ones, tensor, zeros } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'

/** Runs `action` and gives the error's code and message. */
function failure(action: () => unknown): { readonly code: string | undefined; readonly message: string } {
  try {
    action()
  } catch (error) {
    return { code: (error as { code?: string }).code, message: (error as Error).message }
  }
  throw new Error('expected an error, got none')
}

const loosely = (value: unknown): never => value as never

describe('tensor()', () => {
  test('nested arrays become float32 of their nesting', () => {
    const t = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect([t.shape, t.element, [...t.data]]).toEqual([[2, 3], 'float32', [1, 2, 3, 4, 5, 6]])
  })

  test('a number has no axes; empty arrays have a zero', () => {
    expect(tensor(5).shape).toEqual([])
    expect(tensor([[], []]).shape).toEqual([2, 0])
  })

  test('innermost arrays may be typed', () => {
    expect(tensor([new Float32Array([1, 2]), new Uint8Array([3, 4])]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test.each([
    [new Float32Array(2), 'float32'],
    [new Float64Array(2), 'float64'],
    [new Int32Array(2), 'int32'],
    [new Uint8Array(2), 'uint8'],
    [new Uint8ClampedArray(2), 'uint8'],
    [new Int8Array(2), 'int32'],
    [new Uint16Array(2), 'int32'],
  ] as const)('%o becomes %s', (array, element) => {
    expect(tensor(array).element).toBe(element)
  })

  test('copies what it gets', () => {
    const source = new Float32Array([1, 2])
    const t = tensor(source)
    source[0] = 9
    expect(t.at(0)).toBe(1)
  })

  test('takes a shape, with one axis left open', () => {
    expect(tensor([1, 2, 3, 4, 5, 6], [2, -1]).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(tensor(new Float32Array(6), [3, 2]).shape).toEqual([3, 2])
  })

  test('copies a tensor, keeping its scale or resolving it into another element type', () => {
    const bytes = new Tensor(new Uint8Array([0, 255]), [2], { scale: 1 / 255 })
    expect(tensor(bytes).scale).toBe(1 / 255)
    const floats = tensor(bytes, undefined, { element: 'float32' })
    expect([floats.scale, floats.toArray()]).toEqual([1, [0, 1]])
  })

  test.each<[string, unknown, string, string]>([
    ['a short row', [[1, 2], [3]], 'ERR_SHAPE', 'value[1] has 1 items, expected 2 items, as in value[0]'],
    [
      'a deep short row',
      [
        [[1], [2]],
        [[3], [4, 5]],
      ],
      'ERR_SHAPE',
      'value[1][1] has 2 items, expected 1 items',
    ],
    ['a number among rows', [[1, 2], 3], 'ERR_SHAPE', 'value[1] is the number 3, expected 2 items'],
    ['a row among numbers', [1, [2]], 'ERR_SHAPE', 'value[1] has 1 items, expected a number'],
    ['text', [[1, 'two']], 'ERR_ARGUMENT', 'value[0][1] is "two", expected a number'],
    ['a hole', [1, undefined], 'ERR_ARGUMENT', 'value[1] is undefined, expected a number'],
    ['nothing', undefined, 'ERR_ARGUMENT', 'got undefined'],
    ['an object', {}, 'ERR_ARGUMENT', 'got an Object'],
    ['BigInts', new BigInt64Array(2), 'ERR_ARGUMENT', 'got BigInt64Array(2)'],
  ])('refuses %s', (_, value, code, text) => {
    const error = failure(() => tensor(loosely(value)))
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
  })

  test('refuses an array that contains itself', () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(failure(() => tensor(loosely(loop))).code).toBe('ERR_SHAPE')
  })

  test.each([
    [256, 'uint8', 'value[0] is 256, expected an integer from 0 to 255 (uint8)'],
    [-1, 'uint8', 'value[0] is -1'],
    [0.5, 'int32', 'value[0] is 0.5, expected an integer from -2147483648 to 2147483647 (int32)'],
    [Number.NaN, 'int32', 'value[0] is NaN'],
  ] as const)('refuses %d as %s', (value, element, text) => {
    expect(failure(() => tensor([value], undefined, { element })).message).toContain(text)
  })

  test('refuses an unknown element type and shapes that do not fit', () => {
    expect(failure(() => tensor([1], undefined, loosely({ element: 'float16' }))).message).toContain('"float16"')
    expect(failure(() => tensor([1, 2, 3], [2, 2])).message).toContain(
      '(3,) has 3 elements, which do not fit into (2, 2)',
    )
  })
})

describe('filled tensors', () => {
  test('zeros, ones, full', () => {
    expect(zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(ones([2], { element: 'int32' }).data).toEqual(new Int32Array([1, 1]))
    expect(full([1, 2], 0.5).toArray()).toEqual([[0.5, 0.5]])
    expect(full([], 3).item()).toBe(3)
  })

  test('arange counts like NumPy', () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2])
    expect(arange(2, 8, 3).toArray()).toEqual([2, 5])
    expect(arange(3, 0, -1).toArray()).toEqual([3, 2, 1])
    expect(arange(3, 3).shape).toEqual([0])
  })

  test.each([
    [() => zeros([2, -1]), 'zeros' as const, 'shape has -1 at axis 1'],
    [() => zeros([1.5]), 'zeros' as const, 'shape has 1.5 at axis 0'],
    [() => zeros(loosely(3)), 'zeros' as const, 'shape is 3'],
    [() => zeros([2 ** 20, 2 ** 20]), 'zeros' as const, '1099511627776 elements'],
    [() => full([1], 300, { element: 'uint8' }), 'full' as const, 'value is 300'],
    [() => arange(0, 1, 0), 'arange' as const, 'step is 0'],
    [() => arange(Infinity), 'arange' as const, 'stop is Infinity'],
  ])('refuse bad arguments (%#)', (action, _, text) => {
    expect(failure(action).message).toContain(text)
  })
})

describe('views', () => {
  const t = () =>
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ])

  test('slice shares memory', () => {
    const whole = t()
    whole.slice(1, 2).data[0] = 30
    expect(whole.at(1, 0)).toBe(30)
  })

  test.each<[number | undefined, number | undefined, number[][]]>([
    [1, 2, [[3, 4]]],
    [-1, undefined, [[5, 6]]],
    [undefined, -2, [[1, 2]]],
    [2, 1, []],
    [
      -9,
      9,
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [5, 9, []],
  ])('slice(%s, %s) cuts as NumPy does', (start, end, expected) => {
    const slice = t().slice(start, end)
    expect(slice.toArray()).toEqual(expected)
    expect(slice.shape).toEqual([expected.length, 2])
  })

  test('slice keeps the scale', () => {
    expect(new Tensor(new Uint8Array([51, 255]), [2], { scale: 1 / 255 }).slice(1).item()).toBe(1)
  })

  test('slice refuses bounds that are no integers, and scalars', () => {
    expect(failure(() => t().slice(0.5)).code).toBe('ERR_ARGUMENT')
    expect(failure(() => tensor(1).slice(0)).code).toBe('ERR_SHAPE')
  })

  test('reshape shares memory and fills one open axis', () => {
    const whole = t()
    const flat = whole.reshape(-1)
    expect(flat.shape).toEqual([6])
    flat.data[5] = 60
    expect(whole.at(2, 1)).toBe(60)
    expect(whole.reshape([2, -1]).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 60],
    ])
    expect(tensor([7]).reshape().shape).toEqual([])
  })

  test('reshape refuses two open axes even where they would fit', () => {
    expect(failure(() => tensor([1]).reshape(-1, -1)).message).toContain('(-1, -1) has -1 2 times')
  })

  test.each([[[4]], [[-1, 4]], [[-1, -1]], [[0, -1]]])('reshape refuses %j', (shape) => {
    expect(failure(() => t().reshape(shape)).code).toBe('ERR_SHAPE')
  })
})

describe('reading', () => {
  test('at counts negative indices from the end', () => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ])
    expect([t.at(0, 1), t.at(-1, -2)]).toEqual([2, 3])
  })

  test.each([
    [[2, 0], 'index 2 is outside axis 0 of length 2'],
    [[0, -3], 'index -3 is outside axis 1'],
    [[0], 'got 1 indices'],
    [[0, 0.5], 'index 0.5'],
  ] as const)('at refuses %j', (indices, text) => {
    expect(
      failure(() =>
        tensor([
          [1, 2],
          [3, 4],
        ]).at(...indices),
      ).message,
    ).toContain(text)
  })

  test('item needs exactly one element', () => {
    expect(tensor([[2.5]]).item()).toBe(2.5)
    expect(failure(() => tensor([1, 2]).item()).message).toContain('has 2 elements, expected 1')
  })

  test('toFloat32 is an ordinary copy with the scale applied', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3))
    shared.set([0, 51, 255])
    const t = new Tensor(shared, [3], { scale: 1 / 255 })
    const copy = t.toFloat32()
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer)
    // The product of two float32 numbers, as the gather kernel computes it; it is one bit away from 0.2.
    const fifth = Math.fround(51 * Math.fround(1 / 255))
    expect([...copy]).toEqual([0, fifth, 1])
    expect(t.toArray()).toEqual([...copy])
    expect(t.at(1)).toBe(fifth)
    const floats = tensor([1, 2])
    floats.toFloat32()[0] = 9
    expect(floats.at(0)).toBe(1)
  })

  test('toArray gives back what tensor() took (random shapes)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), (shape) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const t = arange(size).reshape(shape)
        expect(tensor(t.toArray()).shape).toEqual(shape)
        expect(tensor(t.toArray()).data).toEqual(t.data)
      }),
      { numRuns: 50 },
    )
  })
})

describe('argMax', () => {
  test('flat: the first largest, and NaN above all', () => {
    expect(
      tensor([
        [1, 5],
        [5, 2],
      ]).argMax(),
    ).toBe(1)
    expect(tensor([1, Number.NaN, 9, Number.NaN]).argMax()).toBe(1)
    expect(tensor([-3, -2]).argMax()).toBe(1)
  })

  test('along an axis', () => {
    const t = tensor([
      [
        [1, 9],
        [7, 2],
        [3, 4],
      ],
      [
        [0, 0],
        [5, 6],
        [8, 1],
      ],
    ])
    expect(t.argMax(0).toArray()).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ])
    expect(t.argMax(1).toArray()).toEqual([
      [1, 0],
      [2, 1],
    ])
    expect(t.argMax(-1).toArray()).toEqual([
      [1, 0, 1],
      [0, 1, 0],
    ])
    expect(t.argMax(-1).element).toBe('int32')
  })

  test('refuses an axis that is not there and nothing to compare', () => {
    expect(failure(() => tensor([1]).argMax(1)).code).toBe('ERR_SHAPE')
    expect(failure(() => zeros([0]).argMax()).message).toContain('nothing to compare')
    expect(failure(() => zeros([2, 0]).argMax(1)).message).toContain('nothing to compare')
  })
})

describe('transpose', () => {
  test('reverses axes into a copy', () => {
    const t = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const turned = t.transpose()
    expect(turned.toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    turned.data[0] = 9
    expect(t.at(0, 0)).toBe(1)
  })

  test('takes an order of axes', () => {
    const t = arange(6).reshape(1, 2, 3)
    expect(t.transpose(2, 0, 1).shape).toEqual([3, 1, 2])
    expect(t.transpose(0, 2, 1).toArray()).toEqual([
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
    ])
    expect(t.transpose(0, 2, 1).transpose(0, 2, 1).toArray()).toEqual(t.toArray())
  })

  test('refuses axes that are no permutation', () => {
    expect(failure(() => tensor([[1]]).transpose(0, 0)).code).toBe('ERR_SHAPE')
    expect(failure(() => tensor([[1]]).transpose(1)).code).toBe('ERR_SHAPE')
  })
})

describe('while a plan is recorded', () => {
  const recorded = new Tensor({ memory: 0, offset: 8, element: 'float32' }, [2, 2])
  test.each<[string, (t: Tensor) => unknown]>([
    ['data', (t) => t.data],
    ['transpose', (t) => t.transpose()],
    ['toArray', (t) => t.toArray()],
    ['argMax', (t) => t.argMax()],
  ])('%s names the way out', (_, action) => {
    const error = failure(() => action(recorded))
    expect(error.code).toBe('ERR_RECORDING')
    expect(error.message).toContain('kernels.host')
  })

  test('slice and reshape still make views', () => {
    expect(recorded.slice(1).placeholder).toEqual({ memory: 0, offset: 10, element: 'float32' })
    expect(recorded.reshape(4).placeholder).toEqual(recorded.placeholder)
  })
})
