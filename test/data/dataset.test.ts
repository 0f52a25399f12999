import { describe, expect, test } from 'vitest'
import { Dataset, toDataset } from '../../src/data/dataset.js'
import { spiral } from '../../src/data/spiral.js'
import { tensor, zeros } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'

const loosely = (value: unknown): never => value as never
const shared = (t: Tensor): boolean => t.data.buffer instanceof SharedArrayBuffer

describe('Dataset', () => {
  test('from nested arrays: float32 samples, int32 labels', () => {
    const set = new Dataset(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [0, 2, 1],
    )
    expect([set.length, set.sampleShape, set.targets, set.classes]).toEqual([3, [2], 'labels', 3])
    expect([set.x.element, set.y.element]).toEqual(['float32', 'int32'])
    expect([set.x.toArray(), set.y.toArray()]).toEqual([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [0, 2, 1],
    ])
    expect([shared(set.x), shared(set.y)]).toEqual([true, true])
  })

  test('dense targets stay rows of floats', () => {
    const set = new Dataset(
      [[1], [2]],
      [
        [0.25, 0.75, 0],
        [1, 0, 0],
      ],
    )
    expect([set.targets, set.classes, set.y.element, set.y.at(0, 1)]).toEqual(['dense', 3, 'float32', 0.75])
  })

  test('labels from typed arrays, also as floats and bytes', () => {
    for (const y of [new Uint8Array([1, 0]), new Int32Array([1, 0]), new Float32Array([1, 0]), new Int8Array([1, 0])]) {
      const set = new Dataset(zeros([2, 1]), y)
      expect([set.y.element, set.y.toArray()]).toEqual(['int32', [1, 0]])
    }
  })

  test('bytes stay bytes with their scale', () => {
    const pixels = new Tensor(new Uint8Array([0, 51, 102, 255]), [2, 2], { scale: 1 / 255 })
    const set = new Dataset(pixels, [0, 1])
    expect([set.x.element, set.x.scale, set.x.at(1, 1)]).toEqual(['uint8', 1 / 255, 1])
  })

  test('other numbers become float32; a scale on integers is multiplied in', () => {
    expect(new Dataset(tensor(new Float64Array([0.1, 0.2]), [2, 1]), [0, 1]).x.data).toEqual(
      new Float32Array([0.1, 0.2]),
    )
    const scaled = new Tensor(new Int32Array([2, 4]), [2, 1], { scale: 0.5 })
    expect(new Dataset(scaled, [0, 1]).x.toArray()).toEqual([[1], [2]])
    expect(new Dataset(tensor(new Float64Array([0.1]), [1, 1]), [0], { real: 'float64' }).x.data[0]).toBe(0.1)
  })

  test('copies what it gets, except what is shared already', () => {
    const x = zeros([2, 1])
    const y = new Int32Array([0, 1])
    const set = new Dataset(x, y)
    x.data[0] = 5
    y[0] = 1
    expect([set.x.at(0, 0), set.y.at(0)]).toEqual([0, 0])
    const again = new Dataset(set.x, set.y)
    expect([again.x.data.buffer, again.y.data.buffer]).toEqual([set.x.data.buffer, set.y.data.buffer])
    expect(again.x.data.buffer).toBe(set.x.data.buffer)
  })

  test('slice shares memory, keeps the classes, and is a Dataset', () => {
    const set = new Dataset([[1], [2], [3]], [0, 1, 2])
    const part = set.slice(-2)
    expect(part).toBeInstanceOf(Dataset)
    expect([part.length, part.classes, part.targets, part.x.toArray(), part.y.toArray()]).toEqual([
      2,
      3,
      'labels',
      [[2], [3]],
      [1, 2],
    ])
    expect(part.x.data.buffer).toBe(set.x.data.buffer)
  })

  test.each<[string, unknown, unknown, string, string]>([
    ['no samples', [], [], 'ERR_DATA', 'x is empty (shape (0,)), expected at least one sample'],
    ['samples without features', zeros([3, 0]), [0, 1, 2], 'ERR_DATA', 'x is empty (shape (3, 0))'],
    ['different lengths', [[1], [2]], [0], 'ERR_DATA', 'x has 2 samples (shape (2, 1)) but y has 1 (shape (1,))'],
    ['flat samples', [1, 2], [0, 1], 'ERR_SHAPE', 'x has shape (2,), expected (samples, features, …)'],
    ['flat typed samples', new Float32Array(2), [0, 1], 'ERR_SHAPE', 'reshape it to (samples, 1)'],
    ['a number as targets', [[1]], 1, 'ERR_ARGUMENT', 'y is 1, expected a tensor'],
    ['a single target', [[1]], tensor(1), 'ERR_SHAPE', 'y has shape ()'],
    [
      'NaN in x',
      [
        [1, 2],
        [3, Number.NaN],
      ],
      [0, 1],
      'ERR_NOT_FINITE',
      'x of sample 1 has NaN at element 1',
    ],
    ['infinity in x', [[-Infinity]], [0], 'ERR_NOT_FINITE', 'x of sample 0 has -Infinity at element 0'],
    ['what float32 cannot hold', [[1e300]], [0], 'ERR_NOT_FINITE', 'x of sample 0 has Infinity'],
    [
      'NaN in dense targets',
      [[1], [2]],
      [
        [1, 0],
        [0, Number.NaN],
      ],
      'ERR_NOT_FINITE',
      'y of sample 1 has NaN at element 1',
    ],
    ['a negative label', [[1], [2]], [0, -1], 'ERR_LABEL', 'label of sample 1 is -1, expected a class number'],
    ['a label between classes', [[1], [2]], [0, 0.5], 'ERR_LABEL', 'label of sample 1 is 0.5'],
    ['NaN as a label', [[1]], [Number.NaN], 'ERR_LABEL', 'label of sample 0 is NaN'],
    ['a huge label', [[1]], [2 ** 31], 'ERR_LABEL', 'label of sample 0 is 2147483648'],
    ['ragged samples', [[1, 2], [3]], [0, 1], 'ERR_SHAPE', 'value[1] has 1 items'],
    ['text', 'digits', [0], 'ERR_ARGUMENT', 'x is "digits", expected a tensor'],
    ['no targets', [[1]], null, 'ERR_ARGUMENT', 'y is null'],
  ])('refuses %s', async (_, x, y, code, text) => {
    const failure = await failureOf(() => new Dataset(loosely(x), loosely(y)))
    expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(text)])
  })

  test('refuses fewer names than classes; more are classes that do not occur', async () => {
    const failure = await failureOf(() => new Dataset([[1], [2]], [0, 1], { classNames: ['a'] }))
    expect([failure.code, failure.message]).toEqual([
      'ERR_ARGUMENT',
      'Dataset: classNames has 1 name, expected 2 or more: y has labels up to 1',
    ])
    expect(new Dataset([[1]], [0], { classNames: ['a', 'b'] }).classNames).toEqual(['a', 'b'])
  })

  test('checks shared floats too, and empty slices', async () => {
    const x = new Float32Array(new SharedArrayBuffer(8))
    x[1] = Number.NaN
    expect((await failureOf(() => new Dataset(new Tensor(x, [2, 1]), [0, 1]))).code).toBe('ERR_NOT_FINITE')
    expect((await failureOf(() => new Dataset([[1]], [0]).slice(1))).message).toContain('1 to 1 of 1 samples is empty')
  })
})

