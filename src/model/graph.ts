// Graph: layers in the order of computation, and how a pass runs forward and backward through them.

import { netwrightError } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import { checkGradients, checkOutputs } from '../layers/check-layer.js'
import type { Layer } from '../layers/layer.js'
import { Node, type Pass } from '../layers/node.js'
import type { GraphNode, Value } from '../layers/value.js'
import { type Shape, sameShape, shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/** A layer's place in the order, with the name that errors and profiles use. */
export interface Place {
  readonly node: GraphNode
  /** `0.Linear`; a shared layer has a place, and a name, for each use. */
  readonly path: string
}

/** Whether the layer has parameters that are trained. */
export const learns = ({ frozen, parameters }: Layer): boolean => !frozen && parameters.length > 0

/** A forward pass, and what its backward pass needs. */
export interface ForwardPass {
  readonly output: Tensor
  /** What a value of the graph was computed to be. */
  valueOf(value: Value): Tensor
  /** Writes every parameter's gradient, from the gradient of the output. */
  backward(gradient: Tensor): BackwardPass
}

/** What a backward pass leaves behind, besides the parameters' gradients. */
export interface BackwardPass {
  /** The gradient of a value; undefined where none was needed, as for the model's inputs. */
  gradientOf(value: Value): Tensor | undefined
}

export class Graph {
  readonly inputs: readonly Value[]
  readonly output: Value
  /** Every use of a layer, inputs before outputs. */
  readonly places: readonly Place[]

  constructor(inputs: readonly Value[], output: Value) {
    this.inputs = inputs
    this.output = output
    this.places = sortNodes(inputs, output).map((node, i) => ({
      node,
      path: `${i}.${node.layer.kind}`,
    }))
  }

  /** Layers, each once, in order of first use. */
  get layers(): readonly Layer[] {
    return [...new Set(this.places.map(({ node }) => node.layer))]
  }

  /** Runs forward; `onPlace` hears which layer comes next, also in the backward pass. */
  forward(pass: Pass, inputs: readonly Tensor[], onPlace: (path: string) => void = () => {}): ForwardPass {
    const tensors = new Map<Value | GraphNode, readonly Tensor[]>()
    this.inputs.forEach((value, i) => {
      tensors.set(value, [inputs[i] as Tensor])
    })
    const tensorOf = (value: Value): Tensor => tensors.get(value.node ?? value)?.[value.output] as Tensor
    // Gradients are needed where they lead to parameters that learn: not for the model's inputs, nor for a ReLU right
    // behind one, nor where all before is frozen.
    const leadToParameters = new Set<GraphNode>()
    const nodes = this.places.map(({ node, path }, i) => {
      onPlace(path)
      const needed = node.inputs.map(({ node }) => node !== undefined && leadToParameters.has(node))
      if (needed.includes(true) || learns(node.layer)) leadToParameters.add(node)
      const state = new Node(pass, path, needed, i)
      state.inputs = node.inputs.map(tensorOf)
      state.outputs = checkOutputs(node.layer, state, node.layer.compute(state, state.inputs))
      tensors.set(node, state.outputs)
      return state
    })
    return {
      output: tensorOf(this.output),
      valueOf: tensorOf,
      backward: (gradient) => this.#backward(pass.kernels, nodes, leadToParameters, gradient, onPlace),
    }
  }

  #backward(
    kernels: Kernels,
    nodes: readonly Node[],
    needed: ReadonlySet<GraphNode>,
    gradient: Tensor,
    onPlace: (path: string) => void,
  ): BackwardPass {
    // The gradients that reach each output of a node; where several do (fan-out), they are added.
    const arrived = new Map<GraphNode, (Tensor | undefined)[]>()
    const arrive = (value: Value, tensor: Tensor | undefined): void => {
      if (value.node === undefined || tensor === undefined) return
      const outputs = arrived.get(value.node) ?? []
      const earlier = outputs[value.output]
      outputs[value.output] = earlier === undefined ? tensor : sumOf(kernels, earlier, tensor)
      arrived.set(value.node, outputs)
    }
    arrive(this.output, gradient)
    for (let i = this.places.length - 1; i >= 0; i--) {
      const { node, path } = this.places[i] as Place
      const gradients = arrived.get(node)
      if (gradients === undefined || !needed.has(node)) continue
      onPlace(path)
      const state = nodes[i] as Node
      const outputGradients = state.outputs.map((output, j) => gradients[j] ?? zerosLike(kernels, output))
      const inputGradients = checkGradients(state, node.layer.differentiate(state, outputGradients))
      node.inputs.forEach((value, input) => {
        arrive(value, inputGradients[input])
      })
    }
    return { gradientOf: ({ node, output }) => (node === undefined ? undefined : arrived.get(node)?.[output]) }
  }
}

function sumOf(kernels: Kernels, a: Tensor, b: Tensor): Tensor {
  const y = kernels.empty(a.shape)
  kernels.add({ y, a, b, n: y.size })
  return y
}

/** The gradient of an output that nothing uses. */
function zerosLike(kernels: Kernels, { shape, size }: Tensor): Tensor {
  const y = kernels.empty(shape)
  kernels.fill({ y, n: size, value: 0 })
  return y
}

/** Depth first, inputs before outputs: the order in which a person would write the calls. */
function sortNodes(inputs: readonly Value[], output: Value): GraphNode[] {
  const order: GraphNode[] = []
  const seen = new Set<GraphNode>()
  const visit = (value: Value): void => {
    const { node } = value
    if (node === undefined) {
      if (inputs.includes(value)) return
      throw netwrightError('ERR_ARGUMENT', 'Model: the output depends on an input that is not among the inputs')
    }
    if (seen.has(node)) return
    seen.add(node)
    node.inputs.forEach(visit)
    order.push(node)
  }
  visit(output)
  return order
}

/** The graph of a chain of layers on samples of shape `input`; an error names the layer's place in the chain. */
export function chain(layers: readonly Layer[], input: Value): Graph {
  let value = input
  layers.forEach((layer, i) => {
    try {
      value = layer.apply(value)
    } catch (error) {
      if (error instanceof Error && !error.message.startsWith('layer ')) error.message = `layer ${i}: ${error.message}`
      throw error
    }
  })
  return new Graph([input], value)
}

/** The outputs of `node` that something reads, in order. */
export function usedOutputs({ output, places }: Graph, node: GraphNode): readonly Value[] {
  const values = [output, ...places.flatMap(({ node: { inputs } }) => inputs)]
  return [...new Set(values.filter((value) => value.node === node))].sort((a, b) => a.output - b.output)
}

/** Shapes of a graph's inputs, without the batch axis. */
export const inputShapes = ({ inputs }: Graph): readonly Shape[] => inputs.map(({ shape }) => shape)

/** Throws ERR_SHAPE unless samples of shapes `got` are what `graph` takes. */
export function requireInputShapes(graph: Graph, got: readonly Shape[]): void {
  const expected = inputShapes(graph)
  if (expected.length === got.length && expected.every((shape, i) => sameShape(shape, got[i] as Shape))) return
  throw netwrightError(
    'ERR_SHAPE',
    `This model takes samples of shape ${expected.map(shapeText).join(', ')}, ` +
      `got ${got.map(shapeText).join(', ')} (without the batch axis)`,
    'RangeError',
  )
}
