// A model as a table: shapes, parameters, multiply-adds, memory.

import { planMemory } from '../kernels/memory-plan.js'
import { record } from '../kernels/recorder.js'
import { Pass } from '../layers/node.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import { arrayTypes } from '../tensor/tensor.js'
import { textTable } from '../text-table.js'
import type { Sealed } from './network.js'

const count = (value: number): string => value.toLocaleString('en-US')

function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB']
  const power = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** Bytes of intermediate results that a training step of `rows` samples needs, the loss's own aside. */
function workspaceBytes({ graph, regions }: Sealed, real: 'float32' | 'float64', rows: number): number {
  const { program } = record(real, ['step'], regions, (recorder) => {
    const { kernels } = recorder
    const empty = (shape: Shape) => kernels.empty([recorder.rows, ...shape])
    const pass = new Pass(kernels, true)
    const inputs = graph.inputs.map(({ shape }) => empty(shape))
    graph.forward(pass, inputs).backward(empty(graph.output.shape))
  })
  return planMemory(program, rows).bytes
}

/** A use of a layer. */
export interface SummaryLayer {
  /** `0.Linear`: its place, and its kind. */
  readonly name: string
  /** Shapes of its outputs, without the batch axis. */
  readonly outputs: readonly Shape[]
  readonly parameters: number
  /** Whether its parameters are those of an earlier use. */
  readonly shared: boolean
  readonly frozen: boolean
  /** Of one sample, forward. */
  readonly multiplyAdds: number
}

/** A model in figures; bytes are those of a training step, the optimizer's own aside. */
export interface Summary {
  readonly inputs: readonly Shape[]
  readonly layers: readonly SummaryLayer[]
  readonly parameters: number
  /** Of them, those of frozen layers. */
  readonly frozenParameters: number
  readonly multiplyAdds: number
  readonly real: 'float32' | 'float64'
  readonly batchSize: number
  /** Parameters, their gradients and running statistics. */
  readonly parameterBytes: number
  /** Intermediate results of a step of `batchSize` samples. */
  readonly workspaceBytes: number
}

export function summarise(sealed: Sealed, real: 'float32' | 'float64', batchSize: number): Summary {
  const { graph, store } = sealed
  const seen = new Set<object>()
  const layers = graph.places.map(({ node: { layer, inputs }, path }): SummaryLayer => {
    const shapes = inputs.map(({ shape }) => shape)
    const shared = seen.has(layer)
    seen.add(layer)
    return {
      name: path,
      outputs: layer.outputShapes(shapes),
      parameters: layer.parameters.reduce((sum, { size }) => sum + size, 0),
      shared,
      frozen: layer.frozen,
      multiplyAdds: layer.multiplyAdds(shapes),
    }
  })
  const own = layers.filter(({ shared }) => !shared)
  const total = (some: readonly SummaryLayer[]): number => some.reduce((sum, { parameters }) => sum + parameters, 0)
  return {
    inputs: graph.inputs.map(({ shape }) => shape),
    layers,
    parameters: total(own),
    frozenParameters: total(own.filter(({ frozen }) => frozen)),
    multiplyAdds: layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
    real,
    batchSize,
    parameterBytes: store.values.byteLength + store.gradients.byteLength + store.buffers.byteLength,
    workspaceBytes: workspaceBytes(sealed, real, batchSize),
  }
}

/**
 * A line for each use of a layer (its output's shape without the batch axis, parameters where they are first used,
 * multiply-adds of one sample), then totals, where some are frozen those and the trainable ones apart, and the memory of
 * a training step.
 */
export function summaryText(title: string, summary: Summary): string {
  const { inputs, parameters, frozenParameters: frozen, multiplyAdds, real, batchSize } = summary
  const lines = summary.layers.map((layer) => [
    layer.name,
    layer.outputs.map(shapeText).join(', '),
    (layer.shared ? `(${count(layer.parameters)} shared)` : count(layer.parameters)) +
      (layer.frozen && layer.parameters > 0 ? ' frozen' : ''),
    count(layer.multiplyAdds),
  ])
  const heading = ['layer', 'output', 'parameters', 'multiply-adds']
  const table = textTable([heading, ['input', inputs.map(shapeText).join(', '), '', ''], ...lines], 2)
  const width = Math.max(...table.map((line) => line.length))
  const samples = inputs.reduce((sum, shape) => sum + sizeOf(shape), 0)
  return [
    title,
    table[0],
    '─'.repeat(width),
    ...table.slice(1),
    '─'.repeat(width),
    `${count(parameters)} parameters (${bytesText(parameters * arrayTypes[real].BYTES_PER_ELEMENT)} as ${real}), ` +
      (frozen === 0 ? '' : `${count(parameters - frozen)} of them trainable and ${count(frozen)} frozen, `) +
      `${count(multiplyAdds)} multiply-adds a sample forward, ${count(samples)} inputs`,
    `memory of a training step of ${count(batchSize)}: ${bytesText(summary.workspaceBytes)} of intermediate results, ` +
      `${bytesText(summary.parameterBytes)} of parameters and gradients, and the optimizer's`,
  ].join('\n')
}
