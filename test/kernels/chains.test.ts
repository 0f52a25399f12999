// Which calls run together sample by sample, and that this changes no bit and no error.

import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/kernels/backend.js'
import { chainMemories, formChains } from '../../src/kernels/chains.js'
import type { Kernels } from '../../src/kernels/kernels.js'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { Plan } from '../../src/kernels/plan.js'
import type { Program } from '../../src/kernels/program.js'
import { type Recording, record } from '../../src/kernels/recorder.js'
import { Random } from '../../src/random/random.js'
import type { Tensor } from '../../src/tensor/tensor.js'

const image = { channels: 3, height: 12, width: 12, strideHeight: 1, strideWidth: 1 }
const window = { ...image, kernelHeight: 3, kernelWidth: 3, outHeight: 12, outWidth: 12, padTop: 1, padLeft: 1 }
const pool = {
  ...image,
  channels: 4,
  kernelHeight: 2,
  kernelWidth: 2,
  strideHeight: 2,
  strideWidth: 2,
  outHeight: 6,
  outWidth: 6,
  padTop: 0,
  padLeft: 0,
}

/** Forward and backward of a convolution, ReLU and pooling, as layers record them: from x, weight and dy. */
function recordBlock(): { recording: Recording; outputs: readonly number[] } {
  let outputs: readonly number[] = []
  const recording = record('float32', [], [], (recorder) => {
    const { kernels, rows } = recorder
    const x = recorder.input([rows, 3, 12, 12], 'float32')
    const weight = recorder.input([4, 3, 3, 3], 'float32')
    const dy = recorder.input([rows, 4, 6, 6], 'float32')
    outputs = block(kernels, rows, x, weight, dy).map((tensor) => recorder.keep(tensor))
  })
  return { recording, outputs }
}

