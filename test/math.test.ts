import { describe, expect, test } from 'vitest'
import { add, dot, matmul, mul } from '../src/math.js'
import { arange, tensor, zeros } from '../src/tensor/create.js'
import { Tensor } from '../src/tensor/tensor.js'
import { failureOf } from './failure.js'

const matrix = tensor([
  [1, 2, 3],
  [4, 5, 6],
])

describe('add and mul', () => {
  test('equal shapes, numbers, nested arrays', () => {
    expect(add(matrix, matrix).toArray()).toEqual([
      [2, 4, 6],
      [8, 10, 12],
    ])
    expect(mul(matrix, 2).toArray()).toEqual([
      [2, 4, 6],
      [8, 10, 12],
    ])
    expect(add(1, [1, 2]).toArray()).toEqual([2, 3])
    expect(mul(2, 3).item()).toBe(6)
  })

  test.each<[number[], number[], number[]]>([
    [[2, 3], [3], [2, 3]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [[3], [2, 1], [2, 3]],
    [
      [4, 1, 3],
      [2, 1],
      [4, 2, 3],
    ],
    [[1], [], [1]],
    [[0, 3], [3], [0, 3]],
  ])('broadcast %j with %j', (left, right, shape) => {
    const size = (s: number[]) => s.reduce((a, b) => a * b, 1)
    const a = add(arange(size(left)), 1).reshape(left)
    const b = mul(add(arange(size(right)), 1), 10).reshape(right)
    const sum = add(a, b)
    const scaled = mul(a, b)
    expect([sum.shape, scaled.shape]).toEqual([shape, shape])
    // The same by NumPy's definition: an index is 0 on every axis of length 1.
    const pick = (t: Tensor, index: number[]) =>
      t.at(...t.shape.map((length, axis) => (length === 1 ? 0 : (index[index.length - t.rank + axis] as number))))
    for (let i = 0; i < size(shape); i++) {
      let rest = i
      const index = [...shape].reverse().map((length) => {
        const at = rest % length
        rest = Math.floor(rest / length)
        return at
      })
      index.reverse()
      expect(sum.at(...index)).toBe(pick(a, index) + pick(b, index))
      expect(scaled.at(...index)).toBe(pick(a, index) * pick(b, index))
    }
  })

  test('bytes count with their scale, integers as numbers; operands stay as they are', () => {
    const bytes = new Tensor(new Uint8Array([0, 255]), [2], { scale: 1 / 255 })
    expect(add(bytes, new Int32Array([1, 2])).toArray()).toEqual([1, 3])
    expect([...bytes.data]).toEqual([0, 255])
    expect(add(matrix, 1)).not.toBe(matrix)
    expect(matrix.at(0, 0)).toBe(1)
  })

  test('refuse shapes that do not fit, with both', async () => {
    const { code, message } = await failureOf(() => add(matrix, [1, 2]))
    expect([code, message]).toEqual([
      'ERR_SHAPE',
      'add: shapes (2, 3) and (2,) do not fit: axis -1 has length 3 and 2, expected equal lengths or 1',
    ])
    expect((await failureOf(() => mul(zeros([2, 3]), zeros([3, 3])))).message).toMatch(
      /^mul: .* axis -2 has length 2 and 3/,
    )
  })
})

describe('matmul and dot', () => {
  const turned = matrix.transpose()

  test('matrices and vectors', () => {
    expect(matmul(matrix, turned).toArray()).toEqual([
      [14, 32],
      [32, 77],
    ])
    expect(matmul(turned, matrix).shape).toEqual([3, 3])
    expect(matmul(matrix, [1, 0, 2]).toArray()).toEqual([7, 16])
    expect(matmul([1, 2], matrix).toArray()).toEqual([9, 12, 15])
    expect(matmul([1, 2], [3, 4])).toBeInstanceOf(Tensor)
    expect(matmul([1, 2], [3, 4]).shape).toEqual([])
  })

  test('dot of vectors is a number, of matrices the product', () => {
    expect(dot([1, 2, 3], [4, 5, 6])).toBe(32)
    expect((dot(matrix, turned) as Tensor).toArray()).toEqual(matmul(matrix, turned).toArray())
  })

  test('a sum over nothing is 0', () => {
    expect(matmul(zeros([2, 0]), zeros([0, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('refuse shapes that do not fit, with both', async () => {
    expect(await failureOf(() => matmul(matrix, matrix))).toEqual({
      code: 'ERR_SHAPE',
      message: 'matmul: shapes (2, 3) and (2, 3) do not fit, expected equal inner lengths',
    })
    expect((await failureOf(() => dot([1, 2], [1, 2, 3]))).message).toBe(
      'dot: shapes (2,) and (3,) do not fit, expected equal inner lengths',
    )
    expect((await failureOf(() => matmul(matrix, 2))).message).toContain('shapes (2, 3) and () do not fit')
    expect((await failureOf(() => matmul(zeros([1, 2, 3]), turned))).message).toContain('one or two axes each')
  })
})
