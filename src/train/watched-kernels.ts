// Kernels that remember who wrote numbers that are not finite: for looking at a step that failed.

import type { Declaration } from '../kernels/declaration.js'
import { declarations, type KernelName, kernelNames } from '../kernels/declarations.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Tensor, TensorData } from '../tensor/tensor.js'

/** Place of the first number of `data` that is NaN or infinite; -1 where there is none. */
export function indexOfNotFinite(data: TensorData): number {
  return data.findIndex((value) => !Number.isFinite(value))
}

/** A tensor that a layer checked and found not finite. */
export interface FailedCheck {
  /** What the kernel that wrote it calls it, such as `variance`. */
  readonly tensor: string
  readonly value: number
}

const outputNames = Object.fromEntries(
  kernelNames.map((kernel) => {
    const { parameters }: Declaration = declarations[kernel]
    const isOutput = (parameter: (typeof parameters)[number]): boolean =>
      parameter.kind === 'tensor' && (parameter.role === 'out' || parameter.role === 'inout')
    return [kernel, parameters.filter(isOutput).map(({ name }) => name)]
  }),
) as Partial<Record<KernelName, readonly string[]>>

/** Eager kernels for one pass. A check that fails is noted and does not end the pass. */
export class WatchedKernels {
  readonly kernels: Kernels
  /** Who calls from here on: the path of a layer. */
  owner = ''
  /** The first failed check of each owner. */
  readonly failedChecks = new Map<string, FailedCheck>()
  /** Owners of which a kernel wrote something that is not finite. */
  readonly writers = new Set<string>()
  readonly #names = new WeakMap<Tensor, string>()

  constructor(kernels: Kernels) {
    const watched = Object.fromEntries(
      kernelNames.map((kernel) => {
        const call = kernels[kernel] as (args: object) => void
        const watch = (args: Readonly<Record<string, Tensor | undefined>>): void => {
          call(args)
          for (const name of outputNames[kernel] ?? []) this.#written(args[name], name)
        }
        return [kernel, watch]
      }),
    ) as unknown as Pick<Kernels, KernelName>
    this.kernels = {
      ...kernels,
      ...watched,
      checkFinite: ({ x, n }) => this.#check(x, n as number),
      host: (fn, outputs, inputs) => {
        kernels.host(fn, outputs, inputs)
        for (const output of outputs) this.#written(output, 'value')
      },
    }
  }

  /** Begins anew, for the backward pass. */
  forget(): void {
    this.failedChecks.clear()
    this.writers.clear()
  }

  #written(tensor: Tensor | undefined, name: string): void {
    if (tensor === undefined) return
    this.#names.set(tensor, name)
    if (indexOfNotFinite(tensor.data) >= 0) this.writers.add(this.owner)
  }

  #check(x: Tensor, n: number): void {
    const at = indexOfNotFinite(x.data.subarray(0, n))
    if (at < 0 || this.failedChecks.has(this.owner)) return
    this.failedChecks.set(this.owner, { tensor: this.#names.get(x) ?? 'value', value: x.data[at] as number })
  }
}
