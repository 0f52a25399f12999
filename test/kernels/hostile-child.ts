// Attacks on the addon itself, below every check of the TypeScript side. Run by hostile.native.test.ts in a process of
// its own: hostile-child.ts <attack> <seed>. Ends with 'survived' and exit code 0, or with what went wrong.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { declarations, type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'
import type { NativePlan, NativeProgress } from '../../src/kernels/native/addon.js'
import { requireAddon } from '../../src/kernels/native/load.js'
import { Random } from '../../src/random/random.js'
import type { TensorData } from '../../src/tensor/tensor.js'

const [attack = '', seed = '0'] = process.argv.slice(2)
const random = new Random(Number(seed))
const addon = requireAddon()
/** The same functions, for arguments that TypeScript would refuse. */
const loose = addon as unknown as Record<string, (...args: unknown[]) => unknown>
const isas = addon.isas()
const [isa = ''] = isas

const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
const indexOf = (kernel: KernelName): number => kernelNames.indexOf(kernel)
const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes))
const floats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length))

/** A call that must throw a JavaScript error. */
function refused(what: string, action: () => unknown): void {
  try {
    action()
  } catch (error) {
    assert(error instanceof Error, `${what}: threw something that is no Error`)
    return
  }
  assert.fail(`${what}: accepted`)
}

const junk: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  0.5,
  3,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e300,
  2 ** 53,
  -(2 ** 53),
  2 ** 31,
  2 ** 32,
  '',
  'avx2',
  'x'.repeat(10_000),
  Symbol('junk'),
  10n,
  {},
  [],
  [1, 2, 3],
  new Array(5),
  () => 1,
  class {},
  new Date(),
  new Proxy([], {}),
  new Proxy({}, {}),
  new ArrayBuffer(8),
  new SharedArrayBuffer(8),
  new DataView(new ArrayBuffer(8)),
  new Uint8Array(0),
  new Float32Array(4),
  new Float64Array(4),
  Float64Array.of(Number.NaN, 1e300, -1, 0.5),
  new BigInt64Array(2),
  new Int32Array(new SharedArrayBuffer(8)),
  Object.create(null),
  new addon.Lock(),
  Object.create(addon.Lock.prototype),
  Object.create(addon.Plan.prototype),
]

const nasty = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -0,
  0.5,
  1,
  2,
  3,
  4,
  64,
  65,
  4097,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  2 ** 64,
  1e300,
  -2,
  -4,
  -(2 ** 31),
  Number.MIN_VALUE,
]

interface Parts {
  readonly code: number[]
  readonly slots: TensorData[]
  readonly table: number[]
  readonly columns: number
}

/** A call of a random kernel in order: each tensor in a slot just as long as it must be. */
function orderlyCall(parts: Parts): void {
  const kernel = pick(kernelNames)
  const { parameters } = declarations[kernel]
  const numbers: Record<string, number> = {}
  const sizes = parameters.filter(({ kind }) => kind === 'size').map(({ name }) => name)
  for (const { name, kind } of parameters) if (kind !== 'tensor') numbers[name] = kind === 'size' ? random.below(12) : 1
  parts.code.push(indexOf(kernel), random.below(8) === 0 ? 1 : 0)
  for (const parameter of parameters) {
    const { name } = parameter
    if (parameter.kind !== 'tensor') {
      if (random.below(5) === 0) parts.code.push(3, random.below(parts.columns))
      else parts.code.push(2, numbers[name] as number, 0)
      continue
    }
    if (parameter.optional && random.below(2) === 0) {
      parts.code.push(0)
      continue
    }
    const bytes = parameter.element === 'uint8' ? 1 : 4
    const length = compileExpression(parameter.extent, sizes)(numbers)
    parts.code.push(1, parts.slots.length, 0, 0, pick([-1, length]), 0)
    parts.slots.push(shared(length * bytes))
  }
}

function damage({ code, table }: Parts): void {
  for (let i = random.below(4); i > 0; i--) {
    const place = random.below(code.length + 1)
    switch (random.below(7)) {
      case 0:
        code.length = random.below(code.length + 1)
        break
      case 1:
        table[random.below(table.length)] = pick(nasty)
        break
      case 2:
        code[place] = (code[place] ?? 0) + random.below(3) - 1
        break
      case 3:
        code.splice(place, 0, pick(nasty))
        break
      default:
        code[place] = pick(nasty)
    }
  }
}

