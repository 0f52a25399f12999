// The seam: what layers, losses and optimizers are written against. Eager backends compute at once; the recorder
// writes the same calls down for a plan. Everything here is derived from declarations.ts.

import type { Tensor, TensorElement } from '../tensor/tensor.js'
import type { declarations, KernelName } from './declarations.js'

/** A number that a plan reads from its step table at every step (a rate, a cursor). Only the recorder accepts it. */
export class StepValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}
/** A plain number by hand, a `StepValue` while a plan is recorded. */
export type Scalar = number | StepValue

type ParameterOf<K extends KernelName> = (typeof declarations)[K]['parameters'][number]
type Of<P, T, S> = P extends { readonly kind: 'tensor' } ? T : S

/** The named arguments of kernel `K`, with `T` for its tensors and `S` for its numbers. */
export type KernelArguments<K extends KernelName, T = Tensor, S = Scalar> = {
  readonly [P in Extract<ParameterOf<K>, { readonly optional: false }> as P['name']]: Of<P, T, S>
} & {
  readonly [P in Extract<ParameterOf<K>, { readonly optional: true }> as P['name']]?: Of<P, T, S> | undefined
}

/** A JavaScript step inside a plan: reads `inputs`, fills `outputs`, called with real tensors of the actual size. */
export type HostFunction = (outputs: readonly Tensor[], inputs: readonly Tensor[]) => void

export type Kernels = {
  [K in KernelName]: (args: KernelArguments<K>) => void
} & {
  /** A new tensor of this backend; its contents are unspecified. `real` (default) is the backend's float type. */
  empty(shape: readonly number[], element?: 'real' | 'int32' | 'uint8'): Tensor
  /** Runs plain JavaScript on tensor data, now or, while recording, at this place of every replay. */
  host(fn: HostFunction, outputs: readonly Tensor[], inputs: readonly Tensor[]): void
  /** The float type of this backend. */
  readonly real: Extract<TensorElement, 'float32' | 'float64'>
}
