// Names of what a model learns: `<place>.<name>`, the place being that of the layer's first use. For a chain these are
// the keys of PyTorch's nn.Sequential.

import type { Parameter } from '../layers/parameter.js'
import type { StateTensor } from '../layers/state-tensor.js'
import type { Graph } from './graph.js'

export interface NamedState {
  readonly parameters: readonly { readonly name: string; readonly parameter: Parameter }[]
  readonly buffers: readonly { readonly name: string; readonly buffer: StateTensor }[]
}

/** The parameters and buffers of a built graph, in order of the layers. */
export function namedState(graph: Graph): NamedState {
  const placed = graph.layers.map((layer) => ({
    layer,
    place: graph.places.findIndex(({ node }) => node.layer === layer),
  }))
  return {
    parameters: placed.flatMap(({ layer, place }) =>
      layer.parameters.map((parameter) => ({ name: `${place}.${parameter.name}`, parameter })),
    ),
    buffers: placed.flatMap(({ layer, place }) =>
      layer.buffers.map((buffer) => ({ name: `${place}.${buffer.name}`, buffer })),
    ),
  }
}
