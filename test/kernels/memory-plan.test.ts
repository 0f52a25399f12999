// The memory plan: tensors that live at the same time never share memory, others do; and a plan built on it gives the
// numbers of the same calls made one by one.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/kernels/backend.js'
import type { Kernels } from '../../src/kernels/kernels.js'
import { planMemory } from '../../src/kernels/memory-plan.js'
import { Plan } from '../../src/kernels/plan.js'
import { at, type Program, type ProgramCall } from '../../src/kernels/program.js'
import { type Recorder, record } from '../../src/kernels/recorder.js'
import { arrayTypes, type Tensor } from '../../src/tensor/tensor.js'
import { trainingBackends } from '../model/models.js'

/** A random straight-line computation: each call reads two earlier tensors and writes a new one or one in place. */
interface Line {
  readonly a: number
  readonly b: number
  readonly columns: number
  readonly fixed: boolean
  readonly host: boolean
  readonly kept: boolean
}
const lines = fc.array(
  fc.record({
    a: fc.nat(30),
    b: fc.nat(30),
    columns: fc.integer({ min: 1, max: 70 }),
    fixed: fc.boolean(),
    host: fc.boolean(),
    kept: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
)

/** Writes the lines' calls; answers the tensors by line. A tensor is read as far as the shorter of two goes. */
function compute(kernels: Kernels, rows: number, program: readonly Line[], first: Tensor): Tensor[] {
  const tensors = [first]
  for (const { a, b, columns, fixed, host } of program) {
    const [left, right] = [tensors[a % tensors.length], tensors[b % tensors.length]] as [Tensor, Tensor]
    const y = kernels.empty(fixed ? [columns] : [rows, columns])
    kernels.fill({ y, n: y.size, value: tensors.length })
    // A whole multiple of the rows, or constant: sizes of a recorded step.
    const n = [left, right].every((x) => x.shape.length === y.shape.length)
      ? Math.min(left.size, right.size, y.size)
      : 1
    if (host) {
      kernels.host(
        ([out], [x]) => {
          const [to, from] = [out?.data, x?.data]
          if (to !== undefined && from !== undefined) to[0] = (from[0] as number) / 2 + 1
        },
        [y],
        [left],
      )
    } else {
      kernels.add({ y, a: left, b: right, n })
    }
    tensors.push(y)
  }
  return tensors
}

function recordLines(program: readonly Line[]) {
  const kept: number[] = []
  const recording = record('float32', [], [], (recorder: Recorder) => {
    const { kernels, rows } = recorder
    kept.length = 0
    const tensors = compute(kernels, rows, program, recorder.input([rows, 3], 'float32'))
    tensors.slice(1).forEach((tensor, i) => {
      if (program[i]?.kept) kept.push(recorder.keep(tensor))
    })
  })
  return { recording, kept }
}

/** First and last call of each memory, found the slow way; a chain uses all its tensors in each of its calls. */
function lives({ calls, memories }: Program): { first: number; last: number }[] {
  return memories.map(({ kept }, memory) => {
    const uses = calls.flatMap((call, i) => {
      const tensors =
        call.kind === 'host'
          ? [...call.outputs, ...call.inputs]
          : call.args.flatMap((a) => (a.kind === 'tensor' ? [a.tensor] : []))
      return tensors.some((tensor) => tensor.memory === memory) ? [i] : []
    })
    let [first, last] = [Math.min(...uses), Math.max(...uses)]
    while (isChained(calls[first])) first--
    while (isChained(calls[last + 1])) last++
    return kept ? { first: -1, last: calls.length } : { first, last }
  })
}

const isChained = (call: ProgramCall | undefined): boolean => call?.kind === 'kernel' && call.chained

describe('planMemory', () => {
  it('never overlaps what lives at the same time, is aligned, and is no larger than all tensors together', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 50 }), (given, capacity) => {
        const { program } = recordLines(given).recording
        const { offsets, bytes } = planMemory(program, capacity)
        const sizes = program.memories.map(
          ({ element, length }) => at(length, capacity) * arrayTypes[element].BYTES_PER_ELEMENT,
        )
        const spans = lives(program)
        offsets.forEach((offset, i) => {
          expect(offset % 64).toBe(0)
          const size = sizes[i] as number
          expect(offset + size).toBeLessThanOrEqual(bytes)
          for (let j = 0; j < i; j++) {
            const [mine, other] = [spans[i], spans[j]] as [(typeof spans)[0], (typeof spans)[0]]
            if (mine.last < other.first || other.last < mine.first) continue
            const start = offsets[j] as number
            if (offset < start + (sizes[j] as number) && start < offset + size) {
              throw new Error(`memories ${i} and ${j} overlap`)
            }
          }
        })
        const separate = sizes.reduce((sum, size) => sum + Math.ceil(size / 64) * 64, 0)
        expect(bytes).toBeLessThanOrEqual(separate)
      }),
      { numRuns: 200 },
    )
  })

  it('uses memory again: a long row of calls takes the room of two tensors', () => {
    const { program } = record('float32', [], [], ({ kernels, rows }) => {
      let x = kernels.empty([rows, 16])
      for (let i = 0; i < 20; i++) {
        const y = kernels.empty([rows, 16])
        kernels.softmaxForward({ y, x, rows, cols: 16 })
        x = y
      }
    })
    expect(planMemory(program, 10).bytes).toBe(2 * 10 * 16 * 4)
  })

  it('sizes follow the capacity', () => {
    const { program } = record('float32', [], [], ({ kernels, rows }) => {
      kernels.fill({ y: kernels.empty([rows, 16]), n: rows * 16, value: 1 })
      kernels.fill({ y: kernels.empty([100]), n: 100, value: 1 })
    })
    // 100 floats are 400 bytes, and the two never live together.
    expect([1, 7, 100].map((capacity) => planMemory(program, capacity).bytes)).toEqual([448, 448, 6400])
  })

  it('an empty program needs none', () => {
    expect(planMemory({ calls: [], memories: [], slots: [], inputs: [], columns: ['rows'] }, 10)).toEqual({
      offsets: [],
      bytes: 0,
    })
  })
})

