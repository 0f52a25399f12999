// Optimizer: turns gradients into new parameters. By hand on lists of tensors, in a plan on ranges of a model's memory.

import { describe, netwrightError } from '../errors.js'
import { defaultBackend } from '../kernels/default-backend.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { sameShape, shapeText } from '../tensor/shape.js'
import { arrayTypes, Tensor } from '../tensor/tensor.js'

/** A stretch of parameters that are treated alike: a model's whole memory, a group of it, or one tensor. */
export interface ParameterRange {
  readonly value: Tensor
  readonly gradient: Tensor
  /** The optimizer's own tensors (moments), as many as `stateCount`, of the same size. */
  readonly state: readonly Tensor[]
  /** Whether weight decay applies here. */
  readonly decay: boolean
}

export abstract class Optimizer {
  /** Tensors of the parameters' size that the optimizer remembers from step to step: 0 for SGD, 2 for Adam. */
  abstract readonly stateCount: number
  /** Names of the numbers that change from step to step. */
  abstract readonly stepValues: readonly string[]
  #steps = 0
  readonly #stateByHand = new WeakMap<Tensor, readonly Tensor[]>()

  /** The numbers of `stepValues` for step `step`, counted from 1. */
  abstract stepRow(step: number): Readonly<Record<string, number>>

  /** One step on one range; `values` are the numbers of stepRow, or what stands for them in a recorded plan. */
  abstract apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void

  /** Steps made so far, by `fit` or by hand. */
  get steps(): number {
    return this.#steps
  }

  /** Counts `count` more steps; called by whoever made them. */
  advance(count: number): void {
    this.#steps += count
  }

  /**
   * By hand: one step, in place, on every tensor of `params` with the gradient at the same place of `grads`.
   * Throws ERR_ARGUMENT for lists of different lengths, ERR_SHAPE for a gradient of another shape.
   */
  update(params: readonly Tensor[], grads: readonly Tensor[]): void {
    if (!Array.isArray(params) || !Array.isArray(grads) || params.length !== grads.length) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `update: expected two lists of the same length, got ${describe(params)} and ${describe(grads)}`,
        'TypeError',
      )
    }
    const { kernels } = defaultBackend()
    params.forEach((value, i) => {
      const gradient = grads[i] as Tensor
      if (!sameShape(value.shape, gradient.shape)) {
        throw netwrightError(
          'ERR_SHAPE',
          `update: parameter ${i} has shape ${shapeText(value.shape)}, its gradient ${shapeText(gradient.shape)}`,
          'RangeError',
        )
      }
    })
    const values = this.stepRow(this.#steps + 1)
    params.forEach((value, i) => {
      const gradient = grads[i] as Tensor
      this.apply(kernels, { value, gradient, state: this.#stateOf(value), decay: true }, values)
    })
    this.advance(1)
  }

  #stateOf(value: Tensor): readonly Tensor[] {
    const known = this.#stateByHand.get(value)
    if (known !== undefined) return known
    const state = Array.from(
      { length: this.stateCount },
      () => new Tensor(new arrayTypes[value.element](value.size), value.shape),
    )
    this.#stateByHand.set(value, state)
    return state
  }
}
