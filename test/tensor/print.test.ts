// Every expected text is what NumPy 2.4.6 prints for the same array: str(np.array(…, dtype)).
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { arange, full, tensor, zeros } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'

const lines = (value: Tensor): string[] => String(value).split('\n')

describe('a tensor prints as NumPy does', () => {
  test.each<[string, Tensor, string[]]>([
    [
      'a matrix of whole floats',
      tensor([
        [1, 2],
        [3, 4],
      ]),
      ['[[1. 2.]', ' [3. 4.]]'],
    ],
    ['fractions of different lengths', tensor([1, 2.5, -3.125]), ['[ 1.     2.5   -3.125]']],
    ['a ratio above 1000 with exponents', tensor([0.1, 1 / 3, 100.7]), ['[1.0000000e-01 3.3333334e-01 1.0070000e+02]']],
    [
      'exact digits where a column is filled',
      tensor([1e-5, 1, 12345.678]),
      ['[9.9999997e-06 1.0000000e+00 1.2345678e+04]'],
    ],
    ['nan and inf in a column', tensor([1.5, Number.NaN, -Infinity]), ['[ 1.5  nan -inf]']],
    ['nan alone', tensor([Number.NaN]), ['[nan]']],
    ['minus zero', tensor([-0, 0, 1]), ['[-0.  0.  1.]']],
    ['ties to even digits', tensor([0.158203125, 0.0703125]), ['[0.15820312 0.0703125 ]']],
    ['a power of two whose shortest text lies above it', tensor([2 ** -96]), ['[1.2621775e-29]']],
    ['a million in float32', tensor([1048576]), ['[1.048576e+06]']],
    [
      'three axes',
      tensor([
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ]),
      ['[[[1. 2.]', '  [3. 4.]]', '', ' [[5. 6.]', '  [7. 8.]]]'],
    ],
    ['no elements', tensor([[], []]), ['[]']],
    ['a scalar', tensor(0.1), ['0.1']],
    ['a large scalar', tensor(123456789), ['1.2345679e+08']],
    [
      'integers',
      tensor(
        [
          [-5, 10],
          [300, 0],
        ],
        undefined,
        { element: 'int32' },
      ),
      ['[[ -5  10]', ' [300   0]]'],
    ],
    ['float64', tensor(new Float64Array([0.1, 1 / 3, 2e-9])), ['[1.00000000e-01 3.33333333e-01 2.00000000e-09]']],
    ['over 1000 elements', arange(1001), ['[   0.    1.    2. ...  998.  999. 1000.]']],
    [
      'bytes with a scale, as the floats that they stand for',
      new Tensor(new Uint8Array([0, 1, 128, 255]), [4], { scale: 1 / 255 }),
      ['[0.         0.00392157 0.5019608  1.        ]'],
    ],
  ])('%s', (_, value, expected) => {
    expect(lines(value)).toEqual(expected)
  })

  test('1000 elements are not cut, and wrap at 75 columns', () => {
    const printed = lines(arange(0, 1000, 1, { element: 'int32' }))
    expect(printed.length).toBe(56)
    expect(printed[0]).toBe('[  0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17')
    expect(printed[1]).toBe('  18  19  20  21  22  23  24  25  26  27  28  29  30  31  32  33  34  35')
  })

  test('a row may fill the line up to the bracket, and no further', () => {
    const integers = (n: number, value: number) => lines(full([n], value, { element: 'int32' }))
    expect(integers(37, 1).length).toBe(1)
    expect(integers(38, 1)[1]).toBe(' 1]')
    expect(integers(15, 1000)[1]).toBe(' 1000]')
  })

  test('an axis of 6 is not cut where one of 7 is', () => {
    expect(lines(zeros([6, 200])).length).toBe(6)
    expect(lines(zeros([7, 200]))[3]).toBe(' ...')
    expect(lines(zeros([7, 200])).length).toBe(7)
  })

  test('two axes are cut in both', () => {
    const values = new Float32Array(3000).map((_, i) => i / 8)
    expect(lines(new Tensor(values, [30, 100]))).toEqual([
      '[[0.00000e+00 1.25000e-01 2.50000e-01 ... 1.21250e+01 1.22500e+01',
      '  1.23750e+01]',
      ' [1.25000e+01 1.26250e+01 1.27500e+01 ... 2.46250e+01 2.47500e+01',
      '  2.48750e+01]',
      ' [2.50000e+01 2.51250e+01 2.52500e+01 ... 3.71250e+01 3.72500e+01',
      '  3.73750e+01]',
      ' ...',
      ' [3.37500e+02 3.37625e+02 3.37750e+02 ... 3.49625e+02 3.49750e+02',
      '  3.49875e+02]',
      ' [3.50000e+02 3.50125e+02 3.50250e+02 ... 3.62125e+02 3.62250e+02',
      '  3.62375e+02]',
      ' [3.62500e+02 3.62625e+02 3.62750e+02 ... 3.74625e+02 3.74750e+02',
      '  3.74875e+02]]',
    ])
  })

  test('planes are apart by an empty line', () => {
    const bytes = new Uint8Array(2000).map((_, i) => i % 256)
    const printed = lines(new Tensor(bytes, [4, 10, 50]))
    expect(printed.slice(0, 10)).toEqual([
      '[[[  0   1   2 ...  47  48  49]',
      '  [ 50  51  52 ...  97  98  99]',
      '  [100 101 102 ... 147 148 149]',
      '  ...',
      '  [ 94  95  96 ... 141 142 143]',
      '  [144 145 146 ... 191 192 193]',
      '  [194 195 196 ... 241 242 243]]',
      '',
      ' [[244 245 246 ...  35  36  37]',
      '  [ 38  39  40 ...  85  86  87]',
    ])
    expect(printed.length).toBe(31)
  })

  test('long rows wrap under the bracket', () => {
    const wrapped = [
      0.02774016, -0.6485174, -0.38269696, 0.06906778, 0.89525586, -0.6565274, 0.40446234, -0.54713863, -0.01045311,
      -0.7505594, -0.8322024, -0.22070576,
    ]
    expect(lines(tensor(wrapped))).toEqual([
      '[ 0.02774016 -0.6485174  -0.38269696  0.06906778  0.89525586 -0.6565274',
      '  0.40446234 -0.54713863 -0.01045311 -0.7505594  -0.8322024  -0.22070576]',
    ])
  })

  test('console.log prints the same text', () => {
    expect(inspect(tensor([1, 2]))).toBe('[1. 2.]')
  })

  test('a tensor without data says so instead of throwing', () => {
    expect(inspect(new Tensor({ memory: 0, offset: 0, element: 'float32' }, [100, 50]))).toBe(
      'Tensor (100, 50) float32 (being recorded: no data yet)',
    )
  })
})