function block(kernels: Kernels, rows: number, x: Tensor, weight: Tensor, dy: Tensor): readonly Tensor[] {
  const places = [rows, 4, 12, 12]
  const [y, active, dActive, dConvolved] = [0, 1, 2, 3].map(() => kernels.empty(places)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const pooled = kernels.empty(dy.shape)
  const argMax = kernels.empty(dy.shape, 'int32')
  const partials = kernels.empty([8, 4, 3, 3, 3])
  const dx = kernels.empty(x.shape)
  const n = y.size
  kernels.conv2dForward({ y, x, weight, rows, filters: 4, ...window })
  kernels.reluForward({ y: active, x: y, n })
  kernels.maxPoolForward({ y: pooled, argMax, x: active, rows, ...pool })
  kernels.sumRows({ sums: kernels.empty([144]), x: pooled, rows, cols: 144 })
  const { channels, height, width, outHeight, outWidth } = pool
  kernels.maxPoolBackward({ dx: dActive, dy, argMax, rows, channels, height, width, outHeight, outWidth })
  kernels.reluBackward({ dx: dConvolved, dy: dActive, y: active, n })
  kernels.conv2dWeightGradient({ partials, dy: dConvolved, x, rows, filters: 4, groups: 8, ...window })
  kernels.conv2dInputGradient({ dx, dy: dConvolved, weight, rows, filters: 4, ...window })
  return [pooled, partials, dx]
}

const chained = ({ calls }: Program): string[] =>
  calls.map((call) => (call.kind === 'kernel' ? `${call.chained ? '+' : ' '}${call.kernel}` : 'host'))

const alone = ({ program, constants }: Recording): Recording => ({
  constants,
  program: {
    ...program,
    calls: program.calls.map((call) => (call.kind === 'kernel' ? { ...call, chained: false } : call)),
  },
})

describe('formChains', () => {
  it('lets what works sample by sample follow a convolution, up to the next one', () => {
    expect(chained(recordBlock().recording.program)).toEqual([
      ' conv2dForward',
      '+reluForward',
      '+maxPoolForward',
      ' sumRows',
      ' maxPoolBackward',
      '+reluBackward',
      '+conv2dWeightGradient',
      '+conv2dInputGradient',
    ])
  })

  it('knows what lives in one chain only: what lies between its calls, and is not kept', () => {
    const { program } = recordBlock().recording
    const between = chainMemories(program).keys()
    const written = (kernel: string): unknown => {
      const call = program.calls.find((call) => call.kind === 'kernel' && call.kernel === kernel)
      const output = call?.kind === 'kernel' ? call.args[0] : undefined
      return output?.kind === 'tensor' ? output.tensor.memory : undefined
    }
    expect(new Set(between)).toEqual(
      new Set(['conv2dForward', 'maxPoolBackward', 'reluBackward'].map((kernel) => written(kernel))),
    )
  })

  const twoCalls = (build: (kernels: Kernels, rows: number, x: Tensor) => void): string[] => {
    const { program } = record('float32', ['value'], [], ({ kernels, rows }) => {
      build(kernels, rows, kernels.empty([rows, 6]))
    })
    expect(formChains(program.calls)).toEqual(program.calls)
    return chained(program)
  }

  it('ends a chain where rows are taken for other rows', () => {
    const part = twoCalls((kernels, rows, x) => {
      const y = kernels.empty([rows, 6])
      kernels.reluForward({ y, x, n: 6 * rows })
      // The first half of all numbers: rows of three.
      kernels.reluForward({ y: kernels.empty([rows, 3]), x: y, n: 3 * rows })
    })
    expect(part).toEqual([' reluForward', ' reluForward'])
  })

  it('leaves alone what looks at several rows, or changes from step to step', () => {
    const reduced = twoCalls((kernels, rows, x) => {
      kernels.reluForward({ y: kernels.empty([rows, 6]), x, n: 6 * rows })
      kernels.sumRows({ sums: kernels.empty([6]), x, rows, cols: 6 })
    })
    expect(reduced).toEqual([' reluForward', ' sumRows'])
  })

  it('leaves alone a call whose output does not grow with the rows', () => {
    const constant = twoCalls((kernels, rows, x) => {
      kernels.reluForward({ y: kernels.empty([rows, 6]), x, n: 6 * rows })
      kernels.reluForward({ y: kernels.empty([6]), x: kernels.empty([6]), n: 6 })
    })
    expect(constant).toEqual([' reluForward', ' reluForward'])
  })

  it('leaves alone a call that on some rows would not be the same call', () => {
    const second = (call: (kernels: Kernels, rows: number, x: Tensor, y: Tensor) => void): string[] =>
      twoCalls((kernels, rows, x) => {
        kernels.reluForward({ y: kernels.empty([rows, 6]), x, n: 6 * rows })
        call(kernels, rows, x, kernels.empty([rows, 6]))
      })
    const add = second((kernels, rows, x, y) => kernels.add({ y, a: x, b: kernels.empty([10_000]), n: 6 * rows }))
    expect(add).toEqual([' reluForward', ' add'])
    const scale = second((kernels, rows, x, y) => kernels.scale({ y, x, n: 6 * rows, alpha: rows }))
    expect(scale).toEqual([' reluForward', ' scale'])
    const first = second((kernels, _, x, y) => kernels.scale({ y, x, n: 6, alpha: 2 }))
    expect(first).toEqual([' reluForward', ' scale'])
    const asHeight = second((kernels, rows, x, y) => {
      const sizes = { rows: 1, channels: 1, height: rows, width: 6, outHeight: rows, outWidth: 6 }
      const steps = { kernelHeight: 3, kernelWidth: 3, strideHeight: 1, strideWidth: 1, padTop: 1, padLeft: 1 }
      kernels.averagePoolForward({ y, x, ...sizes, ...steps })
    })
    expect(asHeight).toEqual([' reluForward', ' averagePoolForward'])
  })

  it("takes the model's input for rows of samples", () => {
    const { program } = record('float32', [], [], (recorder) => {
      const { kernels, rows } = recorder
      const [y, z] = [kernels.empty([rows, 6]), kernels.empty([rows, 6])]
      kernels.reluForward({ y, x: recorder.input([rows, 6], 'float32'), n: 6 * rows })
      kernels.reluForward({ y: z, x: y, n: 6 * rows })
    })
    expect(chained(program)).toEqual([' reluForward', '+reluForward'])
  })
})

describe('a chain', () => {
  const run = (
    backend: Backend,
    { recording, outputs }: ReturnType<typeof recordBlock>,
    rows: number,
  ): Float32Array[] => {
    const plan = new Plan(backend, recording, 40, backend.createLock())
    plan.bind({})
    const random = new Random(5, 'chains')
    const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.uniform(-1, 1))
    const inputs = [numbers(rows * 432), numbers(4 * 27), numbers(rows * 144)]
    // A run on other memory before it leaves nothing behind.
    expect(
      plan.runStep(
        rows,
        inputs.map(({ length }) => new Float32Array(length).fill(Number.NaN)),
      ).outcome,
    ).toBe('done')
    const [pooled, partials, dx] = outputs as [number, number, number]
    plan.view(partials, 8 * 108).fill(Number.NaN)
    expect(plan.runStep(rows, inputs).outcome).toBe('done')
    return [
      plan.read(pooled, [rows * 144]).data,
      plan.read(partials, [8 * 108]).data,
      plan.read(dx, [rows * 432]).data,
    ] as Float32Array[]
  }

  for (const isa of availableIsas()) {
    it(`gives the bits of its calls one after the other, for any rows and threads: ${isa}`, () => {
      const recorded = recordBlock()
      const separate = { ...recorded, recording: alone(recorded.recording) }
      for (const rows of [0, 1, 2, 7, 8, 13, 40]) {
        const expected = run(native({ isa, threads: 1 }), separate, rows)
        for (const threads of [1, 2, 3]) {
          expect(run(native({ isa, threads }), recorded, rows), `${rows} rows, ${threads} threads`).toEqual(expected)
        }
      }
    })
  }
})
