// A computational graph that computes as it is built, goes back on demand, and draws itself: for looking at small
// calculations. Networks are built with layers and models.

import { AddLayer } from '../book/index.js'
import { type GraphNode, graphPicture } from '../report/graph-picture.js'
import { shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

export type Quantity = number | Tensor

/** A node, as the book's layers are: forward keeps what backward needs. */
export interface Operation {
  forward(...inputs: readonly Quantity[]): Quantity
  /** The gradient of each input. */
  backward(dout: Quantity): readonly Quantity[]
}

export interface GraphValue {
  readonly value: Quantity
  /** The id of the node that it comes from. */
  readonly source: string
}

interface Step {
  readonly id: string
  readonly operation: Operation
  readonly inputs: readonly GraphValue[]
  readonly output: GraphValue
  /** The gradient that went back along each input's edge. */
  gradients?: readonly Quantity[]
}

export class ValueGraph {
  readonly #nodes: GraphNode[] = []
  readonly #steps: Step[] = []
  readonly #gradients = new Map<GraphValue, Quantity>()

  input(label: string, value: Quantity, kind: 'input' | 'parameter' = 'input'): GraphValue {
    return { value, source: this.#addNode(label, kind) }
  }

  /** A node named `label`, computed at once. */
  apply(label: string, operation: Operation, ...inputs: readonly GraphValue[]): GraphValue {
    const id = this.#addNode(label, 'operation')
    const output = { value: operation.forward(...inputs.map(({ value }) => value)), source: id }
    this.#steps.push({ id, operation, inputs, output })
    return output
  }

  /** The gradients of `output`, a number, with regard to everything that it was computed from. */
  backward(output: GraphValue): void {
    this.#gradients.clear()
    this.#gradients.set(output, 1)
    for (const step of [...this.#steps].reverse()) {
      const dout = this.#gradients.get(step.output)
      if (dout === undefined) continue
      step.gradients = step.operation.backward(dout)
      for (const [i, gradient] of step.gradients.entries()) this.#accumulate(step.inputs[i] as GraphValue, gradient)
    }
  }

  /** The gradient of a value by the last backward(); 0 where nothing came back. */
  gradientOf(value: GraphValue): Quantity {
    return this.#gradients.get(value) ?? 0
  }

  /** Values on the edges, and gradients after backward(). */
  picture(title: string, output: GraphValue, outputLabel: string): Promise<string> {
    const edges = this.#steps.flatMap(({ id, inputs, gradients }) =>
      inputs.map(({ value, source }, i) => edge(source, id, value, gradients?.[i])),
    )
    return graphPicture({
      title,
      nodes: [...this.#nodes, { id: 'output', label: outputLabel, kind: 'output' }],
      edges: [...edges, edge(output.source, 'output', output.value, this.#gradients.get(output))],
    })
  }

  /** A value that went to several places gets the sum of what comes back. */
  #accumulate(value: GraphValue, gradient: Quantity): void {
    const known = this.#gradients.get(value)
    this.#gradients.set(value, known === undefined ? gradient : new AddLayer().forward(known, gradient))
  }

  #addNode(label: string, kind: 'input' | 'parameter' | 'operation'): string {
    const id = `node${this.#nodes.length}`
    this.#nodes.push({ id, label, kind })
    return id
  }
}

function edge(from: string, to: string, value: Quantity, gradient: Quantity | undefined) {
  const label = quantityText(value)
  return { from, to, label, ...(gradient !== undefined && { backwardLabel: quantityText(gradient) }) }
}

/** A number in four digits, a tensor as its shape. */
export function quantityText(quantity: Quantity): string {
  if (typeof quantity !== 'number') return shapeText(quantity.shape)
  return String(Number(quantity.toPrecision(4))).replace('-', '−')
}