function fuzzPlans(): void {
  const lock = new addon.Lock()
  const counts = { built: 0, refused: 0, ran: 0 }
  for (let variant = 0; variant < 24_000; variant++) {
    const columns = 1 + random.below(4)
    const parts: Parts = { code: [], slots: [], table: [1 + random.below(9), 1, 0, 2].slice(0, columns), columns }
    if (random.below(8) === 0) {
      for (let i = random.below(30); i > 0; i--) parts.code.push(random.below(2) === 0 ? random.below(8) : pick(nasty))
      parts.slots.push(floats(8), shared(5))
    } else {
      for (let i = 1 + random.below(3); i > 0; i--) orderlyCall(parts)
      damage(parts)
    }
    let plan: NativePlan
    try {
      plan = new addon.Plan(
        Float64Array.from(parts.code),
        parts.slots.length,
        columns,
        pick(isas),
        1 + random.below(3),
        lock,
      )
      counts.built++
      plan.bind(parts.slots)
    } catch {
      continue
    }
    try {
      const progress = plan.runSync(Float64Array.from(parts.table), 1, 0, 0, pick([Number.POSITIVE_INFINITY, 2, 0, -1]))
      if (progress.outcome === 3) counts.refused++
      else counts.ran++
      assert(progress.chunks >= 0 && progress.chunks < 1e6, `chunks ${progress.chunks}`)
    } catch {
      counts.refused++
    }
  }
  console.log(counts)
  for (const count of Object.values(counts)) assert(count > 2000, 'the variants are one-sided')
}

function fuzzExports(): void {
  const exports = ['createKernels', 'units', 'runUnits', 'burstFma', 'addressModulo', 'adjustExternalMemory', 'isas']
  const constructors = ['Lock', 'Plan'] as const
  const plan = new addon.Plan(new Float64Array(0), 0, 1, isa, 1, new addon.Lock())
  const methods = ['bind', 'run', 'runSync', 'stop', 'acquire', 'release']
  for (let i = 0; i < 30_000; i++) {
    const args = Array.from({ length: random.below(8) }, () => pick(junk))
    // So that some get past the first argument.
    if (random.below(2) === 0) args[0] = isa
    if (random.below(2) === 0) args[1] = random.below(kernelNames.length)
    try {
      switch (random.below(4)) {
        case 0: {
          const name = pick(exports)
          // A measurement of minutes is what the caller asked for.
          if (name === 'burstFma' && typeof args[1] === 'number') args[1] = Math.min(args[1], 1000)
          loose[name]?.(...args)
          break
        }
        case 1:
          Reflect.construct(addon[pick(constructors)], args)
          break
        case 2:
          Reflect.construct(addon.Plan, [pick([new Float64Array(0), ...args]), pick([0, ...args]), 1, isa, 1, ...args])
          break
        default: {
          const target = pick([plan, ...junk]) as object
          const prototype = pick([addon.Plan.prototype, addon.Lock.prototype]) as Record<string, () => unknown>
          const method = prototype[pick(methods)]
          if (method !== undefined) Reflect.apply(method, target, args)
        }
      }
    } catch (error) {
      assert(error instanceof Error)
    }
  }

  const lock = new addon.Lock()
  const code = new Float64Array(0)
  refused('Plan without new', () => Reflect.apply(loose.Plan as () => void, undefined, [code, 0, 1, isa, 1, lock]))
  const disguised = Object.setPrototypeOf(
    new addon.Plan(code, 0, 1, isa, 1, lock),
    addon.Lock.prototype,
  ) as unknown as typeof lock
  refused('a Plan disguised as a Lock', () => new addon.Plan(code, 0, 1, isa, 1, disguised))
  refused('its methods', () => disguised.acquire())
  refused('a Lock disguised as a Plan', () =>
    addon.Plan.prototype.bind.call(
      Object.setPrototypeOf(new addon.Lock(), addon.Plan.prototype) as unknown as NativePlan,
      [],
    ),
  )
  const crossed = Reflect.construct(addon.Lock, [], addon.Plan) as unknown as NativePlan
  refused('a Lock made as a Plan', () => crossed.bind([]))
  class Derived extends addon.Plan {}
  new Derived(code, 0, 1, isa, 1, lock).bind([])
  refused('adjustExternalMemory of everything', () => addon.adjustExternalMemory(2 ** 62))
  for (const kernel of [-1, kernelNames.length, 1.5, Number.NaN]) {
    refused(`kernel ${kernel}`, () => addon.units(isa, kernel, []))
  }
}

