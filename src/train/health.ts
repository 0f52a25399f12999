// Health: measures how training does, layer by layer, between two steps. Changes nothing of the model.

import type { Layer } from '../layers/layer.js'
import { Pass } from '../layers/node.js'
import type { Parameter } from '../layers/parameter.js'
import { ReLU } from '../layers/relu.js'
import { Sigmoid } from '../layers/sigmoid.js'
import { Tanh } from '../layers/tanh.js'
import { type ForwardPass, type Graph, type Place, usedOutputs } from '../model/graph.js'
import type { Network, Sealed } from '../model/network.js'
import type { ParameterStore } from '../model/parameter-store.js'
import type { Tensor, TensorData } from '../tensor/tensor.js'
import { gatherBatch } from './batch.js'
import type { DataPart } from './data-parts.js'
import { HealthReport, type LayerHealth } from './health-report.js'
import { inputScale } from './input-scale.js'

/** What is measured: a model after a training step whose gradients it still has. */
export interface HealthSubject {
  readonly network: Network
  readonly sealed: Sealed
  readonly part: DataPart
  /** Numbers, within the part, of the samples to run through the model: those of the step, or more. */
  readonly indices: ArrayLike<number>
  /** A copy of `sealed.store.values` from before the step. */
  readonly before: TensorData
}

/**
 * The health of a model in training. Activations are those of a forward pass in evaluation mode over `indices`, on the
 * calling thread, which draws no random numbers and moves no running statistics.
 */
export function measureHealth(subject: HealthSubject): HealthReport {
  const { network, sealed, part, indices, before } = subject
  const { graph, store } = sealed
  const { kernels } = network.backend
  const { inputs } = gatherBatch(kernels, part, Int32Array.from(indices))
  const forward = graph.forward(new Pass(kernels, false), inputs)
  const valuesBefore = partsOf(store, before)
  const seen = new Set<Layer>()
  const layers = graph.places.map((place): LayerHealth => {
    const { layer } = place.node
    const parameters = seen.has(layer) ? [] : layer.parameters.filter(({ frozen }) => !frozen)
    seen.add(layer)
    return { layer: place.path, ...learning(parameters, valuesBefore), ...activity(place, graph, forward) }
  })
  const scales = inputs.map(({ data }) => inputScale(data))
  return new HealthReport({ samples: indices.length, inputs: scales, layers })
}

/** The parts of `arena`, which has the layout of the parameters, by the parameters' values. */
function partsOf(store: ParameterStore, arena: TensorData): ReadonlyMap<Tensor, Tensor> {
  const parts = new Map<Tensor, Tensor>()
  store.eachState([arena], (value, [part]) => parts.set(value, part as Tensor))
  return parts
}

type Learning = Pick<LayerHealth, 'gradientNorm' | 'weightNorm' | 'updateRatio' | 'unitsAreCopies'>

function learning(parameters: readonly Parameter[], before: ReadonlyMap<Tensor, Tensor>): Learning {
  if (parameters.length === 0) return {}
  let [gradients, weights, earlier, updates] = [0, 0, 0, 0]
  for (const { value, gradient } of parameters) {
    const old = (before.get(value) as Tensor).data
    value.data.forEach((now, i) => {
      const was = old[i] as number
      gradients += (gradient.data[i] as number) ** 2
      weights += now ** 2
      earlier += was ** 2
      updates += (now - was) ** 2
    })
  }
  return {
    gradientNorm: Math.sqrt(gradients),
    weightNorm: Math.sqrt(weights),
    // A layer that begins at 0 has no size to compare with.
    ...(earlier === 0 ? {} : { updateRatio: Math.sqrt(updates / earlier) }),
    unitsAreCopies: parameters.some(hasEqualUnits),
  }
}

/**
 * Whether all units of a weight have the same numbers, but for rounding: its columns where files hold it transposed,
 * else its rows.
 */
function hasEqualUnits({ value, decay, savedTransposed }: Parameter): boolean {
  const { data, shape } = value
  const units = (savedTransposed ? shape.at(-1) : shape[0]) ?? 1
  if (!decay || shape.length < 2 || units < 2) return false
  const perUnit = data.length / units
  return data.every((number, i) => {
    const ofFirst = data[savedTransposed ? i - (i % units) : i % perUnit] as number
    return Math.abs(number - ofFirst) <= 1e-4 * Math.abs(ofFirst)
  })
}

function activity({ node }: Place, graph: Graph, forward: ForwardPass): Pick<LayerHealth, 'dead' | 'saturated'> {
  const [output] = usedOutputs(graph, node)
  if (output === undefined) return {}
  const { layer } = node
  if (layer instanceof ReLU) return { dead: deadShare(forward.valueOf(output)) }
  if (layer instanceof Tanh) return { saturated: shareOf(forward.valueOf(output), (y) => Math.abs(y) > 0.97) }
  if (layer instanceof Sigmoid) return { saturated: shareOf(forward.valueOf(output), (y) => y < 0.03 || y > 0.97) }
  return {}
}

function shareOf({ data }: Tensor, isCounted: (value: number) => boolean): number {
  let count = 0
  for (const value of data) if (isCounted(value)) count++
  return count / data.length
}

/** The share of units that are 0 for every sample; a unit of an image is a channel, at all its places. */
function deadShare({ data, shape }: Tensor): number {
  const [rows, units] = shape as [number, number]
  const places = data.length / (rows * units)
  const alive = new Uint8Array(units)
  data.forEach((value, i) => {
    if (value !== 0) alive[Math.floor(i / places) % units] = 1
  })
  return alive.reduce((dead, isAlive) => dead + 1 - isAlive, 0) / units
}
