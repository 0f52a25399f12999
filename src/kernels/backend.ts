// What a backend is: a set of eager kernels, memory for arenas, and an executor for recorded programs.

import { arrayTypes, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { viewOf } from '../tensor/view.js'
import type { KernelName } from './declarations.js'
import type { KernelArguments, Kernels } from './kernels.js'
import type { Program } from './program.js'

/** Memory for arenas, zeroed, 64-byte aligned, as bytes. */
export type Memory = Uint8Array

/** How a run ended; the places are those of native/plan.h, Outcome. */
export const outcomes = ['done', 'stopped', 'failed', 'refused', 'host'] as const
export type Outcome = (typeof outcomes)[number]

/** Where a run stands. */
export interface Progress {
  readonly outcome: Outcome
  /** Steps of the table that are complete. */
  readonly step: number
  /** The call of the next step to continue with (`host`), or the one that failed. */
  readonly call: number
  /** Chunks of compute work that were run. */
  readonly chunks: number
  /** `failed`: the declaration's failure, its row and the offending value. */
  readonly code: number
  readonly row: number
  readonly value: number
  /** `refused`: which argument does not fit. A plan's result also tells a failure in words here. */
  readonly message: string
}

/** Replays a compiled program; native/plan.h has the contract. Stops at host calls, which the caller runs. */
export interface Executor {
  /** One view per slot, in the program's order, but for the inputs. */
  bind(slots: readonly TensorData[]): void
  /** Steps [step, count) of the table, beginning at `call`; off the event loop's thread where there is one. */
  run(steps: Float64Array, count: number, step: number, call: number, budget: number): Promise<Progress>
  /** The same, here and now. */
  runSync(steps: Float64Array, count: number, step: number, call: number, budget: number): Progress
  /**
   * One step of `rows` rows from `call` on, here and now, of a program without step values. `inputs` are read where they
   * lie, and for this call only.
   */
  runStep(rows: number, call: number, inputs: readonly TensorData[]): Progress
  /** Ends a run in progress before its next chunk. */
  stop(): void
  /** Begins to measure calls, from nothing, or ends it. Between runs only, as is reading `measurements`. */
  profile(on: boolean): void
  /** Three numbers for each call of the program: whole runs, their nanoseconds, and the rows of their steps, summed. */
  measurements(): Float64Array
  /** Gives back what it has besides the slots, where that does not wait for the garbage collector. Ends its use. */
  release(): void
}

/** Held while parameters change; take it to read them from elsewhere while a model trains. */
export interface Lock {
  acquire(): void
  release(): void
}

/** Runs `work`, which changes or reads what `lock` guards, while nobody else does. */
export function withLock<T>(lock: Lock, work: () => T): T {
  lock.acquire()
  try {
    return work()
  } finally {
    lock.release()
  }
}

/** A zeroed array in memory of `backend`. */
export function allocateArray(backend: Backend, element: TensorElement, length: number): TensorData {
  const { buffer, byteOffset } = backend.allocate(length * arrayTypes[element].BYTES_PER_ELEMENT)
  return viewOf(element, buffer, byteOffset, length)
}

/** Gives back arrays from `allocateArray` that nobody uses any more. */
export function releaseArrays(backend: Backend, arrays: readonly TensorData[]): void {
  for (const { buffer, byteOffset, byteLength } of arrays) {
    backend.release(new Uint8Array(buffer, byteOffset, byteLength))
  }
}

/** A backend whose kernels are built from native/: they do their work in units, in any order. */
export interface SplitBackend {
  /** Into how many units the kernel's work can be cut. For tests. */
  units<K extends KernelName>(kernel: K, args: KernelArguments<K>): number
  /** Runs the kernel as these ranges of units, in this order, whatever the number of threads. For tests. */
  partition<K extends KernelName>(
    kernel: K,
    args: KernelArguments<K>,
    ranges: readonly (readonly [begin: number, end: number])[],
  ): void
  /** Runs FMAs in registers on one core and returns their floating-point operations: timed, the core's peak. */
  burstFma(iterations: number): number
}

/** Fastest first: the order in which they are tried. */
export const backendNames = ['native', 'wasm', 'reference'] as const
export type BackendName = (typeof backendNames)[number]

export interface Backend {
  readonly name: BackendName
  /** `avx512`, `avx2`, `sse2`, `neon`; `simd128` for WebAssembly; `js` for the reference. */
  readonly isa: string
  readonly threads: number
  readonly real: 'float32' | 'float64'
  /** Whether executors run chains sample by sample, and so have memory of their own for what lives in one only. */
  readonly runsChains: boolean
  /** Eager kernels: each call computes at once. */
  readonly kernels: Kernels
  allocate(bytes: number): Memory
  /** Takes memory back that `allocate` gave and that nobody uses any more, where the garbage collector does not see to it. */
  release(memory: Memory): void
  createLock(): Lock
  compile(program: Program, lock: Lock): Executor
  /** The same backend with another number of threads: same ISA, memory and locks. Throws ERR_ARGUMENT out of range. */
  withThreads(threads: number): Backend
}
