// Node: one place of a layer in a graph, during one pass. It owns what backward needs, so that a layer may stand at
// several places.

import { netwrightError } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Parameter } from './parameter.js'

/** What the nodes of one step share. */
export class Pass {
  readonly kernels: Kernels
  /** True in training, false in evaluation and prediction. */
  readonly training: boolean
  readonly #written = new Set<Parameter>()

  constructor(kernels: Kernels, training: boolean) {
    this.kernels = kernels
    this.training = training
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
  /** What compute() was given, and what it returned; set by whoever called it. */
  inputs: readonly Tensor[] = []
  outputs: readonly Tensor[] = []
  #saved: readonly Tensor[] | undefined

  constructor(pass: Pass, path: string, needsGradient: readonly boolean[]) {
    this.pass = pass
    this.path = path
    this.needsGradient = needsGradient
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
    throw netwrightError('ERR_STATE', `${this.path}: backward() was called before forward()`)
  }

  /** The same node, with what it saved, in a pass that has written no gradient yet: a backward() by hand. */
  withNewPass(): Node {
    const node = new Node(new Pass(this.kernels, this.training), this.path, this.needsGradient)
    node.#saved = this.#saved
    return node
  }

  /** A new tensor of the backend. */
  empty(shape: Shape, element: 'real' | 'int32' = 'real'): Tensor {
    return this.kernels.empty(shape, element)
  }
}
