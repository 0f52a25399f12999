// Overfitting on 300 digits, and what dropout does against it: the library's, and the book's.

import { Dropout } from '../layers/dropout.js'
import { Layer } from '../layers/layer.js'
import type { Node } from '../layers/node.js'
import { SGD } from '../optim/sgd.js'
import type { Tensor } from '../tensor/tensor.js'
import { type AccuracyGap, accuracyPanels, gapAt } from './accuracy-gap.js'
import { accuracyCurves, accuracyText } from './curves.js'
import type { Experiment, Lab } from './experiment.js'
import { hundreds, multiLayerPerceptron } from './networks.js'

const ratio = 0.2

/** y = factor · x. */
class Scale extends Layer {
  readonly #factor: number

  constructor(factor: number) {
    super()
    this.#factor = factor
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    return [this.#scale(node, x)]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    return [this.#scale(node, dy)]
  }

  #scale(node: Node, x: Tensor): Tensor {
    const y = node.empty(x.shape)
    node.kernels.scale({ y, x, n: x.size, alpha: this.#factor })
    return y
  }
}

/**
 * The library's dropout divides by 1 - ratio while it trains; the book's multiplies by 1 - ratio when it is done. Both
 * times the book's output is 1 - ratio times the library's.
 */
const variants: readonly { readonly name: string; readonly behindReLU?: () => readonly Layer[] }[] = [
  { name: 'without dropout' },
  { name: `dropout ${ratio}`, behindReLU: () => [new Dropout(ratio)] },
  { name: `dropout ${ratio}, the book's`, behindReLU: () => [new Dropout(ratio), new Scale(1 - ratio)] },
]

export const dropout: Experiment = {
  name: 'dropout',
  title: 'a network with many parameters on 300 digits, without and with dropout',
  rows: [37],
  takes: '20 s',
  async run(lab) {
    const digits = await lab.digits()
    const train = digits.train.slice(0, 300)
    // The notes stop after 301 epochs, when dropout is still learning.
    const [first, epochs, test] = lab.quick ? [28, 84, digits.test.slice(0, 1000)] : [301, 1204, digits.test]
    lab.print(`784-100×6-10 on 300 digits, SGD with lr 0.01, batches of 100, ${epochs} epochs\n`)
    const runs = []
    for (const { name, behindReLU } of variants) {
      const model = multiLayerPerceptron(lab, { hidden: hundreds(6), ...(behindReLU && { behindReLU }) })
      const curves = await accuracyCurves(lab, model, {
        train,
        test,
        epochs,
        every: first / 7,
        batchSize: 100,
        optimizer: new SGD({ lr: 0.01 }),
        callbacks: [lab.progress(name, epochs)],
      })
      runs.push({ name, curves, first: gapAt(curves, first), last: gapAt(curves, epochs) })
    }
    const headings = ['training', 'test', 'gap']
    lab.table(
      [
        '',
        ...[first, epochs].flatMap((epoch) =>
          headings.map((heading, i) => (i === 0 ? `epoch ${epoch}: ${heading}` : heading)),
        ),
      ],
      runs.map(({ name, first, last }) => [
        name,
        ...[first, last].flatMap(({ trained, tested, gap }) => [trained, tested, gap].map(accuracyText)),
      ]),
    )
    lab.print('')
    const [plain, dropped, book] = runs as [(typeof runs)[0], (typeof runs)[0], (typeof runs)[0]]
    report(lab, first, plain, dropped, book)
    const title = 'Dropout: accuracy on 300 training digits and on the test digits'
    const subtitle = `784-100×6-10, He weights, SGD lr 0.01, batch 100, seed ${lab.seed}`
    const svg = await accuracyPanels(title, subtitle, runs)
    await lab.picture('accuracy', svg)
  },
}

interface Run {
  readonly first: AccuracyGap
  readonly last: AccuracyGap
}

/** `epochs`: at which the first figures were taken. */
function report(lab: Lab, epochs: number, plain: Run, dropped: Run, book: Run): void {
  if (lab.quick) {
    lab.print(
      'The figures of the notes are those after 301 epochs, which only the whole run makes; none is judged here.',
    )
    return
  }
  // Test accuracy without dropout, seeds 1 to 12: 0.750 to 0.781 at epoch 301.
  lab.check('without: test accuracy', plain.first.tested, 0.765, 0.03)
  lab.claim(
    `with the book's it is still learning after ${epochs} epochs: training accuracy below 0.9`,
    book.first.trained < 0.9,
  )
  // Mean and three standard deviations (0.028) of seeds 1 to 4.
  lab.check('  and the gap is narrower, by', plain.first.gap - book.first.gap, 0.107, 0.085)
  lab.claim(
    'in the end all know the training digits by heart',
    [plain, dropped, book].every(({ last }) => last.trained > 0.99),
  )
  // Mean and three standard deviations (0.011) of seeds 1 to 12.
  lab.check("  and with the library's the gap is narrower, by", plain.last.gap - dropped.last.gap, 0.014, 0.033)
  lab.print(
    "Both drop the same. The book's makes everything smaller that follows while it trains, which slows six layers down:\n" +
      'most of what its picture shows is a network that has learned less. What remains in the end is a point or two.',
  )
}