function attackPlans(): Promise<void> {
  const lock = new addon.Lock()
  const n = 8
  const checkFinite = (slot = 0) => [indexOf('checkFinite'), 0, 1, slot, 0, 0, n, 0, 2, n, 0]
  const fill = [indexOf('fill'), 1, 1, 0, 0, 0, n, 0, 2, n, 0, 2, 1, 0, 2, 5, 0]
  const planOf = (code: readonly number[], slots = 1) => new addon.Plan(Float64Array.from(code), slots, 1, isa, 2, lock)
  const one = Float64Array.of(1)
  const infinite = Number.POSITIVE_INFINITY
  const run = (plan: NativePlan, table: Float64Array = one, count = 1, step = 0, call = 0): NativeProgress =>
    plan.runSync(table, count, step, call, infinite)

  refused('a host call in the commit phase', () => planOf([-1, 1]))
  refused('compute after commit', () => planOf([...fill, ...checkFinite()]))
  refused('a plan with no slots bound', () => run(planOf(checkFinite())))

  const plan = planOf(checkFinite())
  const views: [string, unknown][] = [
    ['an ordinary ArrayBuffer', new Float32Array(n)],
    ['a DataView', new DataView(new SharedArrayBuffer(32))],
    ['a SharedArrayBuffer', new SharedArrayBuffer(32)],
    ['BigInts', new BigInt64Array(new SharedArrayBuffer(32))],
    ['shorts', new Int16Array(new SharedArrayBuffer(32))],
    ['clamped bytes', new Uint8ClampedArray(new SharedArrayBuffer(32))],
    ['memory that can be resized', new Float32Array(Reflect.construct(ArrayBuffer, [32, { maxByteLength: 64 }]))],
    ['nothing', undefined],
  ]
  for (const [what, view] of views) refused(`a slot on ${what}`, () => plan.bind([view as TensorData]))
  for (const slots of [[], [floats(n), floats(n)], new Array(1), Object.assign([], { length: 1 })]) {
    refused('a wrong number of slots', () => plan.bind(slots))
  }
  refused('a run after only refused binds', () => run(plan))

  // Getters run JavaScript in the middle of bind().
  const shrinking = new Array<TensorData>(2)
  Object.defineProperty(shrinking, 0, {
    get: () => {
      shrinking.length = 1
      return floats(n)
    },
  })
  refused('an array that shrinks while it is read', () => planOf(checkFinite(1), 2).bind(shrinking))
  const throwing = Object.defineProperty(new Array<TensorData>(1), 0, {
    get: () => {
      throw new Error('getter')
    },
  })
  refused('an array that throws', () => plan.bind(throwing))

  // Where a tensor lies: checkFinite reads n floats of a slot.
  const outcomeOn = (slot: TensorData, code: readonly number[] = checkFinite()): number => {
    const placed = planOf(code)
    placed.bind([slot])
    return run(placed).outcome
  }
  assert.equal(outcomeOn(floats(n)), 0)
  assert.equal(outcomeOn(floats(n - 1)), 3)
  assert.equal(outcomeOn(new Uint8Array(new SharedArrayBuffer(4 * n + 8), 1, 4 * n + 4)), 3, 'an odd address')
  assert.equal(outcomeOn(new Uint8Array(new SharedArrayBuffer(4 * n + 8), 4, 4 * n)), 0)
  for (const offset of [-4, -1, 1, 2, 0.5, 4, 2 ** 32, 2 ** 53, 1e300, Number.NaN, infinite, -infinite]) {
    const code = checkFinite()
    code[4] = offset
    assert.equal(outcomeOn(floats(n), code), 3, `offset ${offset}`)
    code[4] = 0
    code[5] = offset
    assert.equal(outcomeOn(floats(n), code), 3, `offset per row ${offset}`)
  }
  // Of no elements, and with no address, a tensor is still not absent.
  const gemm = [indexOf('gemm'), 0]
  for (const slot of [0, 1, 2]) gemm.push(1, slot, 0, 0, 4, 0)
  gemm.push(1, 3, 0, 0, -1, 0)
  for (const value of [2, 2, 2, 0, 0, 0, 1, 0]) gemm.push(2, value, 0)
  const withBias = planOf(gemm, 4)
  withBias.bind([floats(4), floats(4), floats(4), floats(0)])
  assert.match(run(withBias).message, /^gemm: bias has 0 elements, needs n = 2/)

  // Where a run begins.
  plan.bind([floats(n)])
  for (const [table, count, step, call] of [
    [one, 2, 0, 0],
    [one, -1, 0, 0],
    [one, 0.5, 0, 0],
    [one, 1, 2, 0],
    [one, 1, 0, 2],
    [one, 1, 0, -1],
    [one, Number.NaN, 0, 0],
    [new Float64Array(0), 1, 0, 0],
    [new Float32Array(1), 1, 0, 0],
  ] as const) {
    refused(`count ${count}, step ${step}, call ${call}`, () => run(plan, table as Float64Array, count, step, call))
  }
  assert.equal(run(plan, one, 1, 1, 0).step, 1)
  assert.equal(run(plan, one, 1, 0, 1).step, 1)
  const detached = Float64Array.of(1)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  refused('a detached step table', () => run(plan, detached))
  refused('detached code', () => {
    const code = Float64Array.from(checkFinite())
    structuredClone(code.buffer, { transfer: [code.buffer] })
    const empty = new addon.Plan(code, 1, 1, isa, 1, lock)
    empty.bind([floats(n)])
    assert.equal(run(empty).chunks, 0, 'nothing is left of it')
    throw new Error('an empty plan')
  })

  // Locks.
  refused('release without acquire', () => lock.release())
  lock.acquire()
  refused('acquire twice', () => lock.acquire())
  const committing = planOf(fill)
  committing.bind([floats(n)])
  refused('a commit while the caller holds the lock', () => run(committing))
  assert.equal(run(plan).outcome, 0, 'without a commit it is no hindrance')
  lock.release()
  assert.equal(run(committing).outcome, 0)

  // While a job runs.
  const long = floats(2 ** 22)
  const size = long.length
  const busy = planOf([indexOf('checkFinite'), 0, 1, 0, 0, 0, size, 0, 2, size, 0])
  busy.bind([long])
  const table = new Float64Array(50).fill(1)
  return new Promise((resolve, reject) => {
    const idle = planOf(checkFinite())
    const sneaky = Object.defineProperty(new Array<TensorData>(1), 0, {
      get: () => {
        idle.run(one, 1, 0, 0, infinite, () => {})
        return floats(n)
      },
    })
    try {
      busy.run(table, 50, 0, 0, infinite, (progress) => {
        try {
          assert.equal(progress.outcome, 1)
          assert(progress.chunks >= 0 && progress.chunks < 1e6, `chunks ${progress.chunks}`)
          assert.equal(run(busy).outcome, 0)
          resolve()
        } catch (error) {
          reject(error)
        }
      })
      idle.bind([floats(n)])
      refused('bind when its own getter began a run', () => idle.bind(sneaky))
      refused('a second run', () => busy.run(table, 50, 0, 0, infinite, () => {}))
      refused('runSync', () => run(busy))
      refused('bind', () => busy.bind([floats(size)]))
      refused('run without done', () => Reflect.apply(addon.Plan.prototype.run, plan, [one, 1, 0, 0, infinite]))
      busy.stop()
      busy.stop()
    } catch (error) {
      reject(error)
    }
  })
}