describe.each(trainingBackends())('plans on %s', (_, backend: Backend) => {
  it('give what the same calls give by hand, for any batch and any capacity', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 30 }), (given, rows, spare) => {
        const { recording, kept } = recordLines(given)
        const input = backend.kernels.empty([rows, 3])
        input.data.forEach((_value, i) => {
          input.data[i] = i / 8
        })
        const expected = compute(backend.kernels, rows, given, input).filter((_tensor, i) => given[i - 1]?.kept)
        for (const capacity of [rows, rows + spare]) {
          const plan = new Plan(backend, recording, capacity, backend.createLock())
          plan.bind({})
          expect(plan.runStep(rows, [input.data]).outcome).toBe('done')
          expected.forEach((tensor, i) => {
            const actual = plan.read(kept[i] as number, tensor.shape)
            if (!Buffer.from(actual.data.buffer).equals(Buffer.from(tensor.data.buffer))) {
              throw new Error(`tensor ${i}: ${actual} instead of ${tensor}`)
            }
          })
        }
      }),
      { numRuns: 50 },
    )
  })

  it('kept tensors keep what was written until the run ends, and inputs are read where they lie', () => {
    const kept: number[] = []
    const recording = record('float32', [], [], (recorder) => {
      const { kernels, rows } = recorder
      const given = recorder.input([rows], 'float32')
      const [x, y] = [kernels.empty([rows]), kernels.empty([rows])]
      kept.splice(0, 2, recorder.keep(x), recorder.keep(y))
      kernels.reluForward({ y: x, x: given, n: rows })
      let sum = x
      for (let i = 0; i < 5; i++) {
        const next = kernels.empty([rows])
        kernels.add({ y: next, a: sum, b: x, n: rows })
        sum = next
      }
      kernels.add({ y, a: sum, b: x, n: rows })
    })
    const plan = new Plan(backend, recording, 4, backend.createLock())
    plan.bind({})
    for (const factor of [1, 2]) {
      const numbers = Float32Array.from([1, 2, 3, 4], (value) => factor * value)
      for (const rows of [4, 2, 3]) {
        const given = numbers.slice(0, rows)
        expect(plan.runStep(rows, [given]).outcome).toBe('done')
        expect(plan.read(kept[0] as number, [rows]).data).toEqual(given)
        expect(plan.read(kept[1] as number, [rows]).data).toEqual(given.map((value) => 7 * value))
      }
      expect(numbers).toEqual(Float32Array.of(factor, 2 * factor, 3 * factor, 4 * factor))
    }
    for (const inputs of [[], [new Float64Array(4)], [new Float32Array(4), new Float32Array(4)]]) {
      expect(() => plan.runStep(4, inputs)).toThrow(/^Plan: inputs are .*, expected float32$/)
    }
    expect(() => plan.runStep(4, [new Float32Array(3)])).toThrow()
    expect(() => plan.runStep(5, [new Float32Array(5)])).toThrow('rows is 5, this plan has room for 4')
  })

  it('constants were copied: the original may change and be collected', () => {
    const original = backend.kernels.empty([2])
    original.data.set([1, -2])
    let kept = 0
    const recording = record('float32', [], [], (recorder) => {
      const y = recorder.kernels.empty([2])
      kept = recorder.keep(y)
      recorder.kernels.reluForward({ y, x: original, n: 2 })
    })
    original.data.fill(9)
    const plan = new Plan(backend, recording, 1, backend.createLock())
    original.data.fill(10)
    plan.bind({})
    plan.runSync(Float64Array.of(1), 1)
    expect([...plan.read(kept, [2]).data]).toEqual([1, 0])
  })

  it('a host call that throws ends the run with its error; the plan runs on afterwards', async () => {
    let problem: Error | undefined = new Error('from the host call')
    let kept = 0
    const recording = record('float32', [], [], (recorder) => {
      const y = recorder.kernels.empty([2])
      kept = recorder.keep(y)
      recorder.kernels.fill({ y, n: 2, value: 1 })
      const fail = (): void => {
        if (problem !== undefined) throw problem
      }
      recorder.kernels.host(fail, [], [y])
      recorder.kernels.fill({ y, n: 1, value: 2 })
    })
    const plan = new Plan(backend, recording, 1, backend.createLock())
    plan.bind({})
    const table = Float64Array.of(1, 1)
    const failed = { outcome: 'failed', step: 0, error: problem, failedCall: { kind: 'host' } }
    expect(await plan.run(table, 2)).toMatchObject(failed)
    expect(plan.runSync(table, 2)).toMatchObject(failed)
    problem = undefined
    expect(await plan.run(table, 2)).toMatchObject({ outcome: 'done', step: 2 })
    expect([...plan.read(kept, [2]).data]).toEqual([2, 1])
  })

  it('stop() counts only the chunks that were run, and lasts for one run', async () => {
    const recording = record('float32', [], [], ({ kernels, rows }) => {
      for (let i = 0; i < 3; i++) {
        const y = kernels.empty([rows])
        kernels.host(() => plan.stop(), [], [])
        kernels.fill({ y, n: rows, value: 1 })
      }
    })
    const plan = new Plan(backend, recording, 1, backend.createLock())
    plan.bind({})
    expect(await plan.run(Float64Array.of(1), 1)).toMatchObject({ outcome: 'stopped', step: 0, call: 1, chunks: 0 })
  })

  it('refuses rows beyond its capacity, and no rows at all where a kernel divides by them', () => {
    const recording = record('float32', [], [], ({ kernels, rows }) =>
      kernels.fill({ y: kernels.empty([rows]), n: rows, divisor: rows, value: 1 }),
    )
    const plan = new Plan(backend, recording, 4, backend.createLock())
    expect(() => plan.runSync(Float64Array.of(1), 1)).toThrow()
    plan.bind({})
    for (const rows of [5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => plan.runSync(Float64Array.of(rows), 1)).toThrow(`rows is ${rows}, this plan has room for 4`)
    }
    expect(() => plan.runSync(new Float64Array(0), 1)).toThrow('rows is undefined')
    expect(() => plan.runSync(Float64Array.of(0), 1)).toThrow('fill: divisor >= 1 is false (divisor=0)')
    expect(() => plan.runSync(Float64Array.of(1.5), 1)).toThrow()
  })

  it('names the slot that nothing is bound to, and keeps what was bound before', () => {
    const recording = record('float32', [], [], (recorder) =>
      recorder.kernels.fill({ y: recorder.slot('losses', 'float32'), n: 2, value: 3 }),
    )
    const plan = new Plan(backend, recording, 1, backend.createLock())
    expect(() => plan.bind({})).toThrow("nothing is bound to slot 'losses'")
    const memory = backend.allocate(8)
    plan.bind({ losses: new Float32Array(memory.buffer, memory.byteOffset, 2) })
    expect(() => plan.bind({ weights: new Float32Array(1) })).toThrow("nothing is bound to slot 'losses'")
    expect(plan.slots.losses).toBeInstanceOf(Float32Array)
    plan.runSync(Float64Array.of(1), 1)
    expect([...new Float32Array(memory.buffer, memory.byteOffset, 2)]).toEqual([3, 3])
  })
})
