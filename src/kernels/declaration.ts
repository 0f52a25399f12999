// What a kernel declaration is made of. The declarations themselves are in declarations.ts.

/** Element of a tensor parameter; `real` is float32, or float64 on the float64 reference backend. */
export type Element = 'real' | 'int32' | 'uint8'
/** `out`: written whole, never read. `inout`: read and written, or written in part. `index`: integers checked where used. */
export type Role = 'out' | 'inout' | 'in' | 'index'

export interface TensorParameter<Name extends string = string, Optional extends boolean = boolean> {
  readonly kind: 'tensor'
  readonly name: Name
  readonly role: Role
  readonly element: Element
  /** How many elements the kernel may touch, an expression over the kernel's sizes. */
  readonly extent: string
  /** How many elements a call reads and writes, where that is not the extent once, or twice for `inout`. */
  readonly touched: string | undefined
  readonly optional: Optional
  /** Names of inputs that may be the very same memory as this output; any other overlap is refused. */
  readonly inPlaceOf: readonly string[]
}
/** A whole number from 0 to 2^53-1: a dimension, an offset, a flag (0 or 1). */
export interface SizeParameter<Name extends string = string, Optional extends boolean = boolean> {
  readonly kind: 'size'
  readonly name: Name
  readonly optional: Optional
  readonly default: number
}
/** A real number, float64. */
export interface ScalarParameter<Name extends string = string, Optional extends boolean = boolean> {
  readonly kind: 'scalar'
  readonly name: Name
  readonly optional: Optional
  readonly default: number
}
export type Parameter = TensorParameter | SizeParameter | ScalarParameter

/**
 * How the work may be cut into pieces that run in any order, on any thread, with the same bits.
 * `units` is an expression (one unit = `block` of it, the last may be short), or 'kernel' where the C++ kernel
 * counts its own units (gemm: tiles).
 */
export interface Split {
  /**
   * `samples`: rows of a batch that know nothing of each other, so that a call on some of them is the same call with
   * fewer rows; only such calls, and `groups` of samples, go into chains (chains.ts).
   */
  readonly by: 'samples' | 'rows' | 'outputs' | 'groups' | 'serial'
  readonly units: string
  readonly block: number
}

/** A value in memory that a kernel cannot work with. */
export interface DeclaredFailure {
  /** What is wrong: a class label, the number of a sample, a place in an image, a number that is not finite. */
  readonly kind: 'label' | 'order' | 'index' | 'notFinite'
  /** `{row}`, `{value}` and sizes in braces are filled in. */
  readonly text: string
}

export interface Declaration {
  readonly parameters: readonly Parameter[]
  /** Preconditions over sizes, each an expression that must be true. */
  readonly rules: readonly string[]
  readonly split: Split
  /**
   * Arithmetic operations of one call, an expression over the sizes: what GFLOP/s are counted in. A product's and its
   * sum's are exact, exponentials and roots are counted as what they are made of, copies as none.
   */
  readonly flops: string
  /** Rough nanoseconds on one core, an expression over the sizes: only decides whether waking other threads pays. */
  readonly cost: string
  /** What can go wrong with values in memory; the kernel answers with a code (1 = the first), a row and a value. */
  readonly failures: readonly DeclaredFailure[]
}

interface TensorOptions {
  readonly element?: Element
  readonly touched?: string
  readonly inPlaceOf?: readonly string[]
}
const tensor =
  (role: Role) =>
  <const Name extends string>(
    name: Name,
    extent: string,
    { element = role === 'index' ? 'int32' : 'real', touched, inPlaceOf = [] }: TensorOptions = {},
  ): TensorParameter<Name, false> => ({
    kind: 'tensor',
    name,
    role,
    element,
    extent,
    touched,
    optional: false,
    inPlaceOf,
  })

export const out = tensor('out')
export const inout = tensor('inout')
export const input = tensor('in')
export const index = tensor('index')
export const optionalInput = <const Name extends string>(name: Name, extent: string): TensorParameter<Name, true> => ({
  ...input(name, extent),
  optional: true,
})
export const size = <const Name extends string>(name: Name): SizeParameter<Name, false> => ({
  kind: 'size',
  name,
  optional: false,
  default: 0,
})
export const optionalSize = <const Name extends string>(name: Name, value: number): SizeParameter<Name, true> => ({
  kind: 'size',
  name,
  optional: true,
  default: value,
})
export const scalar = <const Name extends string>(name: Name): ScalarParameter<Name, false> => ({
  kind: 'scalar',
  name,
  optional: false,
  default: 0,
})
export const optionalScalar = <const Name extends string>(name: Name, value: number): ScalarParameter<Name, true> => ({
  kind: 'scalar',
  name,
  optional: true,
  default: value,
})

/** Elementwise and other flat work: whole blocks of 4,096 elements, so that a cut never moves a vector's edge. */
export const splitBlocks = (units: string, by: 'samples' | 'rows' = 'rows'): Split => ({ by, units, block: 4096 })
export const splitRows = (units: string): Split => ({ by: 'rows', units, block: 1 })
export const splitSamples = (units: string): Split => ({ by: 'samples', units, block: 1 })
/** Columns of an output in blocks of 64: whole cache lines, whole vectors. */
export const splitOutputs = (units: string): Split => ({ by: 'outputs', units, block: 64 })
export const splitByKernel = (by: 'samples' | 'rows' | 'outputs'): Split => ({ by, units: 'kernel', block: 1 })
export const serial: Split = { by: 'serial', units: '1', block: 1 }

export function kernel<const Parameters extends readonly Parameter[]>(declaration: {
  readonly parameters: Parameters
  readonly split: Split
  readonly flops: string
  readonly cost: string
  readonly rules?: readonly string[]
  readonly failures?: readonly DeclaredFailure[]
}): Declaration & { readonly parameters: Parameters } {
  return { rules: [], failures: [], ...declaration }
}
