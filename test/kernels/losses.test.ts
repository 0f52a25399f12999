// What losses and activations make of labels out of range, weights of 0, infinities and NaN, on every backend.

import { describe, expect, it } from 'vitest'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
const real = (values: readonly number[]): Tensor => new Tensor(Float32Array.from(values), [values.length])
const integers = (values: readonly number[]): Tensor => new Tensor(Int32Array.from(values), [values.length])
const empty = (length: number): Tensor => real(new Array<number>(length).fill(-77))
/** +0 and -0 alike. */
const valuesOf = (tensor: Tensor): number[] => Array.from(tensor.data, (value) => value + 0)
/** Long enough for whole vectors and a tail of every ISA, each element in every place. */
const spread = (values: readonly number[], length = 67): number[] =>
  Array.from({ length }, (_, i) => values[i % values.length] as number)

describe.each(testBackends())('$name', ({ kernels }) => {
  const rows = 3
  const classes = 19
  const n = rows * classes
  const logits = real(spread([0.5, -1, 2], n))
  const dlosses = real([1, 1, 1])
  /** Every kernel that reads labels for a loss, with these labels and weights; answers what it wrote for row 1. */
  const labelKernels = (labels: Tensor, weights: Tensor | undefined) => {
    const shape = { labels, weights, rows, classes }
    const row1 = (tensor: Tensor): number[] => valuesOf(tensor).slice(classes, 2 * classes)
    return {
      softmaxCrossEntropyForward: () => {
        const losses = empty(rows)
        kernels.softmaxCrossEntropyForward({ losses, probabilities: empty(n), logits, smoothing: 0.1, ...shape })
        return valuesOf(losses).slice(1, 2)
      },
      softmaxCrossEntropyBackward: () => {
        const dlogits = empty(n)
        kernels.softmaxCrossEntropyBackward({ dlogits, dlosses, probabilities: real(spread([0.1, nan], n)), ...shape })
        return row1(dlogits)
      },
      negativeLogLikelihoodForward: () => {
        const losses = empty(rows)
        kernels.negativeLogLikelihoodForward({ losses, logProbabilities: logits, ...shape })
        return valuesOf(losses).slice(1, 2)
      },
      negativeLogLikelihoodBackward: () => {
        const dlogProbabilities = empty(n)
        kernels.negativeLogLikelihoodBackward({ dlogProbabilities, dlosses, ...shape })
        return row1(dlogProbabilities)
      },
    }
  }

  it.each([-1, classes, 2 ** 31 - 1, -(2 ** 31)])('label %i fails, unless its weight is 0', (label) => {
    const labels = integers([0, label, 1])
    for (const weights of [undefined, real([0, 1, 1]), real([1, nan, 1])]) {
      for (const [name, run] of Object.entries(labelKernels(labels, weights))) {
        expect(run).toThrow(`${name}: labels[1] is ${label}, expected an integer from 0 below ${classes}`)
      }
    }
    for (const run of Object.values(labelKernels(labels, real([1, 0, 1])))) {
      expect(run().every((value) => value === 0)).toBe(true)
    }
  })

  it('sampleWeights refuses a label out of range, but not the one to ignore; without any left all weigh 0', () => {
    const weights = empty(3)
    const run = (labels: readonly number[], ignore?: number) => () =>
      kernels.sampleWeights({ weights, labels: integers(labels), rows, classes, ignore })
    expect(run([0, -1, 5])).toThrow('sampleWeights: labels[1] is -1, expected an integer from 0 below 19')
    expect(run([0, 3, 19], -1)).toThrow('sampleWeights: labels[2] is 19')
    run([0, -1, 5], -1)()
    expect(valuesOf(weights)).toEqual([1.5, 0, 1.5])
    run([4, 4, 4], 4)()
    expect(valuesOf(weights)).toEqual([0, 0, 0])
  })

  it('countCorrect leaves out the label to ignore, and counts 0 where none is left', () => {
    const [counts, scores] = [empty(1), real([1, 2, 4, 3, 5, 6])]
    const count = (labels: readonly number[], ignore?: number): number => {
      kernels.countCorrect({ counts, scores, labels: integers(labels), rows, classes: 2, ignore })
      return counts.data[0] as number
    }
    expect(count([1, 0, 0])).toBe(2)
    expect(count([1, -100, 0], -100)).toBe(1.5)
    expect(count([7, 7, 7], 7)).toBe(0)
    expect(() => count([1, -1, 0])).toThrow('countCorrect: labels[1] is -1')
  })

  it('softmax gives a logit of -infinity no share, its logarithm -infinity; a NaN stays in its row', () => {
    const x = real([...spread([0, -infinity], classes), ...spread([nan, 1], classes), ...spread([3], classes)])
    const y = empty(n)
    kernels.softmaxForward({ y, x, rows, cols: classes })
    expect(valuesOf(y).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
      ...spread([0.1, 0], classes),
      ...spread([nan], classes),
      ...spread([0.052632], classes),
    ])
    kernels.logSoftmaxForward({ y, x, rows, cols: classes })
    expect(valuesOf(y).map((value) => Math.round(value * 10))).toEqual([
      ...spread([-23, -infinity], classes),
      ...spread([nan], classes),
      ...spread([-29], classes),
    ])
  })

  it('activations keep NaN and have their limits', () => {
    const x = real(spread([nan, infinity, -infinity, 0, 3e38, -3e38]))
    const y = empty(67)
    kernels.tanhForward({ y, x, n: 67 })
    expect(valuesOf(y)).toEqual(spread([nan, 1, -1, 0, 1, -1]))
    kernels.eluForward({ y, x, n: 67, alpha: 2 })
    expect(valuesOf(y)).toEqual(spread([nan, infinity, -2, 0, Math.fround(3e38), -2]))
    kernels.leakyReluForward({ y, x, n: 67, slope: 0.5 })
    expect(valuesOf(y)).toEqual(spread([nan, infinity, -infinity, 0, Math.fround(3e38), -Math.fround(3e38) / 2]))
    // -infinity · 0 is NaN in both; all else has its limit.
    for (const kernel of ['geluForward', 'siluForward'] as const) {
      kernels[kernel]({ y, x, n: 67 })
      expect(valuesOf(y)).toEqual(spread([nan, infinity, nan, 0, Math.fround(3e38), 0]))
    }
    for (const kernel of ['geluBackward', 'siluBackward'] as const) {
      kernels[kernel]({ dx: y, dy: real(spread([2])), x: real(spread([nan, 100, -1000, 0])), n: 67 })
      expect(valuesOf(y)).toEqual(spread([nan, 2, 0, 1]))
    }
  })

  it('losses between numbers keep NaN, in its own row only', () => {
    const prediction = real([...spread([1], classes), ...spread([1, nan], classes), ...spread([1], classes)])
    const shape = { prediction, target: real(spread([0.5], n)), rows, cols: classes, delta: 1 }
    const { delta, ...plain } = shape
    const losses = empty(rows)
    const forward = {
      squaredError: () => kernels.squaredErrorForward({ losses, ...plain }),
      absoluteError: () => kernels.absoluteErrorForward({ losses, ...plain }),
      huber: () => kernels.huberForward({ losses, ...plain, delta }),
      binaryCrossEntropy: () => kernels.binaryCrossEntropyForward({ losses, ...plain }),
      klDivergence: () => kernels.klDivergenceForward({ losses, ...plain }),
      hinge: () => kernels.hingeForward({ losses, ...plain }),
    }
    for (const [name, run] of Object.entries(forward)) {
      run()
      expect([name, ...valuesOf(losses).map(Number.isNaN)]).toEqual([name, false, true, false])
    }
    const dprediction = empty(n)
    const backward = {
      squaredError: () => kernels.squaredErrorBackward({ dprediction, dlosses, ...plain }),
      absoluteError: () => kernels.absoluteErrorBackward({ dprediction, dlosses, ...plain }),
      huber: () => kernels.huberBackward({ dprediction, dlosses, ...plain, delta }),
      binaryCrossEntropy: () => kernels.binaryCrossEntropyBackward({ dprediction, dlosses, ...plain }),
    }
    for (const [name, run] of Object.entries(backward)) {
      run()
      const wrong = valuesOf(dprediction).findIndex(
        (value, i) => Number.isNaN(value) !== Number.isNaN(prediction.data[i]),
      )
      expect([name, wrong]).toEqual([name, -1])
    }
  })

  it('targets of 0 add nothing to the divergence, whatever the logarithm of their probability', () => {
    const losses = empty(1)
    const [prediction, target] = [real(spread([-infinity, 0], classes)), real(spread([0, 1], classes))]
    kernels.klDivergenceForward({ losses, prediction, target, rows: 1, cols: classes })
    expect(valuesOf(losses)).toEqual([0])
  })

  it('binary cross-entropy of huge logits does not overflow', () => {
    const [losses, prediction, target] = [empty(1), real([3e38, -3e38, 200, -200]), real([1, 0, 0, 1])]
    kernels.binaryCrossEntropyForward({ losses, prediction, target, rows: 1, cols: 4 })
    expect(valuesOf(losses)).toEqual([400])
  })
})
