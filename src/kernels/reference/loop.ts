// What a reference loop is: a kernel's whole work over raw typed arrays, unchecked except for what it reads as index.

import type { TensorData } from '../../tensor/tensor.js'
import type { Failure } from '../check.js'
import type { declarations, KernelName } from '../declarations.js'

type ParameterOf<K extends KernelName> = (typeof declarations)[K]['parameters'][number]
type ValueOf<P> = P extends { readonly kind: 'tensor'; readonly optional: infer Optional }
  ? TensorData | (Optional extends true ? null : never)
  : number

/** The named arguments of kernel `K` with every default filled in, and null for an optional tensor left out. */
export type LoopArguments<K extends KernelName> = {
  readonly [P in ParameterOf<K> as P['name']]: ValueOf<P>
}

/** Answers nothing, or the first failure; what stands before the failing row has been written. */
export type Loop<K extends KernelName> = (args: LoopArguments<K>) => Failure | undefined
