// Attacks on the addon itself, below every check of the TypeScript side. Run by hostile.native.test.ts in a process of
// its own: hostile-child.ts <attack> <seed>. Ends with 'survived' and exit code 0, or with what went wrong.

import assert from 'node:assert/strict'
import { kernelNames } from '../../src/kernels/declarations.js'
import type { NativePlan } from '../../src/kernels/native/addon.js'
import { fuzzKernels, hugeSizes, raceInputs } from './hostile-kernels.js'
import { attackPlans, fuzzPlans } from './hostile-plans.js'
import { addon, isa, junk, pick, random, refused } from './hostile-tools.js'

/** The same functions, for arguments that TypeScript would refuse. */
const loose = addon as unknown as Record<string, (...args: unknown[]) => unknown>

function fuzzExports(): void {
  const exports = ['createKernels', 'units', 'runUnits', 'burstFma', 'addressModulo', 'adjustExternalMemory', 'isas']
  const constructors = ['Lock', 'Plan'] as const
  const plan = new addon.Plan(new Float64Array(0), 0, 0, 1, isa, 1, new addon.Lock())
  const methods = ['bind', 'run', 'runSync', 'runStep', 'stop', 'acquire', 'release']
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
          Reflect.construct(addon.Plan, [
            pick([new Float64Array(0), ...args]),
            pick([0, ...args]),
            pick([0, ...args]),
            1,
            isa,
            1,
            ...args,
          ])
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
  refused('Plan without new', () => Reflect.apply(loose.Plan as () => void, undefined, [code, 0, 0, 1, isa, 1, lock]))
  const disguised = Object.setPrototypeOf(
    new addon.Plan(code, 0, 0, 1, isa, 1, lock),
    addon.Lock.prototype,
  ) as unknown as typeof lock
  refused('a Plan disguised as a Lock', () => new addon.Plan(code, 0, 0, 1, isa, 1, disguised))
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
  new Derived(code, 0, 0, 1, isa, 1, lock).bind([])
  refused('adjustExternalMemory of everything', () => addon.adjustExternalMemory(2 ** 62))
  for (const kernel of [-1, kernelNames.length, 1.5, Number.NaN]) {
    refused(`kernel ${kernel}`, () => addon.units(isa, kernel, []))
  }
}

const attacks: Record<string, () => void | Promise<void>> = {
  plans: fuzzPlans,
  exports: fuzzExports,
  order: attackPlans,
  kernels: fuzzKernels,
  sizes: hugeSizes,
  races: raceInputs,
}
const [attack = ''] = process.argv.slice(2)
await attacks[attack]?.()
console.log('survived')
