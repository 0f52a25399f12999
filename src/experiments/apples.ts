// Buying apples and oranges: the book's first computational graphs, forward and backward.

import { AddLayer, MulLayer } from '../book/index.js'
import type { Experiment, Lab } from './experiment.js'
import { type GraphValue, type Quantity, ValueGraph } from './value-graph.js'

/** One figure as the notes print it, and as NumPy's float64 has it to the last bit. */
type Expected = readonly [notes: number, float64: number]

export const apples: Experiment = {
  name: 'apples',
  title: 'buying apples and oranges: a computational graph, forward and backward',
  rows: [5, 6, 7, 8, 98],
  takes: '1 s',
  async run(lab) {
    lab.print('2 apples for 100 each, 10 % tax')
    await buyApples(lab)
    lab.print('\n2 apples for 100 and 3 oranges for 150 each, 10 % tax')
    await buyApplesAndOranges(lab)
  },
}

async function buyApples(lab: Lab): Promise<void> {
  const graph = new ValueGraph()
  const apple = graph.input('apple', 100)
  const number = graph.input('number', 2)
  const tax = graph.input('tax', 1.1)
  const applePrice = graph.apply('×', new MulLayer(), apple, number)
  const price = graph.apply('×', new MulLayer(), applePrice, tax)
  graph.backward(price)
  report(lab, [
    ['price', price.value, [220, 220.00000000000003]],
    ['dApple', graph.gradientOf(apple), [2.2, 2.2]],
    ['dNumber', graph.gradientOf(number), [110, 110.00000000000001]],
    ['dTax', graph.gradientOf(tax), [200, 200]],
  ])
  await lab.picture('one-fruit', await graph.picture('Buying apples', price, 'price'))
}

async function buyApplesAndOranges(lab: Lab): Promise<void> {
  const graph = new ValueGraph()
  const appleNumber = graph.input('number\nof apples', 2)
  const apple = graph.input('apple', 100)
  const orange = graph.input('orange', 150)
  const orangeNumber = graph.input('number\nof oranges', 3)
  const tax = graph.input('tax', 1.1)
  const applePrice = graph.apply('×', new MulLayer(), apple, appleNumber)
  const orangePrice = graph.apply('×', new MulLayer(), orange, orangeNumber)
  const allPrice = graph.apply('+', new AddLayer(), applePrice, orangePrice)
  const price = graph.apply('×', new MulLayer(), allPrice, tax)
  graph.backward(price)
  const gradient = (value: GraphValue) => graph.gradientOf(value)
  report(lab, [
    ['price', price.value, [715, 715.0000000000001]],
    ['dApple', gradient(apple), [2.2, 2.2]],
    ['dAppleNumber', gradient(appleNumber), [110, 110.00000000000001]],
    ['dOrange', gradient(orange), [3.3, 3.3000000000000003]],
    ['dOrangeNumber', gradient(orangeNumber), [165, 165]],
    ['dApplePrice', gradient(applePrice), [1.1, 1.1]],
    ['dOrangePrice', gradient(orangePrice), [1.1, 1.1]],
    ['dAllPrice', gradient(allPrice), [1.1, 1.1]],
    ['dTax', gradient(tax), [650, 650]],
  ])
  await lab.picture('two-fruits', await graph.picture('Buying apples and oranges', price, 'price'))
}

function report(lab: Lab, figures: readonly (readonly [name: string, found: Quantity, expected: Expected])[]): void {
  lab.table(
    ['', 'found', 'notes'],
    figures.map(([name, found, [notes]]) => [name, String(found), String(notes)]),
  )
  const wrong = figures.filter(([, found, [, float64]]) => found !== float64).map(([name]) => name)
  lab.claim(
    `all ${figures.length} are right to the last bit${wrong.length > 0 ? `, but for ${wrong}` : ''}`,
    wrong.length === 0,
  )
}
