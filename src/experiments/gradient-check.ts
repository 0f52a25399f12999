// Gradient check: TwoLayerNet's gradients by backpropagation against central differences on three digits, in float64.

import { Affine, type Params, TwoLayerNet } from '../book/index.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { checkGradients } from '../model/check-gradients.js'
import { histogram } from '../report/histogram.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'
import { multiLayerPerceptron, twoLayerNet } from './networks.js'
import { smallDigits } from './small-digits.js'

/**
 * Mean differences of the notes' procedure, re-run in NumPy. Most of them is no error of either gradient: the notes' loss
 * has ln(y + 1e-7), whose gradient is not quite the y − t of backpropagation. Here both are of ln(y).
 */
const notes = { W1: 5e-10, b1: 3e-9, W2: 6e-9, b2: 1.4e-7 } as const
type Name = keyof typeof notes

/** Half the distance of the two points of a difference; the book's. */
const h = 1e-4

export const gradientCheck: Experiment = {
  name: 'gradient-check',
  title: 'backpropagation against numerical gradients on three digits, 784-50-10 in float64',
  rows: [66],
  takes: '10 s',
  async run(lab) {
    const { train } = await lab.digits()
    // The quick one sees the digits at a quarter of their resolution: the time goes with the square of the size.
    const x = smallDigits(train.x.slice(0, 3), lab.quick ? 4 : 1)
    const t = train.y.slice(0, 3)
    const network = new TwoLayerNet(x.shape[1] as number, lab.quick ? 20 : 50, 10, { seed: lab.seed, dtype: 'float64' })
    const exact = network.gradient(x, t)
    const numeric = network.numericalGradient(x, t)
    const kinks = kinkedWeights(network, x)
    const found = (Object.keys(notes) as Name[]).map((name) => {
      const [a, b] = [exact[name] as Tensor, numeric[name] as Tensor]
      return { name, size: a.size, ...compare(a, b, kinks[name]) }
    })
    lab.table(
      ['parameter', 'elements', 'mean difference', 'notes', 'at kinks', 'not close'],
      found.map(({ name, size, mean, atKinks, wrong }) => [
        name,
        size,
        mean.toExponential(1),
        notes[name].toExponential(1),
        atKinks,
        wrong,
      ]),
    )
    for (const { name, mean, wrong } of found) {
      lab.check(`${name}: elements that are not close (rtol 1e-5, atol 1e-8), kinks aside`, wrong, 0)
      lab.claim(
        `${name}: mean difference ${mean.toExponential(1)}, no more than the notes' ${notes[name].toExponential(1)}`,
        mean <= notes[name],
      )
    }
    await lab.picture('differences', await differencePicture(lab, network, exact, numeric))
    reportLibraryCheck(lab, train.x.slice(0, 3), t)
  },
}

/**
 * Where ReLU's kink lies between the two points of a difference: unit j of the hidden layer has a sum within h · |x| of
 * 0, so that moving the weight of an x, or the bias, takes it across.
 */
function kinkedWeights(network: TwoLayerNet, x: Tensor): Partial<Record<Name, (place: number) => boolean>> {
  const { W1, b1 } = network.params as { readonly W1: Tensor; readonly b1: Tensor }
  const sums = new Affine(W1, b1).forward(x)
  const [samples, inputs, hidden] = [x.shape[0] as number, x.shape[1] as number, b1.size]
  const crosses = (unit: number, moveOf: (sample: number) => number): boolean => {
    for (let n = 0; n < samples; n++) {
      if (Math.abs(sums.data[n * hidden + unit] as number) < h * moveOf(n)) return true
    }
    return false
  }
  return {
    W1: (place) => crosses(place % hidden, (n) => x.data[n * inputs + Math.floor(place / hidden)] as number),
    b1: (place) => crosses(place, () => 1),
  }
}

/** NumPy's allclose, element by element: |a − b| ≤ 1e-8 + 1e-5 |b|. */
function compare(a: Tensor, b: Tensor, isKink: (place: number) => boolean = () => false) {
  let [sum, atKinks, wrong] = [0, 0, 0]
  for (let i = 0; i < a.size; i++) {
    const [exact, numeric] = [a.data[i] as number, b.data[i] as number]
    const difference = Math.abs(exact - numeric)
    if (isKink(i)) {
      atKinks++
      continue
    }
    sum += difference
    if (!(difference <= 1e-8 + 1e-5 * Math.abs(numeric))) wrong++
  }
  return { mean: sum / (a.size - atKinks), atKinks, wrong }
}

function differencePicture(lab: Lab, { params }: TwoLayerNet, exact: Params, numeric: Params): Promise<string> {
  const sizes = [...(params.W1?.shape ?? []), params.b2?.size].join('-')
  return histogram({
    title: 'Backpropagation against central differences',
    subtitle: `${sizes} on three digits in float64, h = 1e-4, seed ${lab.seed}; gradients of 0 are exact and not shown`,
    panels: Object.keys(notes).map((name) => {
      const [a, b] = [exact[name] as Tensor, numeric[name] as Tensor]
      const differences = Array.from(a.data, (value, i) => Math.abs(value - (b.data[i] as number)))
      return { name, values: differences.filter((value) => value > 0).map(Math.log10) }
    }),
    columns: 2,
    range: [-16, -8],
    bins: 32,
    xLabel: 'log10 of the difference',
    yLabel: 'elements',
  })
}

/** The library's own check, which takes any model, samples large tensors and finds kinks by their slopes. */
function reportLibraryCheck(lab: Lab, x: Tensor, y: Tensor): void {
  const report = checkGradients(
    multiLayerPerceptron(lab, twoLayerNet),
    { x, y, loss: crossEntropy() },
    { seed: lab.seed },
  )
  lab.print(`\ncheckGradients(model, batch), float64, differences with h = 1e-5:\n${report}`)
  lab.claim('checkGradients finds every parameter right', report.ok)
}
