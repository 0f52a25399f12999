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

/**
 * A line for each use of a layer (its output's shape without the batch axis, parameters where they are first used,
 * multiply-adds of one sample), then totals, and the memory of a training step of `batchSize` samples.
 */
export function summaryText(title: string, sealed: Sealed, real: 'float32' | 'float64', batchSize: number): string {
  const { graph, store } = sealed
  const seen = new Set<object>()
  let [parameters, multiplyAdds] = [0, 0]
  const lines = graph.places.map(({ node: { layer, inputs }, path }) => {
    const shapes = inputs.map(({ shape }) => shape)
    const first = !seen.has(layer)
    seen.add(layer)
    const own = layer.parameters.reduce((sum, { size }) => sum + size, 0)
    const products = layer.multiplyAdds(shapes)
    parameters += first ? own : 0
    multiplyAdds += products
    return [
      path,
      layer.outputShapes(shapes).map(shapeText).join(', '),
      first ? count(own) : `(${count(own)} shared)`,
      count(products),
    ]
  })
  const inputs = graph.inputs.map(({ shape }) => shapeText(shape)).join(', ')
  const table = textTable([['layer', 'output', 'parameters', 'multiply-adds'], ['input', inputs, '', ''], ...lines], 2)
  const width = Math.max(...table.map((line) => line.length))
  const bytesEach = arrayTypes[real].BYTES_PER_ELEMENT
  const samples = graph.inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const arenas = store.values.byteLength + store.gradients.byteLength + store.buffers.byteLength
  const workspace = workspaceBytes(sealed, real, batchSize)
  return [
    title,
    table[0],
    '─'.repeat(width),
    ...table.slice(1),
    '─'.repeat(width),
    `${count(parameters)} parameters (${bytesText(parameters * bytesEach)} as ${real}), ` +
      `${count(multiplyAdds)} multiply-adds a sample forward, ${count(samples)} inputs`,
    `memory of a training step of ${count(batchSize)}: ${bytesText(workspace)} of intermediate results, ` +
      `${bytesText(arenas)} of parameters and gradients, and the optimizer's`,
  ].join('\n')
}
