// Optimizer: turns gradients into new parameters. By hand on lists of tensors, in a plan on ranges of a model's memory.

import { describe, netwrightError } from '../errors.js'
import { eagerKernels } from '../kernels/default-backend.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { Parameter } from '../layers/parameter.js'
import type { Run, Schedule } from '../schedules/schedule.js'
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

/** The name of the step value `name` for a group whose rate is `lrFactor` times the optimizer's. */
export const scaledValue = (name: string, lrFactor: number): string => (lrFactor === 1 ? name : `${lrFactor} * ${name}`)

export abstract class Optimizer {
  /** Tensors of the parameters' size that the optimizer remembers from step to step: 0 for SGD, 2 for Adam. */
  abstract readonly stateCount: number
  /** Names of the numbers that change from step to step. */
  abstract readonly stepValues: readonly string[]
  /** Those of them that grow with the learning rate. */
  get rateValues(): readonly string[] {
    return ['lr']
  }
  /** Learning rate, or its schedule. */
  abstract readonly lr: number | Schedule
  #steps = 0
  #owner: object | undefined
  /** By the tensor that it is about; for a model that it has trained, views on what `fit` uses. */
  readonly #states = new WeakMap<Tensor, readonly Tensor[]>()

  /**
   * Calls `set` with each of `stepValues` for step `step` of this optimizer, counted from 1; `run` is the call of `fit`
   * that it belongs to, if it does. Makes nothing: it runs for every step.
   */
  abstract setStepValues(step: number, set: (name: string, value: number) => void, run?: Run): void

  /** One step on one range; `values` are the step values by name, or what stands for them in a recorded plan. */
  abstract apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void

  /** Steps made so far, by `fit` or by hand. */
  get steps(): number {
    return this.#steps
  }

  /** Counts `count` more steps; called by whoever made them. */
  advance(count: number): void {
    this.#steps += count
  }

  /** Makes the optimizer `model`'s; throws ERR_STATE when it is another's, whose steps it has counted. */
  claim(model: object): void {
    this.#owner ??= model
    if (this.#owner === model) return
    throw netwrightError(
      'ERR_STATE',
      'This optimizer has trained another model: its moments and steps belong to that one. Make a new optimizer.',
    )
  }

  /** From now on remembers about `value` in `state`, a model's memory, which gets what it knows of it already. */
  keepIn(value: Tensor, state: readonly Tensor[]): void {
    const known = this.#states.get(value) ?? []
    known.forEach(({ data }, i) => {
      state[i]?.data.set(data)
    })
    this.#states.set(value, state)
  }

  /**
   * By hand: one step, in place, on every parameter: `optimizer.update(model.parameters)`. Or on every tensor of
   * `params` with the gradient at the same place of `grads`; weight decay then applies to all of them, since a tensor
   * does not say whether it is a bias. Parameters of frozen layers are left alone.
   *
   * Tensors are all float32 or all float64. Schedules count the optimizer's steps. Throws ERR_ARGUMENT for lists of
   * different lengths or float types and for a schedule without `steps` that ends with its run, ERR_SHAPE for a gradient
   * of another shape, ERR_STATE where all parameters are frozen.
   */
  update(parameters: readonly Parameter[]): void
  update(params: readonly Tensor[], grads: readonly Tensor[]): void
  update(params: readonly (Parameter | Tensor)[], grads?: readonly Tensor[]): void {
    const ranges = toRanges(params, grads).filter(({ frozen }) => !frozen)
    if (ranges.length === 0) {
      throw netwrightError('ERR_STATE', 'update: all parameters are frozen: unfreeze() a layer that is to learn')
    }
    const kernels = eagerKernels(realOf(ranges))
    const values: Record<string, number> = {}
    this.setStepValues(this.#steps + 1, (name, value) => {
      values[name] = value
    })
    for (const range of ranges) this.apply(kernels, { ...range, state: this.#stateOf(range.value) }, values)
    this.advance(1)
  }

  #stateOf(value: Tensor): readonly Tensor[] {
    const known = this.#states.get(value)
    if (known !== undefined) return known
    const state = Array.from(
      { length: this.stateCount },
      () => new Tensor(new arrayTypes[value.element](value.size), value.shape),
    )
    this.#states.set(value, state)
    return state
  }
}

/** What update() is given for one tensor. */
type GivenRange = Omit<ParameterRange, 'state'> & { readonly frozen: boolean }

/** The one float type of all values and gradients. */
function realOf(ranges: readonly Omit<ParameterRange, 'state'>[]): 'float32' | 'float64' {
  const elements = new Set(ranges.flatMap(({ value, gradient }) => [value.element, gradient.element]))
  const [element] = elements
  if (elements.size === 1 && (element === 'float32' || element === 'float64')) return element
  throw netwrightError(
    'ERR_ARGUMENT',
    `update: got ${[...elements].join(' and ')} tensors, expected all float32 or all float64`,
    'TypeError',
  )
}

function toRanges(
  params: readonly (Parameter | Tensor)[],
  grads: readonly Tensor[] | undefined,
): readonly GivenRange[] {
  if (!Array.isArray(params) || (grads === undefined && !params.every((item) => item instanceof Parameter))) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `update: got ${describe(params)}, expected a list of parameters, update(model.parameters), or a list of tensors ` +
        'and one of gradients, update(model.params, model.grads)',
      'TypeError',
    )
  }
  if (grads !== undefined && (!Array.isArray(grads) || grads.length !== params.length)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `update: expected two lists of the same length, got ${describe(params)} and ${describe(grads)}`,
      'TypeError',
    )
  }
  const stray = [...params, ...(grads ?? [])].find((item) => !(item instanceof Tensor || item instanceof Parameter))
  if (stray !== undefined) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `update: got ${describe(stray)} in a list, expected tensors, which can change in place: tensor([1, 2])`,
      'TypeError',
    )
  }
  if (params.length === 0) {
    throw netwrightError(
      'ERR_ARGUMENT',
      'update: there are no parameters. A layer makes its own at its first forward(): collect them after it.',
    )
  }
  return params.map((item: Parameter | Tensor, i) => {
    const value = item instanceof Parameter ? item.value : item
    const gradient = grads?.[i] ?? (item as Parameter).gradient
    if (!sameShape(value.shape, gradient.shape)) {
      throw netwrightError(
        'ERR_SHAPE',
        `update: parameter ${i} has shape ${shapeText(value.shape)}, its gradient ${shapeText(gradient.shape)}`,
        'RangeError',
      )
    }
    const isParameter = item instanceof Parameter
    return { value, gradient, decay: isParameter ? item.decay : true, frozen: isParameter && item.frozen }
  })
}
