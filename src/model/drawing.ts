// A graph as nodes and edges with texts, for DOT and for pictures. Draws nothing itself.

import type { Value } from '../layers/value.js'
import { shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { BackwardPass, ForwardPass, Graph } from './graph.js'

export interface DrawnNode {
  readonly id: string
  readonly label: string
  readonly kind: 'input' | 'operation' | 'output'
}

export interface DrawnEdge {
  readonly from: string
  readonly to: string
  /** The shape that flows forward, and the value where it is one number or a few. */
  readonly label: string
  /** The gradient that flowed back, where one did. */
  readonly backwardLabel?: string
}

/** What a pass by hand computed; no gradients before its backward pass. */
export interface Trace {
  readonly forward: Pick<ForwardPass, 'valueOf'>
  readonly backward: BackwardPass | undefined
}

export interface Drawing {
  readonly nodes: readonly DrawnNode[]
  readonly edges: readonly DrawnEdge[]
}

const mostNumbers = 4

/** Layers as nodes, values as edges; with a trace, the numbers of small values and the sizes of large ones. */
export function drawGraph(graph: Graph, trace?: Trace): Drawing {
  const inputIds = new Map(graph.inputs.map((value, i) => [value, `input${i}`]))
  const placeIds = new Map(graph.places.map(({ node }, i) => [node, `layer${i}`]))
  const sourceOf = (value: Value): string =>
    (value.node === undefined ? inputIds.get(value) : placeIds.get(value.node)) ?? '?'
  const edge = (value: Value, to: string): DrawnEdge => {
    const forward = trace?.forward.valueOf(value)
    const backward = trace?.backward?.gradientOf(value)
    return {
      from: sourceOf(value),
      to,
      label: forward === undefined ? shapeText(value.shape) : tensorText(forward),
      ...(backward === undefined ? {} : { backwardLabel: tensorText(backward) }),
    }
  }
  return {
    nodes: [
      ...graph.inputs.map((value, i): DrawnNode => {
        const label = graph.inputs.length === 1 ? 'input' : `input ${i}`
        return { id: inputIds.get(value) as string, label, kind: 'input' }
      }),
      ...graph.places.map(({ path }, i): DrawnNode => ({ id: `layer${i}`, label: path, kind: 'operation' })),
      { id: 'output', label: 'output', kind: 'output' },
    ],
    edges: [
      ...graph.places.flatMap(({ node }, i) => node.inputs.map((value) => edge(value, `layer${i}`))),
      edge(graph.output, 'output'),
    ],
  }
}

/** A few numbers as they are, many as a shape and their root mean square. */
function tensorText(tensor: Tensor): string {
  const { data, size, shape } = tensor
  const short = (value: number): string => String(Number(value.toPrecision(4)))
  if (size <= mostNumbers) return Array.from(data, short).join(', ')
  let squares = 0
  for (let i = 0; i < size; i++) squares += (data[i] as number) ** 2
  return `${shapeText(shape)} rms ${short(Math.sqrt(squares / size))}`
}

/** The drawing in Graphviz's language, left to right. */
export function dotText(name: string, { nodes, edges }: Drawing): string {
  const quote = (text: string): string =>
    `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
  const shapes = { input: 'ellipse', operation: 'box', output: 'ellipse' }
  return [
    `digraph ${quote(name)} {`,
    '  rankdir=LR',
    '  node [fontname="Helvetica"]',
    '  edge [fontname="Helvetica", fontsize=10]',
    ...nodes.map(({ id, label, kind }) => `  ${id} [label=${quote(label)}, shape=${shapes[kind]}]`),
    ...edges.map(({ from, to, label, backwardLabel }) => {
      const text = backwardLabel === undefined ? label : `${label}\n∇ ${backwardLabel}`
      return `  ${from} -> ${to} [label=${quote(text)}]`
    }),
    '}',
    '',
  ].join('\n')
}
