// The book's layers as computational graphs: ReLU, sigmoid, Affine on a batch, and softmax with cross-entropy taken
// apart into sums, products, exponentials and logarithms.

import { AddLayer, MatMul, MulLayer, numericalDiff, numericalGradient, Relu, Repeat, softmax } from '../book/index.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'
import { type GraphValue, type Operation, quantityText, ValueGraph } from './value-graph.js'

export const layerGraphs: Experiment = {
  name: 'layer-graphs',
  title: 'ReLU, sigmoid, Affine and softmax with loss as computational graphs',
  rows: [10, 26, 30, 31, 32, 98],
  takes: '1 s',
  async run(lab) {
    await reluGraph(lab)
    await sigmoidGraph(lab)
    await affineGraph(lab)
    await softmaxWithLossGraph(lab)
  },
}

/** A function of one number, with its derivative in terms of x and y. */
function elementary(f: (x: number) => number, derivative: (x: number, y: number) => number): Operation {
  let kept: readonly [x: number, y: number] = [0, 0]
  return {
    forward(x) {
      kept = [Number(x), f(Number(x))]
      return kept[1]
    },
    backward: (dout) => [Number(dout) * derivative(...kept)],
  }
}

const exponential = () => elementary(Math.exp, (_, y) => y)
const logarithm = () => elementary(Math.log, (x) => 1 / x)
const reciprocal = () =>
  elementary(
    (x) => 1 / x,
    (_, y) => -y * y,
  )

/** Central differences with h = 1e-4 are off by h² f‴ / 6, f‴ here at most a few units: some 1e-8. */
const tolerance = 5e-8

async function reluGraph(lab: Lab): Promise<void> {
  const graph = new ValueGraph()
  const values = [1, -0.5].map((value, i) => graph.input(`x${i + 1}`, value))
  const outputs = values.map((x) => {
    const relu = new Relu()
    const operation: Operation = {
      forward: (value) => relu.forward(Number(value)).item(),
      backward: (dout) => [relu.backward(Number(dout)).item()],
    }
    return graph.apply('ReLU', operation, x)
  })
  const sum = graph.apply('+', new AddLayer(), ...outputs)
  graph.backward(sum)
  lab.check('ReLU: gradient of x = 1', Number(graph.gradientOf(values[0] as GraphValue)), 1)
  lab.check('ReLU: gradient of x = −0.5', Number(graph.gradientOf(values[1] as GraphValue)), 0)
  await lab.picture('relu', await graph.picture('ReLU lets gradients through where x > 0', sum, 'sum'))
}

async function sigmoidGraph(lab: Lab): Promise<void> {
  const graph = new ValueGraph()
  const x = graph.input('x', 0.5)
  const negative = graph.apply('×', new MulLayer(), x, graph.input('−1', -1, 'parameter'))
  const power = graph.apply('exp', exponential(), negative)
  const denominator = graph.apply('+', new AddLayer(), power, graph.input('1', 1, 'parameter'))
  const y = graph.apply('1/x', reciprocal(), denominator)
  graph.backward(y)
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value))
  lab.check(
    'sigmoid: y(1 − y), the gradient at x = 0.5',
    Number(graph.gradientOf(x)),
    sigmoid(0.5) * sigmoid(-0.5),
    1e-15,
  )
  lab.check('sigmoid: by central differences', Number(graph.gradientOf(x)), numericalDiff(sigmoid, 0.5), tolerance)
  await lab.picture('sigmoid', await graph.picture('Sigmoid: y = 1 / (1 + exp(−x))', y, 'y'))
}

