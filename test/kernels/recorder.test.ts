// Recording a step: what is found by comparing two batch sizes, and what is refused.

import { describe, expect, it } from 'vitest'
import { StepValue } from '../../src/kernels/kernels.js'
import { type Recorder, type Recording, record } from '../../src/kernels/recorder.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'

type Build = (recorder: Recorder) => void

const recordStep = (build: Build, stepValues: readonly string[] = []): Recording =>
  record('float32', stepValues, [], build)
const refusal = (build: Build) => failureOf(() => recordStep(build))
const floats = (...values: number[]): Tensor => new Tensor(Float32Array.from(values), [values.length])

/** The arguments of the only call, by place. */
function argumentsOf({ program }: Recording, call = 0) {
  const recorded = program.calls[call]
  if (recorded?.kind !== 'kernel') throw new Error('expected a kernel call')
  return recorded.args
}

describe('numbers', () => {
  it('that grow with the rows follow them, others stay', () => {
    const recording = recordStep(({ kernels, rows }) => {
      const y = kernels.empty([rows, 3])
      kernels.fill({ y, n: y.size, divisor: rows, value: 77 })
    })
    const [y, n, divisor, value] = argumentsOf(recording)
    expect(y).toMatchObject({
      kind: 'tensor',
      tensor: {
        shape: [
          { constant: 0, perRow: 1 },
          { constant: 3, perRow: 0 },
        ],
        length: { constant: 0, perRow: 3 },
      },
    })
    expect(n).toEqual({ kind: 'number', value: { constant: 0, perRow: 3 } })
    expect(divisor).toEqual({ kind: 'number', value: { constant: 0, perRow: 1 } })
    expect(value).toEqual({ kind: 'number', value: { constant: 77, perRow: 0 } })
    expect(recording.program.memories).toEqual([
      { element: 'float32', length: { constant: 0, perRow: 3 }, kept: false },
    ])
  })

  it.each([7, 11, 77, 0, -7, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d is a constant, whatever the batch sizes',
    (value) => {
      const [, , , recorded] = argumentsOf(
        recordStep(({ kernels }) => kernels.fill({ y: kernels.empty([2]), n: 2, value })),
      )
      expect(recorded).toEqual({ kind: 'number', value: { constant: value, perRow: 0 } })
    },
  )

  it.each([
    ['one more than the rows', (rows: number) => rows + 1],
    ['the rows up to a limit', (rows: number) => Math.min(rows, 8)],
    ['half the rows', (rows: number) => rows / 2],
    ['the rows squared', (rows: number) => rows * rows],
    ['NaN now and then', (rows: number) => (rows > 8 ? Number.NaN : 1)],
  ])('%s is refused, with owner, kernel and argument', async (_, size) => {
    const { code, message } = await refusal((recorder) => {
      recorder.owner = '3.Linear'
      const { kernels, rows } = recorder
      kernels.fill({ y: kernels.empty([2]), n: 2, value: size(rows) })
    })
    expect(code).toBe('ERR_RECORDING')
    expect(message).toContain(`3.Linear: argument value of fill is ${size(7)} for a batch of 7 and ${size(11)} for`)
  })

  it.each([
    ['the rows up to five', (rows: number) => Math.min(rows, 5)],
    ['the rows up to a hundred', (rows: number) => Math.min(rows, 100)],
    ['at least a hundred', (rows: number) => Math.max(rows, 100)],
    ['something else for one row', (rows: number) => (rows === 1 ? 2 : 3)],
  ])('%s is refused, though batches of 7 and 11 agree', async (_, size) => {
    const { code } = await refusal(({ kernels, rows }) =>
      kernels.fill({ y: kernels.empty([2]), n: 2, value: size(rows) }),
    )
    expect(code).toBe('ERR_RECORDING')
  })

  it('a tensor whose length does not follow the rows is refused', async () => {
    const { code, message } = await refusal(({ kernels, rows }) => void kernels.empty([rows, rows]))
    expect(code).toBe('ERR_RECORDING')
    expect(message).toMatch(/^The length of tensor 0 is 49 for a batch of 7 and 121 for a batch of 11/)
  })

  it('names the argument whose number does not follow the rows', async () => {
    const { message } = await refusal((recorder) => {
      recorder.owner = '3.Linear'
      const { kernels, rows } = recorder
      kernels.fill({ y: kernels.empty([20]), n: rows + 1, value: 1 })
    })
    expect(message).toMatch(/^3\.Linear: argument n of fill is 8 for a batch of 7 and 12 for a batch of 11\./)
  })
})

describe('step values', () => {
  it('are columns of the step table after rows', () => {
    const { program, ...rest } = recordStep(
      ({ kernels }) => kernels.fill({ y: kernels.empty([2]), n: 2, value: new StepValue('lr') }),
      ['beta', 'lr'],
    )
    expect(program.columns).toEqual(['rows', 'beta', 'lr'])
    expect(argumentsOf({ program, ...rest })[3]).toEqual({ kind: 'step', column: 2 })
  })

  it.each(['lr', 'rows'])("'%s' is refused where the table has no such column", async (name) => {
    const { code, message } = await refusal((recorder) => {
      recorder.owner = 'optimizer'
      const { kernels } = recorder
      kernels.fill({ y: kernels.empty([2]), n: 2, value: new StepValue(name) })
    })
    expect(code).toBe('ERR_RECORDING')
    expect(message).toBe(`optimizer: argument value of fill is the unknown step value '${name}'`)
  })

  it('a number for one batch size and a step value for the other is refused', async () => {
    const { code, message } = await refusal(({ kernels, rows }) =>
      kernels.fill({ y: kernels.empty([2]), n: 2, value: rows === 7 ? 1 : new StepValue('lr') }),
    )
    expect(code).toBe('ERR_RECORDING')
    expect(message).toContain('value of fill is not the same thing for every batch size')
  })
})

describe('calls', () => {
  const fill = ({ kernels }: Recorder): void => kernels.fill({ y: kernels.empty([2]), n: 2, value: 1 })
  it.each<[string, Build, RegExp]>([
    [
      'one call more for larger batches',
      (recorder) => {
        fill(recorder)
        if (recorder.rows > 8) fill(recorder)
      },
      /A batch of 7 makes 1 kernel calls and a batch of 11 makes 2/,
    ],
    [
      'another kernel',
      (recorder) => {
        recorder.owner = '2.Odd'
        const { kernels, rows } = recorder
        const [y, x] = [kernels.empty([2]), kernels.empty([2])]
        if (rows > 8) kernels.reluForward({ y, x, n: 2 })
        else kernels.sigmoidForward({ y, x, n: 2 })
      },
      /^2\.Odd calls sigmoidForward for a batch of 7 and reluForward for a batch of 11/,
    ],
    [
      'another tensor',
      ({ kernels, rows }) => {
        const [a, b] = [kernels.empty([2]), kernels.empty([2])]
        kernels.fill({ y: rows > 8 ? a : b, n: 2, value: 1 })
      },
      /y of fill is not the same thing/,
    ],
    [
      'a tensor more',
      (recorder) => {
        if (recorder.rows > 8) recorder.kernels.empty([1])
        fill(recorder)
      },
      /makes 1 tensors and a batch of 11 makes 2/,
    ],
    [
      'an optional tensor now and then',
      ({ kernels, rows }) => {
        const [c, a, b, bias] = [kernels.empty([4]), kernels.empty([4]), kernels.empty([4]), kernels.empty([2])]
        kernels.gemm({ c, a, b, bias: rows > 8 ? bias : undefined, m: 2, n: 2, k: 2 })
      },
      /bias of gemm is not the same thing/,
    ],
  ])('%s for another batch size: refused', async (_, build, text) => {
    const { code, message } = await refusal(build)
    expect(code).toBe('ERR_RECORDING')
    expect(message).toMatch(text)
  })

  it('refuses a wrong element, with kernel, argument and owner', async () => {
    const { code, message } = await refusal((recorder) => {
      recorder.owner = 'batch'
      const { kernels } = recorder
      kernels.fill({ y: kernels.empty([2], 'int32'), n: 2, value: 1 })
    })
    expect(code).toBe('ERR_KERNEL')
    expect(message).toBe('fill: y is a int32 tensor, expected float32 (recorded by batch)')
  })

  it('refuses float32 data in a float64 recording', async () => {
    const build: Build = ({ kernels }) => kernels.reluForward({ y: kernels.empty([2]), x: floats(1, 2), n: 2 })
    expect((await failureOf(() => record('float64', [], [], build))).code).toBe('ERR_KERNEL')
  })

  it('data cannot be read while recording; the error names the way out', async () => {
    const { code, message } = await refusal(({ kernels }) => {
      kernels.empty([2]).data.fill(1)
    })
    expect(code).toBe('ERR_RECORDING')
    expect(message).toContain('kernels.host(fn, outputs, inputs)')
  })

  it('toArray, item, at, toFloat32 and transpose are refused as well', async () => {
    const reads: ((tensor: Tensor) => unknown)[] = [
      (tensor) => tensor.toArray(),
      (tensor) => tensor.item(),
      (tensor) => tensor.at(0),
      (tensor) => tensor.toFloat32(),
      (tensor) => tensor.transpose(),
    ]
    for (const read of reads) {
      expect((await refusal(({ kernels }) => void read(kernels.empty([1])))).code).toBe('ERR_RECORDING')
    }
  })

  it('a host call in the commit phase is refused', async () => {
    const { code, message } = await refusal((recorder) => {
      recorder.owner = 'optimizer'
      recorder.phase = 'commit'
      recorder.kernels.host(() => {}, [], [])
    })
    expect(code).toBe('ERR_RECORDING')
    expect(message).toBe('optimizer: a host call in the commit phase')
  })
})

describe('views', () => {
  it('reshape and slice of recorded tensors are places in the same memory', () => {
    const recording = recordStep(({ kernels, rows }) => {
      const x = kernels.empty([rows, 4])
      const flat = x.reshape(rows * 4)
      const [firstRow, lastColumns] = [x.slice(0, 1), kernels.empty([4, rows]).slice(3, 4)]
      kernels.reluForward({ y: kernels.empty([rows, 4]), x: flat, n: flat.size })
      kernels.reluForward({ y: kernels.empty([4]), x: firstRow, n: 4 })
      kernels.reluForward({ y: kernels.empty([rows]), x: lastColumns, n: rows })
    })
    expect(argumentsOf(recording, 0)[1]).toMatchObject({
      tensor: { memory: 0, offset: { constant: 0, perRow: 0 }, shape: [{ constant: 0, perRow: 4 }] },
    })
    expect(argumentsOf(recording, 1)[1]).toMatchObject({
      tensor: { memory: 0, offset: { constant: 0, perRow: 0 }, length: { constant: 4, perRow: 0 } },
    })
    expect(argumentsOf(recording, 2)[1]).toMatchObject({
      tensor: { memory: 1, offset: { constant: 0, perRow: 3 }, length: { constant: 0, perRow: 1 } },
    })
  })

  it('the last rows are no fixed place', async () => {
    const { code, message } = await refusal((recorder) => {
      recorder.owner = '1.Last'
      const { kernels, rows } = recorder
      kernels.reluForward({ y: kernels.empty([4]), x: kernels.empty([rows, 4]).slice(-1), n: 4 })
    })
    expect(code).toBe('ERR_RECORDING')
    expect(message).toMatch(/^The offset of 1\.Last: argument x of reluForward is 24 for a batch of 7 and 40/)
  })

  it('keep takes a whole tensor of the recording, not a part and not ordinary data', async () => {
    recordStep((recorder) => {
      const x = recorder.kernels.empty([recorder.rows, 4])
      expect(recorder.keep(x.reshape(-1))).toBe(0)
    })
    for (const part of [(x: Tensor) => x.slice(1), (x: Tensor) => x.slice(0, 1), () => floats(1)]) {
      const { code, message } = await refusal(
        (recorder) => void recorder.keep(part(recorder.kernels.empty([recorder.rows, 4]))),
      )
      expect(code).toBe('ERR_RECORDING')
      expect(message).toBe('keep: not a whole tensor of this recording')
    }
  })
})

describe('constants', () => {
  const use =
    (x: Tensor): Build =>
    ({ kernels }) =>
      kernels.reluForward({ y: kernels.empty([x.size]), x, n: x.size })

  it('are copied, each once, on cache lines of their own', () => {
    const [a, b] = [floats(1, 2, 3), floats(4, 5)]
    const recording = recordStep((recorder) => {
      for (const x of [a, b, a]) use(x)(recorder)
    })
    expect(recording.program.slots).toEqual(['constants'])
    const offsets = [0, 1, 2].map((call) => argumentsOf(recording, call)[1])
    expect(offsets).toMatchObject([0, 16, 0].map((constant) => ({ tensor: { offset: { constant, perRow: 0 } } })))
    a.data.fill(-1)
    const copy = new Float32Array(recording.constants.buffer, recording.constants.byteOffset, 18)
    expect([...copy.subarray(0, 3), ...copy.subarray(16, 18)]).toEqual([1, 2, 3, 4, 5])
  })

  it.each([
    ['in their values', (rows: number) => floats(rows)],
    ['in their length', (rows: number) => floats(...new Array<number>(rows).fill(1))],
    ['in a bit', (rows: number) => floats(rows > 8 ? -0 : 0)],
  ])('that differ %s with the batch size are refused', async (_, make) => {
    const { code } = await refusal((recorder) => use(make(recorder.rows))(recorder))
    expect(code).toBe('ERR_RECORDING')
  })

  it('equal ones made anew for each recording are taken', () => {
    const recording = recordStep((recorder) => use(floats(1, 2))(recorder))
    expect(recording.constants.byteLength).toBe(8)
  })

  it('cannot be written by a kernel or a host call: the original would not change', async () => {
    const kernel = await refusal((recorder) => {
      recorder.owner = '0.Counter'
      recorder.kernels.fill({ y: floats(1), n: 1, value: 2 })
    })
    expect(kernel.code).toBe('ERR_RECORDING')
    expect(kernel.message).toMatch(/^fill: y is an ordinary tensor, .*\(recorded by 0\.Counter\)/)
    const host = await refusal(({ kernels }) => kernels.host(() => {}, [floats(1)], []))
    expect(host.code).toBe('ERR_RECORDING')
    expect(host.message).toMatch(/^host: output 0 is an ordinary tensor/)
  })

  it('tensors inside a region are parts of its slot, and may be written', () => {
    const view = new Float32Array(64)
    const part = new Tensor(view.subarray(16, 20), [4])
    const recording = record('float32', [], [{ slot: 'parameters', view }], ({ kernels }) =>
      kernels.fill({ y: part, n: 4, value: 1 }),
    )
    expect(recording.program.slots).toEqual(['parameters'])
    expect(argumentsOf(recording)[0]).toMatchObject({
      tensor: { memory: 'parameters', offset: { constant: 16, perRow: 0 }, length: { constant: 4, perRow: 0 } },
    })
    expect(recording.constants.length).toBe(0)
  })
})
