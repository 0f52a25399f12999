// The memory of a model's parameters, gradients and moments: one arena each, with the same layout.

import { allocateArray, type Backend } from '../kernels/backend.js'
import type { Parameter } from '../layers/parameter.js'
import type { StateTensor } from '../layers/state-tensor.js'
import type { ParameterRange } from '../optim/optimizer.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'

const lineBytes = 64

/** A stretch of the arena that one optimizer call can treat alike. */
interface Stretch {
  readonly decay: boolean
  /** In elements. */
  readonly offset: number
  readonly length: number
}

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
  readonly #stretches: readonly Stretch[]
  /** Where each parameter begins, in elements. */
  readonly #offsets = new Map<Parameter, number>()

  /** Moves `parameters` and `buffers` into new arenas of `backend`. */
  constructor(backend: Backend, parameters: readonly Parameter[], buffers: readonly StateTensor[] = []) {
    // All of them first: a model that cannot be made takes no layer away.
    for (const tensor of [...parameters, ...buffers]) tensor.requireFree()
    this.#backend = backend
    const perLine = lineBytes / arrayTypes[backend.real].BYTES_PER_ELEMENT
    const wholeLines = ({ size }: StateTensor): number => Math.ceil(size / perLine) * perLine
    const stretches: Stretch[] = []
    let end = 0
    for (const decay of [true, false]) {
      const offset = end
      for (const parameter of parameters.filter((candidate) => candidate.decay === decay)) {
        this.#offsets.set(parameter, end)
        end += wholeLines(parameter)
      }
      if (end > offset) stretches.push({ decay, offset, length: end - offset })
    }
    this.#stretches = stretches
    this.values = this.#arena(end)
    this.gradients = this.#arena(end)
    for (const [parameter, offset] of this.#offsets) {
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

  /** Calls `visit` with the value of each parameter and its part of each of `state`, from makeState. */
  eachState(state: readonly TensorData[], visit: (value: Tensor, parts: readonly Tensor[]) => void): void {
    for (const [parameter, offset] of this.#offsets) {
      visit(
        parameter.value,
        state.map((data) => this.#part(data, offset, parameter)),
      )
    }
  }

  /** The stretches of all parameters, over `state` from makeState. */
  ranges(state: readonly TensorData[]): readonly ParameterRange[] {
    return this.#stretches.map(({ decay, offset, length }) => {
      const part = (data: TensorData): Tensor => new Tensor(data.subarray(offset, offset + length), [length])
      return { value: part(this.values), gradient: part(this.gradients), state: state.map(part), decay }
    })
  }

  #arena(length: number): TensorData {
    return allocateArray(this.#backend, this.#backend.real, length)
  }

  #part(data: TensorData, offset: number, { size, shape }: StateTensor): Tensor {
    return new Tensor(data.subarray(offset, offset + size), shape)
  }
}
