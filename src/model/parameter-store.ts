// The memory of a model's parameters, gradients and moments: one arena each, with the same layout.

import { allocateArray, type Backend, releaseArrays } from '../kernels/backend.js'
import type { Parameter } from '../layers/parameter.js'
import type { StateTensor } from '../layers/state-tensor.js'
import type { ParameterRange } from '../optim/optimizer.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'

const lineBytes = 64

/** Where a parameter stands in each arena, in elements, with the padding behind it. */
interface Place {
  readonly parameter: Parameter
  readonly offset: number
  readonly length: number
}

/** How a group of parameters is trained. */
export interface ParameterGroup {
  /** The optimizer's rate, times this. */
  readonly lrFactor: number
  /** Whether the optimizer's weight decay applies to the group's weights; to biases it never does. */
  readonly weightDecay: boolean
}

/** Arenas of a training run besides the optimizer's moments, from makeState. */
export interface TrainingArenas {
  /** Where gradients of several batches are added up. */
  readonly accumulated?: TensorData | undefined
  /** The running average of the parameters. */
  readonly average?: TensorData | undefined
}

/** A stretch of parameters that training moves alike. */
export interface TrainedRange extends ParameterRange {
  /** Whether `fit`'s l2 applies: to weights, whatever their group says of the optimizer's decay. */
  readonly isWeight: boolean
  readonly lrFactor: number
  readonly accumulated: Tensor | undefined
  readonly average: Tensor | undefined
}

/** A stretch of every arena that one optimizer call can treat alike. */
interface Stretch {
  readonly decay: boolean
  readonly group: ParameterGroup
  readonly part: (arena: TensorData) => Tensor
}

const everyParameter: ParameterGroup = { lrFactor: 1, weightDecay: true }

/**
 * Parameters that decay come first, then those that do not, each on a cache line of its own; padding stays zero.
 * So weights are one stretch and biases another, and a step over everything is two kernel calls.
 */
export class ParameterStore {
  readonly values: TensorData
  readonly gradients: TensorData
  /** What layers keep besides: running statistics. */
  readonly buffers: TensorData
  readonly #backend: Backend
  /** In the order of memory. */
  readonly #places: readonly Place[]

  /** Moves `parameters` and `buffers` into new arenas of `backend`. */
  constructor(backend: Backend, parameters: readonly Parameter[], buffers: readonly StateTensor[] = []) {
    // All of them first: a model that cannot be made takes no layer away.
    for (const tensor of [...parameters, ...buffers]) tensor.requireFree()
    this.#backend = backend
    const perLine = lineBytes / arrayTypes[backend.real].BYTES_PER_ELEMENT
    const wholeLines = ({ size }: StateTensor): number => Math.ceil(size / perLine) * perLine
    let end = 0
    this.#places = [...parameters.filter(({ decay }) => decay), ...parameters.filter(({ decay }) => !decay)].map(
      (parameter) => {
        const place = { parameter, offset: end, length: wholeLines(parameter) }
        end += place.length
        return place
      },
    )
    this.values = this.#arena(end)
    this.gradients = this.#arena(end)
    for (const { parameter, offset } of this.#places) {
      parameter.moveTo(this.#part(this.values, offset, parameter), this.#part(this.gradients, offset, parameter))
    }
    this.buffers = this.#arena(buffers.reduce((sum, buffer) => sum + wholeLines(buffer), 0))
    let offset = 0
    for (const buffer of buffers) {
      buffer.moveTo(this.#part(this.buffers, offset, buffer))
      offset += wholeLines(buffer)
    }
  }

  /** `count` more arenas with the layout of the parameters, zeroed: an optimizer's moments. */
  makeState(count: number): readonly TensorData[] {
    return Array.from({ length: count }, () => this.#arena(this.values.length))
  }

  /** Gives back arenas from makeState that nobody uses any more. */
  releaseState(arenas: readonly TensorData[]): void {
    releaseArrays(this.#backend, arenas)
  }

  /** Calls `visit` with the value of each parameter and its part of each of `state`, from makeState. */
  eachState(state: readonly TensorData[], visit: (value: Tensor, parts: readonly Tensor[]) => void): void {
    for (const { parameter, offset } of this.#places) {
      visit(
        parameter.value,
        state.map((data) => this.#part(data, offset, parameter)),
      )
    }
  }

  /** The stretches of all parameters that decay, and of those that do not. */
  ranges(): readonly ParameterRange[] {
    return this.#stretches(() => everyParameter).map(({ part, decay }) => ({
      value: part(this.values),
      gradient: part(this.gradients),
      state: [],
      decay,
    }))
  }

  /**
   * The stretches of all parameters that are not frozen, over the optimizer's `state` from makeState. `groupOf` answers the
   * group of a parameter, undefined where it is in none.
   */
  trainedRanges(
    state: readonly TensorData[],
    { accumulated, average }: TrainingArenas = {},
    groupOf: (parameter: Parameter) => ParameterGroup | undefined = () => undefined,
  ): readonly TrainedRange[] {
    const stretches = this.#stretches((parameter) =>
      parameter.frozen ? undefined : (groupOf(parameter) ?? everyParameter),
    )
    return stretches.map(({ part, decay, group }) => ({
      value: part(this.values),
      gradient: part(this.gradients),
      state: state.map(part),
      decay: decay && group.weightDecay,
      isWeight: decay,
      lrFactor: group.lrFactor,
      accumulated: accumulated && part(accumulated),
      average: average && part(average),
    }))
  }

  /** Neighbours that decay alike and are of one group, together; those without a group are left out. */
  #stretches(groupOf: (parameter: Parameter) => ParameterGroup | undefined): readonly Stretch[] {
    const stretches: { decay: boolean; group: ParameterGroup; offset: number; end: number }[] = []
    for (const { parameter, offset, length } of this.#places) {
      const { decay } = parameter
      const group = groupOf(parameter)
      const last = stretches.at(-1)
      if (group === undefined) continue
      if (last?.end === offset && last.decay === decay && last.group === group) last.end += length
      else stretches.push({ decay, group, offset, end: offset + length })
    }
    return stretches.map(({ decay, group, offset, end }) => ({
      decay,
      group,
      part: (data) => new Tensor(data.subarray(offset, end), [end - offset]),
    }))
  }

  #arena(length: number): TensorData {
    return allocateArray(this.#backend, this.#backend.real, length)
  }

  #part(data: TensorData, offset: number, { size, shape }: StateTensor): Tensor {
    return new Tensor(data.subarray(offset, offset + size), shape)
  }
}