/** x · W + b for two samples: b goes to each row, and its gradient is the sum over them. */
async function affineGraph(lab: Lab): Promise<void> {
  const double = (values: number[] | number[][]) => tensor(values, undefined, { element: 'float64' })
  const weights = double([
    [0.1, 0.3, 0.5],
    [0.2, 0.4, 0.6],
  ])
  const samples = double([
    [1, 0.5],
    [-2, 1.5],
  ])
  const bias = double([0.1, 0.2, 0.3])
  const graph = new ValueGraph()
  const x = graph.input('X', samples)
  const W = graph.input('W', weights, 'parameter')
  const b = graph.input('b', bias, 'parameter')
  const product = graph.apply('dot', dot(), x, W)
  const repeated = graph.apply('repeat', repeat(2), b)
  const y = graph.apply('+', new AddLayer(), product, repeated)
  const total = graph.apply('sum of\nsquares', sumOfSquares(), y)
  graph.backward(total)

  const lossOf = (W: Tensor, b: Tensor): number => {
    const layer = new MatMul(W)
    return Number(sumOfSquares().forward(new AddLayer().forward(layer.forward(samples), new Repeat(2).forward(b))))
  }
  const numeric = {
    W: numericalGradient((value) => lossOf(value, bias), weights),
    b: numericalGradient((value) => lossOf(weights, value), bias),
  }
  // The loss is quadratic, so that differences are exact but for rounding: eps · loss / h is below 1e-10.
  lab.check(
    'Affine: dW against differences, largest',
    largestDifference(graph.gradientOf(W) as Tensor, numeric.W),
    0,
    1e-9,
  )
  lab.check(
    'Affine: db against differences, largest',
    largestDifference(graph.gradientOf(b) as Tensor, numeric.b),
    0,
    1e-9,
  )
  await lab.picture('affine', await graph.picture('Affine on a batch of two: X · W + b, with shapes', total, 'L'))
}

function dot(): Operation {
  let layer: MatMul | undefined
  return {
    forward(x, W) {
      layer = new MatMul(W as Tensor)
      return layer.forward(x as Tensor)
    },
    backward(dout) {
      const dx = layer?.backward(dout as Tensor) as Tensor
      return [dx, layer?.grads[0] as Tensor]
    },
  }
}

function repeat(count: number): Operation {
  const node = new Repeat(count)
  return { forward: (x) => node.forward(x), backward: (dout) => [node.backward(dout)] }
}

function sumOfSquares(): Operation {
  let kept: Tensor | undefined
  return {
    forward(x) {
      kept = x as Tensor
      return Array.from(kept.data).reduce((sum, value) => sum + value * value, 0)
    },
    backward: (dout) => [
      tensor(
        Float64Array.from(kept?.data ?? [], (value) => 2 * value * Number(dout)),
        kept?.shape ?? [],
      ),
    ],
  }
}

const largestDifference = (a: Tensor, b: Tensor): number =>
  Math.max(...Array.from(a.data, (value, i) => Math.abs(value - (b.data[i] as number))))

/** Scores of three classes, softmax and cross-entropy: all those nodes together give the gradient y − t. */
async function softmaxWithLossGraph(lab: Lab): Promise<void> {
  const scores = [0.3, 2.9, 4.0]
  const target = [0, 1, 0]
  const graph = new ValueGraph()
  const inputs = scores.map((score, i) => graph.input(`a${i + 1}`, score))
  const powers = inputs.map((input) => graph.apply('exp', exponential(), input))
  const sum = powers.reduce((a, b) => graph.apply('+', new AddLayer(), a, b))
  const share = graph.apply('1/x', reciprocal(), sum)
  // The classes that are not the target's are multiplied by 0 in the loss and left out here.
  const y = graph.apply('×', new MulLayer(), powers[target.indexOf(1)] as GraphValue, share)
  const loss = graph.apply('×', new MulLayer(), graph.apply('log', logarithm(), y), graph.input('−1', -1, 'parameter'))
  graph.backward(loss)
  const probabilities = [...softmax(scores).data]
  lab.table(
    ['class', 'score', 'softmax y', 'target t', 'y − t', 'gradient of the graph'],
    inputs.map((input, i) => {
      const [probability, t] = [probabilities[i] as number, target[i] as number]
      return [
        String(i + 1),
        scores[i] as number,
        probability,
        t,
        probability - t,
        quantityText(graph.gradientOf(input)),
      ]
    }),
  )
  for (const [i, input] of inputs.entries()) {
    const expected = (probabilities[i] as number) - (target[i] as number)
    lab.check(`softmax with loss: gradient of score ${i + 1}`, Number(graph.gradientOf(input)), expected, 1e-14)
  }
  await lab.picture('softmax-with-loss', await graph.picture('Softmax with cross-entropy, target 2', loss, 'loss'))
}
