// Attacks on plans and locks, below every check of the TypeScript side: damaged code, wrong order, wrong memory.

import assert from 'node:assert/strict'
import { declarations, kernelNames } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'
import type { NativePlan, NativeProgress } from '../../src/kernels/native/addon.js'
import type { TensorData } from '../../src/tensor/tensor.js'
import { addon, floats, indexOf, isa, isas, nasty, pick, random, refused, shared } from './hostile-tools.js'

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
  parts.code.push(indexOf(kernel), random.below(4) === 0 ? 1 + random.below(2) : 0)
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

export function fuzzPlans(): void {
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
    const inputs = columns === 1 ? random.below(parts.slots.length + 1) : 0
    const bound = parts.slots.length - inputs
    let plan: NativePlan
    try {
      plan = new addon.Plan(
        Float64Array.from(parts.code),
        parts.slots.length,
        inputs,
        columns,
        pick(isas),
        1 + random.below(3),
        lock,
      )
      counts.built++
      plan.bind(parts.slots.slice(0, bound))
    } catch {
      continue
    }
    try {
      if (inputs > 0) {
        // Ordinary arrays, now and then of another length than the call needs.
        const arrays = parts.slots.slice(bound).map((slot) => slot.slice(random.below(8) === 0 ? 1 : 0))
        const progress = plan.runStep(parts.table[0] as number, 0, ...arrays)
        if (progress?.outcome === 3) counts.refused++
        else counts.ran++
        continue
      }
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

export function attackPlans(): Promise<void> {
  const lock = new addon.Lock()
  const n = 8
  const checkFinite = (slot = 0) => [indexOf('checkFinite'), 0, 1, slot, 0, 0, n, 0, 2, n, 0]
  const fill = [indexOf('fill'), 1, 1, 0, 0, 0, n, 0, 2, n, 0, 2, 1, 0, 2, 5, 0]
  const planOf = (code: readonly number[], slots = 1) =>
    new addon.Plan(Float64Array.from(code), slots, 0, 1, isa, 2, lock)
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

  // A chain's parts are groups of one call: those of another, far more, would reach behind its sums.
  const sums = (groups: number, phase: number): number[] => {
    const code = [indexOf('conv2dWeightGradient'), phase, 1, groups === 1 ? 0 : 1, 0, 0, groups, 0]
    code.push(1, 2, 0, 0, 0, 1, 1, 3, 0, 0, 0, 1, 2, 0, 1)
    for (let i = 0; i < 9; i++) code.push(2, 1, 0)
    for (const value of [0, 0, 1, groups]) code.push(2, value, 0)
    return code
  }
  const relu = [indexOf('reluForward'), 2, 1, 2, 0, 0, 0, 1, 1, 3, 0, 0, 0, 1, 2, 0, 1]
  const chain = planOf([...sums(1, 0), ...relu], 4)
  chain.bind([floats(1), floats(65_536), floats(9), floats(9)])
  assert.equal(run(chain, Float64Array.of(9)).outcome, 0)
  for (const between of [[], relu]) {
    const uneven = planOf([...sums(1, 0), ...between, ...sums(65_536, 2)], 4)
    uneven.bind([floats(1), floats(65_536), floats(9), floats(9)])
    assert.match(run(uneven, Float64Array.of(9)).message, /different groups/)
  }

  // Inputs come with a run, and stay for that run alone.
  const withInput = new addon.Plan(Float64Array.from(checkFinite()), 1, 1, 1, isa, 2, lock)
  withInput.bind([])
  assert.equal(withInput.runStep(1, 0, new Float32Array(n)), undefined)
  const gone = new Float32Array(n)
  structuredClone(gone.buffer, { transfer: [gone.buffer] })
  const odd = new Uint8Array(new ArrayBuffer(4 * n + 8), 1, 4 * n)
  const wrong = [
    undefined,
    null,
    1,
    gone,
    odd,
    new Float32Array(n - 1),
    new Int16Array(8 * n),
    new DataView(odd.buffer),
  ]
  wrong.forEach((input, i) => {
    assert.equal(withInput.runStep(1, 0, input as TensorData)?.outcome, 3, `wrong input ${i}`)
  })
  assert.equal(withInput.runStep(1, 0)?.outcome, 3, 'no input')
  assert.equal(withInput.runStep(1.5, 0, new Float32Array(n))?.outcome, 3, 'half a row')
  refused('a call beyond the last', () => withInput.runStep(1, 2, new Float32Array(n)))
  refused('a run by the table', () => run(withInput))
  const oneTooMany = () => new addon.Plan(Float64Array.from(checkFinite()), 1, 2, 1, isa, 2, lock)
  refused('more inputs than slots', oneTooMany)
  const withValues = new addon.Plan(Float64Array.from(checkFinite()), 1, 1, 2, isa, 2, lock)
  withValues.bind([])
  refused('a step that has values', () => withValues.runStep(1, 0, new Float32Array(n)))

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
    const empty = new addon.Plan(code, 1, 0, 1, isa, 1, lock)
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
