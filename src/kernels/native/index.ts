// The native backend: C++ SIMD kernels through Node-API.

import { checkOptions, describe, netwrightError } from '../../errors.js'
import { setting } from '../../platform.js'
import { sizeOf } from '../../tensor/shape.js'
import { arrayTypes, Tensor, type TensorData } from '../../tensor/tensor.js'
import { type Backend, type Executor, type Memory, outcomes, type Progress, type SplitBackend } from '../backend.js'
import { bindArguments, checkArguments, failureError, namedNumbers, refuseStepValues } from '../check.js'
import { type KernelName, kernelNames } from '../declarations.js'
import type { KernelArguments, Kernels } from '../kernels.js'
import type { Addon, NativeLock, NativePlan, NativeProgress } from './addon.js'
import { encodeProgram } from './encode.js'
import { requireAddon, tryAddon } from './load.js'

/** Options of {@link native}. */
export interface NativeOptions {
  /**
   * Instruction set: `'avx512'`, `'avx2'`, `'sse2'`, `'neon'`. Default: `NETWRIGHT_ISA`, else the best that the CPU has.
   */
  readonly isa?: string
  /** Most threads for one kernel. Default: `NETWRIGHT_THREADS`, else the physical cores that this process may use. */
  readonly threads?: number
}

export interface NativeBackend extends Backend, SplitBackend {
  readonly name: 'native'
}

/** Instruction sets that this CPU and operating system can run, best first; empty without an addon. */
export function availableIsas(): string[] {
  const addon = tryAddon()
  return addon instanceof Error ? [] : addon.isas()
}

function chooseIsa(addon: Addon, option: string | undefined): string {
  const available = addon.isas()
  const isa = option ?? setting('NETWRIGHT_ISA') ?? (available[0] as string)
  if (available.includes(isa)) return isa
  throw netwrightError(
    'ERR_BACKEND',
    `${option === undefined ? 'NETWRIGHT_ISA' : 'isa'} is ${describe(isa)}, this CPU has ${available.join(', ')}`,
    'RangeError',
  )
}

function chooseThreads(addon: Addon, option: number | undefined): number {
  const variable = setting('NETWRIGHT_THREADS')
  const threads = option ?? (variable === undefined ? addon.defaultThreads : Number(variable))
  if (Number.isInteger(threads) && threads >= 1 && threads <= addon.maxThreads) return threads
  const name = option === undefined ? 'NETWRIGHT_THREADS' : 'threads'
  throw netwrightError(
    'ERR_ARGUMENT',
    `${name} is ${describe(option ?? variable)}, expected a whole number from 1 to ${addon.maxThreads}`,
    'RangeError',
  )
}

/** Arenas above 4 MB begin on a huge page and ask for such pages, smaller ones begin on a cache line. */
const hugePage = 2 * 2 ** 20
const cacheLine = 64

const accounted = new FinalizationRegistry((release: () => void) => release())

/**
 * Shared memory cannot be detached under a running job. V8 does not count it as garbage pressure, so it is reported
 * and, when collected, taken back.
 */
function allocate(addon: Addon, bytes: number): Memory {
  const alignment = bytes > 2 * hugePage ? hugePage : cacheLine
  const buffer = sharedBuffer(bytes + alignment)
  addon.adjustExternalMemory(buffer.byteLength)
  const { byteLength } = buffer
  accounted.register(buffer, () => addon.adjustExternalMemory(-byteLength))
  const over = addon.addressModulo(new Uint8Array(buffer, 0, 1), alignment)
  const memory = new Uint8Array(buffer, over === 0 ? 0 : alignment - over, bytes)
  if (alignment === hugePage) addon.useHugePages(memory)
  return memory
}

/** The longest typed array of V8 in Node 20; later versions allow more. */
const longestView = 2 ** 32 - 1

function sharedBuffer(bytes: number): SharedArrayBuffer {
  try {
    if (bytes <= longestView) return new SharedArrayBuffer(bytes)
  } catch {}
  throw netwrightError(
    'ERR_MEMORY',
    `${(bytes / 2 ** 30).toFixed(1)} GiB in one piece are not to be had, for a step's tensors or a model's parameters. ` +
      'A smaller batch size needs less.',
    'RangeError',
  )
}

class NativeExecutor implements Executor {
  readonly #plan: NativePlan

  constructor(plan: NativePlan) {
    this.#plan = plan
  }

