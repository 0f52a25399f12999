// Attacks on single kernels of the addon: junk, huge sizes, inputs that change while they are read.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Failure, failureError, namedNumbers } from '../../src/kernels/check.js'
import { declarations, type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'
import { referenceKernels } from '../../src/kernels/reference/index.js'
import { arrayTypes, Tensor, type TensorData, type TensorElement } from '../../src/tensor/tensor.js'
import { viewOf } from '../../src/tensor/view.js'
import { addon, indexOf, isa, isas, junk, nasty, pick, random, refused } from './hostile-tools.js'
import { specs } from './specs.js'

export function fuzzKernels(): void {
  const block = new Float32Array(4096)
  const bytes = new Uint8Array(block.buffer)
  const counts = { ran: 0, refused: 0 }
  const perIsa = isas.map((name) => addon.createKernels(name, 2))
  for (let i = 0; i < 30_000; i++) {
    const kernel = pick(kernelNames)
    const { parameters } = declarations[kernel]
    const args = parameters.map((parameter) => {
      if (random.below(60) === 0) return pick(junk)
      if (parameter.kind !== 'tensor') return random.below(15) === 0 ? pick(nasty) : random.below(9)
      if (parameter.optional && random.below(2) === 0) return null
      // All on one buffer, so that outputs often overlap.
      const start = 4 * random.below(300)
      if (parameter.element === 'uint8') return bytes.subarray(start, start + random.below(100))
      const View = parameter.element === 'int32' ? Int32Array : Float32Array
      return new View(block.buffer, start, random.below(100))
    })
    if (random.below(20) === 0) args.length = random.below(args.length + 1)
    block[1000] = 0.25
    try {
      const run = pick(perIsa)[indexOf(kernel)] as (...args: unknown[]) => unknown
      if (random.below(2) === 0) {
        run(...args)
      } else {
        const units = addon.units(isa, indexOf(kernel), args as never)
        assert(Number.isSafeInteger(units) && units >= 0)
        addon.runUnits(isa, indexOf(kernel), args as never, 0, units)
        refused('units beyond the last', () => addon.runUnits(isa, indexOf(kernel), args as never, 0, units + 1))
      }
      counts.ran++
    } catch (error) {
      assert(error instanceof Error)
      assert(!(error instanceof assert.AssertionError), error)
      counts.refused++
    }
    assert.equal(block[1000], 0.25, `${kernel} wrote beyond its tensors`)
    if (i % 64 === 0) block.fill(random.uniform())
  }
  console.log(counts)
  assert(counts.ran > 1000 && counts.refused > 1000, 'the calls are one-sided')

  const add = addon.createKernels(isa, 1)[indexOf('add')] as (...args: (TensorData | number)[]) => unknown
  const y = block.subarray(0, 16)
  add(y, y, y, 16)
  refused('an output one element beside its input', () => add(y, block.subarray(1, 17), y, 16))
  refused('an output across two inputs', () => add(block.subarray(8, 24), y, block.subarray(16, 32), 16))
  const resized: ArrayBuffer = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 128 }])
  const follower = new Float32Array(resized)
  add(follower, follower, follower, 16)
  ;(resized as ArrayBuffer & { resize(bytes: number): void }).resize(16)
  refused('a view that shrank', () => add(follower, follower, follower, 16))
  const gone = new Float32Array(16)
  structuredClone(gone.buffer, { transfer: [gone.buffer] })
  refused('a detached view', () => add(gone, gone, gone, 16))
}

/** What became of a call: nothing, what it says of values in memory, or why it was refused. */
function outcomeOf(kernel: KernelName, args: readonly unknown[], call: () => Failure | undefined): string {
  const started = performance.now()
  let outcome = ''
  try {
    const failure = call()
    if (failure !== undefined) outcome = failureError(kernel, failure, namedNumbers(kernel, args)).message
  } catch (error) {
    assert(error instanceof RangeError, `${kernel}(${args.join(', ')}): ${error}`)
    outcome = error.message
  }
  assert(performance.now() - started < 2000, `${kernel}(${args.join(', ')}) takes too long`)
  // Beyond 2^53, C++ prints the digits that JavaScript rounds, and sometimes one digit more.
  return outcome.replace(/\d[\d.]{15,}(e\+\d+)?/g, (digits) => String(Number(digits)))
}