describe('toDataset', () => {
  const set = new Dataset([[1]], [0])
  test('passes a Dataset on and makes one of x and y', () => {
    expect(toDataset(set)).toBe(set)
    expect(toDataset([[1], [2]], [0, 1]).length).toBe(2)
  })
  test('refuses a Dataset with y, and x without y', async () => {
    expect((await failureOf(() => toDataset(set, [0]))).message).toContain('got a Dataset and y')
    expect((await failureOf(() => toDataset([[1]]))).message).toContain('without y')
  })
})

describe('spiral', () => {
  test('arms of the right size, radius and angle', () => {
    const set = spiral({ noise: 0, samplesPerClass: 50, classes: 4 })
    expect([set.x.shape, set.y.shape, set.classes]).toEqual([[200, 2], [200], 4])
    for (let i = 0; i < 200; i++) {
      const [arm, radius] = [Math.floor(i / 50), (i % 50) / 50]
      expect(set.y.at(i)).toBe(arm)
      const angle = 4 * arm + 4 * radius
      expect(Math.abs(set.x.at(i, 0) - radius * Math.sin(angle))).toBeLessThan(1e-7)
      expect(Math.abs(set.x.at(i, 1) - radius * Math.cos(angle))).toBeLessThan(1e-7)
    }
  })

  test('noise turns points, never moves them outwards; the seed decides', () => {
    const [a, b, c] = [spiral({ seed: 1 }), spiral({ seed: 1 }), spiral({ seed: 2 })]
    expect(a.x.toFloat32()).toEqual(b.x.toFloat32())
    expect(a.x.toFloat32()).not.toEqual(c.x.toFloat32())
    for (let i = 0; i < a.length; i++) {
      expect(Math.hypot(a.x.at(i, 0), a.x.at(i, 1))).toBeCloseTo((i % 100) / 100, 6)
    }
  })

  test('refuses numbers out of range', async () => {
    for (const options of [
      { samplesPerClass: 0 },
      { classes: 1.5 },
      { noise: -1 },
      { noise: Number.NaN },
      { seed: -1 },
    ]) {
      const { code, message } = await failureOf(() => spiral(options))
      expect([code, message]).toEqual(['ERR_ARGUMENT', expect.stringContaining(Object.keys(options)[0] as string)])
    }
  })
})
