// What a kernel's spec is made of. The specs themselves are in specs.ts.

import type { Arbitrary } from 'fast-check'
import type { KernelName } from '../../src/kernels/declarations.js'
import type { KernelArguments } from '../../src/kernels/kernels.js'
import type { LoopArguments } from '../../src/kernels/reference/index.js'
import type { Random } from './values.js'

/** A kernel's sizes and scalars; those left out keep their defaults. */
export type Numbers = Readonly<Record<string, number>>
/** How far element i of an output may be from the float64 reference; 0: equal to the rounded reference. */
export type Bound = (i: number) => number

/** A small call with an answer computed by hand: says that the reference, which all else is held to, means what it should. */
export interface Example<K extends KernelName> {
  readonly args: KernelArguments<K, readonly number[], number>
  /** What the outputs hold afterwards, whole, to six digits. */
  readonly answer: Readonly<Record<string, readonly number[]>>
}

export interface KernelSpec<K extends KernelName> {
  readonly example: Example<K>
  /** The sizes and scalars that are always tried: 0, 1, odd, primes, edges of tiles, vectors and blocks. */
  readonly cases: readonly Numbers[]
  /** Random ones, at most about a MFLOP each. */
  readonly random: Arbitrary<Numbers>
  /** Element i of a tensor; left out: reals from -1 to 1, any bytes, any integers. */
  readonly inputs?: Readonly<Record<string, (random: Random, numbers: Numbers) => (i: number) => number>>
  /** inout tensors that this call does not read, so that they start as NaN. */
  readonly unread?: (numbers: Numbers) => readonly string[]
  /**
   * Error bounds of outputs, from the float64 arguments before and after the call; an output left out is exact. What
   * each consists of is derived where it stands, to first order in u, the half ulp of 1.
   */
  readonly bounds?: (before: LoopArguments<K>, after: LoopArguments<K>) => Readonly<Record<string, Bound>>
  /** What the benchmark runs. */
  readonly benchmark: Readonly<Record<string, Numbers>>
}
export type KernelSpecs = { readonly [K in KernelName]: KernelSpec<K> }
/** The specs of one file of declarations. */
export type SpecsOf<Declared> = { readonly [K in keyof Declared & KernelName]: KernelSpec<K> }