/** Every size of every kernel as large as it comes, beside tiny tensors: every backend answers at once, and the same. */
export function hugeSizes(): void {
  const small = [0, 1, 2]
  const huge = [2 ** 53 - 1, 2 ** 52, 2 ** 32, 2 ** 31, 65536, 3]
  const reference = referenceKernels('float32') as unknown as Record<KernelName, (args: object) => undefined>
  const perIsa = isas.map((name) => addon.createKernels(name, 2))
  for (const kernel of kernelNames) {
    console.log(kernel)
    const { parameters } = declarations[kernel]
    const sizes = parameters.flatMap(({ kind }, place) => (kind === 'size' ? [place] : []))
    const isFlag = (place: number) =>
      (declarations[kernel].rules as readonly string[]).includes(`${parameters[place]?.name} <= 1`)
    const args: unknown[] = parameters.map((parameter) => {
      if (parameter.kind !== 'tensor') return 1
      return new arrayTypes[parameter.element === 'real' ? 'float32' : parameter.element](4)
    })
    const attempt = (): void => {
      const named = Object.fromEntries(
        parameters.map(({ name }, place) => {
          const value = args[place] as number | TensorData
          return [name, typeof value === 'number' ? value : new Tensor(value, [value.length])]
        }),
      )
      const expected = outcomeOf(kernel, args, () => reference[kernel](named))
      for (const functions of perIsa) {
        const run = functions[indexOf(kernel)] as (...args: unknown[]) => Failure | undefined
        assert.equal(
          outcomeOf(kernel, args, () => run(...args)),
          expected,
          `${kernel}(${args.join(', ')})`,
        )
      }
    }
    for (const base of small) {
      for (const large of huge) {
        for (const place of sizes) {
          for (const other of sizes) args[other] = other === place ? large : Math.min(base, isFlag(other) ? 1 : base)
          attempt()
        }
      }
    }
    for (let i = 0; i < 100; i++) {
      for (const place of sizes) args[place] = isFlag(place) ? random.below(2) : pick([...small, 1, 1, pick(huge)])
      attempt()
    }
  }
}

const guard = 64
/** Elements between two guards that hold `mark`. */
function guarded(element: TensorElement, length: number): { data: TensorData; intact: () => boolean } {
  const mark = 77
  const whole = length + 2 * guard
  const all = viewOf(element, new SharedArrayBuffer(4 * whole), 0, whole).fill(mark)
  const data = all.subarray(guard, guard + length)
  const marked = (from: number): boolean => all.subarray(from, from + guard).every((value) => value === mark)
  return { data, intact: () => marked(0) && marked(guard + length) }
}

/** Another thread writes everything that kernels read, labels, order and arg-max too, while they read it. */
export async function raceInputs(): Promise<void> {
  const block = new SharedArrayBuffer(2 ** 14)
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
    const ints = new Int32Array(workerData)
    const values = [0, 1, 0, 0, 2, 9, 10, 0, -1, 0, 2147483647, 1, -2147483648, 63, 64, 0x7fc00000, 0, 0x7f800000, 0x3f800000]
    for (let i = 0; ; i = (i * 5 + 1) % 16777216) ints[i % ints.length] = values[i % values.length]`,
    { eval: true, workerData: block },
  )
  await once(worker, 'online')

  const calls = kernelNames.flatMap((kernel) => {
    const { parameters } = declarations[kernel]
    return specs[kernel].cases.flatMap((given) => {
      const numbers = namedNumbers(
        kernel,
        parameters.map((parameter) =>
          parameter.kind === 'tensor' ? null : (given[parameter.name] ?? parameter.default),
        ),
      )
      const outputs: (() => boolean)[] = []
      let tooLarge = false
      const args = parameters.map((parameter) => {
        if (parameter.kind !== 'tensor') return numbers[parameter.name] as number
        const length = compileExpression(parameter.extent, Object.keys(numbers))(numbers)
        const element = parameter.element === 'real' ? 'float32' : parameter.element
        tooLarge ||= length > 1000
        if (tooLarge || (parameter.optional && random.below(2) === 0)) return null
        if (parameter.role === 'in' || parameter.role === 'index') {
          return viewOf(element, block, 4 * random.below(2000), length)
        }
        const { data, intact } = guarded(element, length)
        outputs.push(intact)
        return data
      })
      return tooLarge ? [] : [{ kernel, args, outputs }]
    })
  })
  const failed = new Set<KernelName>()
  const perIsa = isas.map((name) => addon.createKernels(name, 2))
  const end = performance.now() + 2000
  do {
    for (const { kernel, args, outputs } of calls) {
      for (const functions of perIsa) {
        const failure = functions[indexOf(kernel)]?.(...(args as (TensorData | number)[]))
        if (failure !== undefined) failed.add(kernel)
      }
      assert(
        outputs.every((intact) => intact()),
        `${kernel} wrote beside an output`,
      )
    }
  } while (performance.now() < end)
  await worker.terminate()
  const checking = kernelNames.filter((kernel) => declarations[kernel].failures.length > 0)
  assert.deepEqual(
    kernelNames.filter((kernel) => failed.has(kernel)),
    checking,
    'kernels that met a value they refuse',
  )
}
