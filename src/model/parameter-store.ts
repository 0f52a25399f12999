// The memory of a model's parameters, gradients and moments: one arena each, with the same layout.

import type { Backend, Memory } from '../kernels/backend.js'
import type { Parameter } from '../layers/parameter.js'
import type { ParameterRange } from '../optim/optimizer.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'
import { viewOf } from '../tensor/view.js'

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
  readonly #real: 'float32' | 'float64'
  readonly #backend: Backend
  readonly #stretches: readonly Stretch[]

  /** Moves `parameters` into new arenas of `backend`. */
  constructor(backend: Backend, parameters: readonly Parameter[]) {
    // All of them first: a model that cannot be made takes no layer away.
    for (const parameter of parameters) parameter.requireFree()
    this.#backend = backend
    this.#real = backend.real
    const perLine = lineBytes / arrayTypes[this.#real].BYTES_PER_ELEMENT
    const stretches: Stretch[] = []
    const offsets = new Map<Parameter, number>()
    let end = 0
    for (const decay of [true, false]) {
      const offset = end
      for (const parameter of parameters.filter((candidate) => candidate.decay === decay)) {
        offsets.set(parameter, end)
        end += Math.ceil(parameter.size / perLine) * perLine
      }
      if (end > offset) stretches.push({ decay, offset, length: end - offset })
    }
    this.#stretches = stretches
    this.values = this.#arena(end)
    this.gradients = this.#arena(end)
    for (const [parameter, offset] of offsets) {
      parameter.moveTo(this.#part(this.values, offset, parameter), this.#part(this.gradients, offset, parameter))
    }
  }

  /** `count` more arenas with the layout of the parameters, zeroed: an optimizer's moments. */
  makeState(count: number): readonly TensorData[] {
    return Array.from({ length: count }, () => this.#arena(this.values.length))
  }

  /** The stretches of all parameters, over `state` from makeState. */
  ranges(state: readonly TensorData[]): readonly ParameterRange[] {
    return this.#stretches.map(({ decay, offset, length }) => {
      const part = (data: TensorData): Tensor => new Tensor(data.subarray(offset, offset + length), [length])
      return { value: part(this.values), gradient: part(this.gradients), state: state.map(part), decay }
    })
  }

  #arena(length: number): TensorData {
    const memory: Memory = this.#backend.allocate(length * arrayTypes[this.#real].BYTES_PER_ELEMENT)
    return viewOf(this.#real, memory.buffer, memory.byteOffset, length)
  }

  #part(data: TensorData, offset: number, { size, shape }: Parameter): Tensor {
    return new Tensor(data.subarray(offset, offset + size), shape)
  }
}
