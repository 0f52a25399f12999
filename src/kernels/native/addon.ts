// What the addon exports (native/binding/addon.cc), typed. Private to this folder.

import type { TensorData } from '../../tensor/tensor.js'
import type { Progress } from '../backend.js'
import type { Failure } from '../check.js'

type NativeArgument = TensorData | number | null

/** How a run of a plan ended, as native/plan.h has it: `outcome` is a place in `outcomes`. */
export type NativeProgress = Omit<Progress, 'outcome'> & { readonly outcome: number }

export interface NativeLock {
  acquire(): void
  release(): void
}

export interface NativePlan {
  bind(slots: readonly TensorData[]): void
  runSync(steps: Float64Array, count: number, step: number, call: number, budget: number): NativeProgress
  run(
    steps: Float64Array,
    count: number,
    step: number,
    call: number,
    budget: number,
    done: (progress: NativeProgress) => void,
  ): void
  /** Undefined: the step is done. */
  runStep(rows: number, call: number, ...inputs: readonly TensorData[]): NativeProgress | undefined
  stop(): void
  profile(on: boolean): void
  measurements(): Float64Array
}

export interface Addon {
  readonly fingerprint: string
  readonly defaultThreads: number
  readonly maxThreads: number
  isas(): string[]
  createKernels(isa: string, threads: number): ((...args: NativeArgument[]) => Failure | undefined)[]
  units(isa: string, kernel: number, args: readonly NativeArgument[]): number
  runUnits(
    isa: string,
    kernel: number,
    args: readonly NativeArgument[],
    begin: number,
    end: number,
  ): Failure | undefined
  burstFma(isa: string, iterations: number): number
  adjustExternalMemory(bytes: number): void
  addressModulo(view: TensorData, modulus: number): number
  useHugePages(view: TensorData): void
  readonly Lock: new () => NativeLock
  readonly Plan: new (
    code: Float64Array,
    slotCount: number,
    inputCount: number,
    columnCount: number,
    isa: string,
    threads: number,
    lock: NativeLock,
  ) => NativePlan
}
