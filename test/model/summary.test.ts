// What a model says of itself: summary, DOT, SVG.

import { describe, expect, it } from 'vitest'
import { Add } from '../../src/layers/add.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { input } from '../../src/layers/value.js'
import { Model } from '../../src/model.js'
import { Sequential } from '../../src/sequential.js'
import { failure } from '../failure.js'
import { graphNames, graphs } from './graphs.js'

function small(): Model {
  const x = input([2])
  const shared = new Linear(2, 2, { init: 1, biasInit: 'zeros' })
  const h = new ReLU().apply(shared.apply(x))
  return new Model(x, new Add().apply(shared.apply(h), h))
}

describe('summary', () => {
  it('row 99: is a table of layers, shapes, parameters and products, with totals', () => {
    const lines = small().summary({ batchSize: 10 }).split('\n')
    expect(lines[0]).toBe('Model(Linear, ReLU, Add)')
    expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual(
      expect.arrayContaining([
        '0.Linear (2,) 6 4',
        '1.ReLU (2,) 0 0',
        '2.Linear (2,) (6 shared) 4',
        '3.Add (2,) 0 0',
        '6 parameters (24 bytes as float32), 8 multiply-adds a sample forward, 2 inputs',
      ]),
    )
    expect(lines.at(-1)).toMatch(/^memory of a training step of 10: \d/)
  })

  it.each(graphNames)('of %s counts what the parameters have', (name) => {
    const { make, dataset } = graphs[name]
    const model = make({ seed: 1 })
    model.seal(dataset.sampleShapes)
    const total = model.parameters.reduce((sum, { size }) => sum + size, 0)
    expect(model.summary()).toContain(`\n${total.toLocaleString('en-US')} parameters`)
  })

  it('needs to know the shape of the samples, and a batch size', () => {
    expect(failure(() => new Sequential([new Linear(3)]).summary()).code).toBe('ERR_STATE')
    expect(failure(() => small().summary({ batchSize: 0 })).code).toBe('ERR_ARGUMENT')
    expect(failure(() => small().summary({ batch: 3 } as never)).message).toMatch(/unknown option 'batch'/)
  })
})

it('a Sequential is told the shape of its samples', () => {
  const model = new Sequential([new Conv2d(4, 3), new Flatten(), new Linear(10)], { inputShape: [1, 28, 28] })
  expect(model.summary()).toContain('27,090 parameters')
  expect(failure(() => new Sequential([new Conv2d(4, 3)], { inputShape: [1, 2, 28] })).message).toMatch(/does not fit/)
  expect(failure(() => new Sequential([new Conv2d(4, 3)], { inputShape: [0] })).code).toBe('ERR_ARGUMENT')
})

describe('pictures', () => {
  it('row 98 and row 99: toDOT names layers and shapes, and after a pass values and gradients', () => {
    const model = small()
    expect(model.toDOT()).toMatch(
      /digraph "Model" \{[\s\S]*layer0 \[label="0\.Linear", shape=box\][\s\S]*\[label="\(2,\)"\]/,
    )
    model.forward([[1, -2]])
    expect(model.toDOT()).toContain('input0 -> layer0 [label="1, -2"]')
    model.backward([[3, 0.5]])
    expect(model.toDOT()).toContain('∇ 3, 0.5')
  })

  it('row 98 and row 99: toSVG draws the same graph', async () => {
    const svg = await small().toSVG()
    expect(svg).toMatch(/^<svg /)
    for (const name of ['input', '0.Linear', '1.ReLU', '2.Linear', '3.Add', 'output'])
      expect(svg).toContain(`>${name}<`)
  })
})
