// Node: one place of a layer in a graph, during one pass. It owns what backward needs, so that a layer may stand at
// several places.

import { netwrightError } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Parameter } from './parameter.js'

/** Where the random numbers of a pass come from: the same seed and step give the same numbers. */
export interface PassRandom {
  readonly seed: number
  /** Counts training steps; a `StepValue` in a recorded one. */
  readonly step: Scalar
}

/** What the nodes of one step share. */
export class Pass {
  readonly kernels: Kernels
  /** True in training, false in evaluation and prediction. */
  readonly training: boolean
  readonly random: PassRandom
  readonly #written = new Set<Parameter>()
  readonly #commits: (() => void)[] = []

  constructor(kernels: Kernels, training: boolean, random: PassRandom = { seed: 0, step: 0 }) {
    this.kernels = kernels
    this.training = training
    this.random = random
  }

  /**
   * Defers kernel calls that change what a layer keeps (running statistics) to the end of the step, so that a step
   * that is stopped or fails changes nothing.
   */
  atCommit(work: () => void): void {
    this.#commits.push(work)
  }

  /** Runs what atCommit() deferred. */
  commit(): void {
    for (const work of this.#commits.splice(0)) work()
  }

  /** 0 for the first gradient written to `parameter` in this step, 1 for those that are added to it. */
  gradientBeta(parameter: Parameter): 0 | 1 {
    if (this.#written.has(parameter)) return 1
    this.#written.add(parameter)
    return 0
  }
}

export class Node {
  readonly pass: Pass
  /** Where in the model: `0.Linear`; in errors and profiles. */
  readonly path: string
  /** Whether backward must compute the gradient of input `i`; the data's gradient is of no use to anyone. */
  readonly needsGradient: readonly boolean[]
  /** This node's own stream of random numbers, with the seed and step of `pass.random`. */
  readonly stream: number
  /** What compute() was given, and what it returned; set by whoever called it. */
  inputs: readonly Tensor[] = []
  outputs: readonly Tensor[] = []
  #saved: readonly Tensor[] | undefined

  constructor(pass: Pass, path: string, needsGradient: readonly boolean[], stream = 0) {
    this.pass = pass
    this.path = path
    this.needsGradient = needsGradient
    this.stream = stream
  }

  get kernels(): Kernels {
    return this.pass.kernels
  }

  get training(): boolean {
    return this.pass.training
  }

  /** Keeps tensors for backward. */
  save(...tensors: readonly Tensor[]): void {
    this.#saved = tensors
  }

  /** The tensors that compute() saved. Throws ERR_STATE when there was no forward pass. */
  get saved(): readonly Tensor[] {
    if (this.#saved !== undefined) return this.#saved
    throw netwrightError(
      'ERR_STATE',
      `${this.path}: nothing was saved for backward: it was called before forward(), or compute() did not node.save(…)`,
    )
  }

  /** The same node, with what it saved, in a pass that has written no gradient yet: a backward() by hand. */
  withNewPass(): Node {
    const pass = new Pass(this.kernels, this.training, this.pass.random)
    const node = new Node(pass, this.path, this.needsGradient, this.stream)
    node.inputs = this.inputs
    node.outputs = this.outputs
    node.#saved = this.#saved
    return node
  }

  /** A new tensor of the backend. */
  empty(shape: Shape, element: 'real' | 'int32' = 'real'): Tensor {
    return this.kernels.empty(shape, element)
  }
}