  bind(slots: readonly TensorData[]): void {
    this.#plan.bind(slots)
  }

  run(steps: Float64Array, count: number, step: number, call: number, budget: number): Promise<Progress> {
    return new Promise((resolve) => {
      this.#plan.run(steps, count, step, call, budget, (progress) => resolve(toProgress(progress)))
    })
  }

  runSync(steps: Float64Array, count: number, step: number, call: number, budget: number): Progress {
    return toProgress(this.#plan.runSync(steps, count, step, call, budget))
  }

  runStep(rows: number, call: number, inputs: readonly TensorData[]): Progress {
    const progress = this.#plan.runStep(rows, call, ...inputs)
    return progress === undefined ? stepDone : toProgress(progress)
  }

  stop(): void {
    this.#plan.stop()
  }

  profile(on: boolean): void {
    this.#plan.profile(on)
  }

  measurements(): Float64Array {
    return this.#plan.measurements()
  }

  /** The garbage collector takes it. */
  release(): void {}
}

/** One object for all: a short step takes no longer than making one. */
const stepDone: Progress = { outcome: 'done', step: 1, call: 0, chunks: 0, code: 0, row: 0, value: 0, message: '' }

function toProgress(progress: NativeProgress): Progress {
  return { ...progress, outcome: outcomes[progress.outcome] ?? 'refused' }
}

/**
 * The native backend. Throws ERR_BACKEND, with the cause and the cure, where there is no addon or the CPU lacks `isa`.
 */
export function native(options: NativeOptions = {}): NativeBackend {
  checkOptions('native', options, ['isa', 'threads'])
  const addon = requireAddon()
  const isa = chooseIsa(addon, options.isa)
  const threads = chooseThreads(addon, options.threads)

  const unpack = <K extends KernelName>(kernel: K, named: KernelArguments<K>) => {
    const values = refuseStepValues(kernel, bindArguments(kernel, named))
    return { values, raw: values.map((value) => (value instanceof Tensor ? value.data : value)) }
  }
  // The addon checks every call itself; only what it refuses is looked at again here, for the TypeScript checker's
  // words, which know tensors. Checking first would double what a small call costs.
  const explained = <T>(kernel: KernelName, values: readonly (Tensor | number | null)[], call: () => T): T => {
    try {
      return call()
    } catch (error) {
      checkArguments(kernel, values, 'float32')
      throw error
    }
  }
  const functions = addon.createKernels(isa, threads)
  const eager = Object.fromEntries(
    kernelNames.map((kernel, i) => [
      kernel,
      (named: KernelArguments<typeof kernel>) => {
        const { values, raw } = unpack(kernel, named)
        const failure = explained(kernel, values, () => functions[i]?.(...raw))
        if (failure !== undefined) throw failureError(kernel, failure, namedNumbers(kernel, values))
      },
    ]),
  ) as { [K in KernelName]: (named: KernelArguments<K>) => void }
  const kernels: Kernels = {
    ...eager,
    real: 'float32',
    empty: (shape, element = 'real') =>
      new Tensor(new arrayTypes[element === 'real' ? 'float32' : element](sizeOf(shape)), shape),
    host: (fn, outputs, inputs) => fn(outputs, inputs),
  }
  return {
    name: 'native',
    isa,
    threads,
    real: 'float32',
    runsChains: true,
    kernels,
    allocate: (bytes) => allocate(addon, bytes),
    release: () => {},
    createLock: () => new addon.Lock(),
    compile: (program, lock) =>
      new NativeExecutor(
        new addon.Plan(
          encodeProgram(program),
          program.slots.length,
          program.inputs.length,
          program.columns.length,
          isa,
          threads,
          lock as NativeLock,
        ),
      ),
    withThreads: (count) => native({ isa, threads: count }),
    units: (kernel, args) => addon.units(isa, kernelNames.indexOf(kernel), unpack(kernel, args).raw),
    partition: (kernel, args, ranges) => {
      const { values, raw } = unpack(kernel, args)
      for (const [begin, end] of ranges) {
        const failure = addon.runUnits(isa, kernelNames.indexOf(kernel), raw, begin, end)
        if (failure !== undefined) throw failureError(kernel, failure, namedNumbers(kernel, values))
      }
    },
    burstFma: (iterations) => addon.burstFma(isa, iterations),
  }
}