function fuzzKernels(): void {
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

/** Another thread writes indices, labels and scores at random while kernels and plans use them. */
async function raceLabels(): Promise<void> {
  const rows = 64
  const classes = 10
  const block = new SharedArrayBuffer(4 * rows * (classes + 2))
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
    const ints = new Int32Array(workerData)
    const values = [0, 1, 9, 10, -1, 2147483647, -2147483648, 63, 64, 0x7fc00000, 0x7f800000, 0x3f800000]
    for (let i = 0; ; i = (i * 5 + 1) % 16777216) ints[i % ints.length] = values[i % values.length]`,
    { eval: true, workerData: block },
  )
  await once(worker, 'online')
  const labels = new Int32Array(block, 0, rows)
  const order = new Int32Array(block, 4 * rows, rows)
  const scores = new Float32Array(block, 8 * rows, rows * classes)
  const [losses, probabilities, gathered] = [floats(rows), floats(rows * classes), floats(rows * classes)]
  const counts = floats(1)
  const picked = new Int32Array(new SharedArrayBuffer(4 * rows))
  const codes = new Set<number | undefined>()
  const end = performance.now() + 2000
  while (performance.now() < end) {
    for (const name of isas) {
      const call = (kernel: KernelName, ...args: (TensorData | number)[]): void => {
        codes.add(kernels.get(name)?.[indexOf(kernel)]?.(...args)?.code)
      }
      for (let i = 0; i < 20; i++) {
        call('softmaxCrossEntropyForward', losses, probabilities, scores, labels, rows, classes)
        call('softmaxCrossEntropyBackward', gathered, losses, scores, labels, rows, classes)
        call('countCorrect', counts, scores, labels, rows, classes, 0, 1)
        call('argMax', picked, scores, rows, classes)
        call('gatherReals', gathered, scores, order, rows, classes, rows, rows, 0, 1, 0)
        call('gatherLabels', picked, labels, order, rows, rows, rows, 0)
        call('checkFinite', scores, rows * classes)
        for (const column of picked) assert(column >= -(2 ** 31))
      }
    }
  }
  await worker.terminate()
  assert(codes.has(1), 'some calls meet an index that is out of range')
}
const kernels = new Map(isas.map((name) => [name, addon.createKernels(name, 2)]))

const attacks: Record<string, () => void | Promise<void>> = {
  plans: fuzzPlans,
  exports: fuzzExports,
  order: attackPlans,
  kernels: fuzzKernels,
  races: raceLabels,
}
await attacks[attack]?.()
console.log('survived')
