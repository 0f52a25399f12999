// Predictions: the forward pass, recorded for inputs of certain element types, and run on batches of any size.

import { allocateArray, type Backend } from '../kernels/backend.js'
import { Plan, requireDone } from '../kernels/plan.js'
import { type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'
import type { Sealed } from './network.js'
import { recordPrediction, rowsSlot } from './step.js'

/** Most rows that one run of the plan takes; larger inputs go through in pieces. */
const mostRows = 256

/** What a prediction's plan reads as it is: reals of its backend, and bytes, which it converts itself. */
export function isReadable({ element, scale }: Tensor, real: 'float32' | 'float64'): boolean {
  return element === real || (element === 'uint8' && (real === 'float32' || scale === 1))
}

/** The plan for inputs of these element types and scales, and batches of up to `capacity` rows at a time. */
export class PredictionPlan {
  readonly capacity: number
  readonly plan: Plan
  readonly #output: number

  constructor(backend: Backend, { graph, store, lock, regions }: Sealed, inputs: readonly Tensor[], rows: number) {
    const specs = inputs.map(({ element, scale }, i) => ({ shape: graph.inputs[i]?.shape as Shape, element, scale }))
    const { recording, output } = recordPrediction(graph, specs, backend.real, regions)
    this.capacity = Math.min(Math.max(rows, 1), mostRows)
    this.#output = output
    this.plan = new Plan(backend, recording, this.capacity, lock)
    const order = allocateArray(backend, 'int32', this.capacity)
    for (let i = 0; i < order.length; i++) order[i] = i
    this.plan.bind({ parameters: store.values, buffers: store.buffers, [rowsSlot]: order })
  }

  /** Whether so many rows take no more runs than they must. */
  holds(rows: number): boolean {
    return this.capacity >= Math.min(rows, mostRows)
  }

  run(rows: number, inputs: readonly TensorData[]): void {
    requireDone('predict', this.plan.runStep(rows, inputs))
  }

  /** The first `length` elements of the output, live. */
  outputView(length: number): TensorData {
    return this.plan.view(this.#output, length)
  }
}

/** How inputs of certain shapes are predicted: made at the first such call, for all that follow. */
export class Prediction {
  readonly #inputs: readonly Pick<Tensor, 'shape' | 'element' | 'scale'>[]
  readonly #plan: PredictionPlan
  readonly #rows: number
  /** Of the result. */
  readonly #shape: Shape
  readonly #size: number
  /** What one run writes. */
  readonly #output: TensorData

  /** For `inputs` that are batches of `rows` samples; the result has shape `shape`. */
  constructor(plan: PredictionPlan, inputs: readonly Tensor[], rows: number, shape: Shape) {
    this.#inputs = inputs.map(({ shape, element, scale }) => ({ shape, element, scale }))
    this.#plan = plan
    this.#rows = rows
    this.#shape = shape
    this.#size = sizeOf(shape)
    this.#output = plan.outputView(rows === 0 ? 0 : (this.#size / rows) * Math.min(rows, plan.capacity))
  }

  /** Whether it is for inputs such as these. */
  fits(inputs: readonly Tensor[]): boolean {
    if (inputs.length !== this.#inputs.length) return false
    for (let i = 0; i < inputs.length; i++) {
      const [given, known] = [inputs[i] as Tensor, this.#inputs[i] as Tensor]
      if (given.element !== known.element || given.scale !== known.scale) return false
      if (!sameShape(given.shape, known.shape)) return false
    }
    return true
  }

  /** The prediction, in memory of its own. */
  run(inputs: readonly Tensor[]): Tensor {
    const result = new arrayTypes[this.#output instanceof Float32Array ? 'float32' : 'float64'](this.#size)
    if (this.#rows <= this.#plan.capacity) {
      this.#plan.run(
        this.#rows,
        inputs.map(({ data }) => data),
      )
      result.set(this.#output)
    } else {
      this.#runPieces(inputs, result)
    }
    return new Tensor(result, this.#shape)
  }

  #runPieces(inputs: readonly Tensor[], result: TensorData): void {
    const { capacity } = this.#plan
    const perRow = this.#size / this.#rows
    for (let start = 0; start < this.#rows; start += capacity) {
      const end = Math.min(this.#rows, start + capacity)
      const part = (data: TensorData): TensorData => {
        const length = data.length / this.#rows
        return data.subarray(start * length, end * length)
      }
      this.#plan.run(
        end - start,
        inputs.map(({ data }) => part(data)),
      )
      result.set(this.#output.subarray(0, (end - start) * perRow), start * perRow)
    }
  }
}
