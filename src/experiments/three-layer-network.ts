// The 2-3-2-2 network of chapter 3 with its written weights: every sum and activation on the way to the output.

import { Affine, forward, identityFunction, initNetwork, sigmoid, softmax } from '../book/index.js'
import { type GraphNode, graphPicture } from '../report/graph-picture.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Experiment } from './experiment.js'

const sample = [1.0, 0.5]

const layers = [
  { sums: 'A1', outputs: 'Z1', activation: sigmoid<Tensor> },
  { sums: 'A2', outputs: 'Z2', activation: sigmoid<Tensor> },
  { sums: 'A3', outputs: 'Y', activation: identityFunction<Tensor> },
] as const

/** As the notes print them, to eight digits. */
const notes: Readonly<Record<string, readonly number[]>> = {
  A1: [0.3, 0.7, 1.1],
  Z1: [0.57444252, 0.66818777, 0.75026011],
  A2: [0.51615984, 1.21402696],
  Z2: [0.62624937, 0.7710107],
  Y: [0.31682708, 0.69627909],
}

/** Half a unit of the notes' last digit. */
const tolerance = 5.1e-9

export const threeLayerNetwork: Experiment = {
  name: 'network-2-3-2-2',
  title: 'the 2-3-2-2 network with fixed weights, from input to output',
  rows: [48, 49, 99],
  takes: '1 s',
  async run(lab) {
    const params = initNetwork()
    const values: [name: string, numbers: number[]][] = []
    let z: Tensor | number[] = sample
    for (const [i, { sums, outputs, activation }] of layers.entries()) {
      const a = new Affine(params[`W${i + 1}`] as Tensor, params[`b${i + 1}`] as Tensor).forward(z)
      z = activation(a)
      values.push([sums, Array.from(a.data)], [outputs, Array.from(z.data)])
    }
    const digits = (numbers: readonly number[] | undefined) =>
      (numbers ?? []).map((value) => value.toFixed(8)).join('  ')
    lab.table(
      ['', 'found', 'notes'],
      values.map(([name, numbers]) => [name, digits(numbers), digits(notes[name])]),
    )
    const wrong = values.filter(([name, numbers]) =>
      notes[name]?.some((expected, i) => !(Math.abs((numbers[i] as number) - expected) <= tolerance)),
    )
    lab.claim(
      `all agree in the notes' eight digits${wrong.length > 0 ? `, but for ${wrong.map(([name]) => name)}` : ''}`,
      wrong.length === 0,
    )
    lab.claim(
      'forward(network, x) gives the same Y',
      String([...forward(params, sample).data]) === String(values.at(-1)?.[1]),
    )

    const random = forward(initNetwork([2, 3, 2, 2], { seed: lab.seed }), sample, softmax)
    lab.print(`\nrandom weights, softmax at the end: ${digits([...random.data])}`)
    // Two roundings of numbers below 1.
    const [y0, y1] = random.data as Float64Array
    lab.check('their sum', (y0 as number) + (y1 as number), 1, 3e-16)
    await lab.picture('neurons', await neuronPicture(values))
    await lab.picture('layers', await layerPicture(values))
  },
}

/** A1, Z1, … Y in this order. */
type NamedValues = readonly (readonly [name: string, numbers: readonly number[]])[]

const short = (value: number | undefined): string => String(Number((value ?? 0).toFixed(3)))

/** Each neuron with its weighted sum a and its output z. */
function neuronPicture(values: NamedValues): Promise<string> {
  const columns: GraphNode[][] = [
    sample.map((value, i) => ({ id: `0-${i}`, label: `x[${i}] = ${short(value)}`, kind: 'input' })),
    ...layers.map(({ sums, outputs }, layer) => {
      const [a, z] = [2 * layer, 2 * layer + 1].map((place) => values[place]?.[1] ?? [])
      return (a ?? []).map((sum, i): GraphNode => {
        const id = `${layer + 1}-${i}`
        if (outputs === 'Y') return { id, label: `y[${i}] = ${short(sum)}`, kind: 'output' }
        return { id, label: `${sums}[${i}] = ${short(sum)}\n${outputs}[${i}] = ${short(z?.[i])}` }
      })
    }),
  ]
  const edges = columns
    .slice(1)
    .flatMap((nodes, i) => nodes.flatMap(({ id: to }) => (columns[i] ?? []).map(({ id: from }) => ({ from, to }))))
  return graphPicture({ title: 'A 2-3-2-2 network: weighted sums A, activations Z', nodes: columns.flat(), edges })
}

/** The same as layers, with the values between them. */
function layerPicture(values: NamedValues): Promise<string> {
  const sizes = [2, 3, 2, 2]
  const nodes: GraphNode[] = [
    { id: 'x', label: 'x', kind: 'input' },
    ...layers.flatMap(({ sums, outputs }, i): GraphNode[] => [
      { id: sums, label: `Affine (${sizes[i]}, ${sizes[i + 1]})` },
      { id: outputs, label: outputs === 'Y' ? 'identity' : 'sigmoid' },
    ]),
    { id: 'y', label: 'y', kind: 'output' },
  ]
  const edges = nodes.slice(1).map(({ id }, i) => {
    const [name, numbers] = values[i - 1] ?? ['x', sample]
    return { from: nodes[i]?.id ?? '', to: id, label: `${name} = ${numbers.map(short).join(', ')}` }
  })
  return graphPicture({ title: 'The 2-3-2-2 network, layer by layer', nodes, edges, direction: 'down' })
}
