// The running average of the weights: against the same in JavaScript, and where the model holds it.

import { describe, expect, it } from 'vitest'
import { reference } from '../../src/kernels/reference/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import type { FitOptions } from '../../src/train/options.js'
import { averageDecay } from '../../src/train/updates.js'
import { trainingBackends, weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'

const data = toyData(30, 12, 4)
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 3,
  batchSize: 8,
  loss: crossEntropy(),
  optimizer: new SGD({ lr: 0.5 }),
  ...more,
})
const layers = () => [new Linear(12, 7), new ReLU(), new Linear(4)]
const valuesOf = (model: Sequential) => model.params.flatMap(({ data: values }) => Array.from(values))

it('keeps little at first, and never more than ema', () => {
  expect([0, 1, 89].map((t) => averageDecay(0.9, t))).toEqual([0.1, 2 / 11, 0.9])
  expect(averageDecay(0.9, 1e6)).toBe(0.9)
  expect(averageDecay(0.999, 90)).toBe(0.91)
})

describe('float64', () => {
  it.each([1, 3])('is d · average + (1 - d) · weights after each update of %d batches', async (accumulate) => {
    const make = () => new Sequential(layers(), { seed: 4, backend: reference({ dtype: 'float64' }) })
    const [averaged, plain] = [make(), make()]
    let average = valuesOf(plain)
    let updates = 0
    await plain.fit(data, {
      ...options({ accumulate }),
      callbacks: [
        {
          onBatchEnd: ({ step }) => {
            if ((step + 1) % accumulate !== 0 && step !== 3) return
            const d = Math.min(0.7, (1 + updates) / (10 + updates))
            updates++
            const weights = valuesOf(plain)
            average = average.map((value, i) => d * value + (1 - d) * (weights[i] as number))
          },
        },
      ],
    })
    expect(updates).toBe(3 * Math.ceil(4 / accumulate))
    await averaged.fit(data, options({ accumulate, ema: 0.7 }))
    valuesOf(averaged).forEach((value, i) => {
      expect(value).toBeCloseTo(average[i] as number, 13)
    })
    expect(Math.abs((average[0] as number) - (valuesOf(plain)[0] as number))).toBeGreaterThan(1e-4)
  })
})

describe.each(trainingBackends())('%s', (_, backend) => {
  const make = () => new Sequential(layers(), { seed: 4, backend })

  it('the model trains on its own weights; validation and onEpochEnd have the average', async () => {
    const [averaged, plain] = [make(), make()]
    const steps: string[] = []
    await plain.fit(data, {
      ...options(),
      callbacks: [{ onBatchEnd: () => void steps.push(weightBits(plain)) }],
    })
    const seen: string[] = []
    const held: string[] = []
    const evaluated: number[] = []
    const history = await averaged.fit(data, {
      ...options({ ema: 0.9, validationData: data }),
      callbacks: [
        {
          onBatchEnd: () => void seen.push(weightBits(averaged)),
          onEpochEnd: async (_epoch, logs, run) => {
            held.push(weightBits(averaged))
            const { parameters } = run.readWeights()
            expect(Array.from(parameters)).toEqual(Array.from(averaged.requireSealed().store.values))
            evaluated.push((await averaged.evaluate(data, { loss: crossEntropy(), batchSize: 8 })).loss)
            expect(evaluated.at(-1)).toBe(logs.valLoss)
          },
        },
      ],
    })
    expect(seen).toEqual(steps)
    expect(history.valLoss).toEqual(evaluated)
    expect(held.at(-1)).toBe(weightBits(averaged))
    expect(new Set([...held, ...steps]).size).toBe(3 + 12)
  })

  it('is there also where fit is stopped, and where it fails; the next fit begins from it', async () => {
    const ends: string[] = []
    const stopper = new AbortController()
    const stopped = make()
    const stop = { onBatchEnd: ({ step }: { step: number }) => (step === 1 ? stopper.abort() : undefined) }
    await stopped.fit(data, { ...options({ ema: 0.9, shuffle: false, signal: stopper.signal }), callbacks: [stop] })
    ends.push(weightBits(stopped))

    const failing = make()
    const throwing = {
      onBatchEnd: ({ step }: { step: number }) => {
        if (step === 1) throw new Error('enough')
      },
    }
    const fit = failing.fit(data, { ...options({ ema: 0.9, shuffle: false }), callbacks: [throwing] })
    await expect(fit).rejects.toThrow('enough')
    ends.push(weightBits(failing))

    const raw = make()
    await raw.fit({ x: data.x.slice(0, 16), y: data.y.slice(0, 16) }, options({ epochs: 1, shuffle: false }))
    expect(new Set(ends).size).toBe(1)
    expect(ends[0]).not.toBe(weightBits(raw))

    const whole = make()
    await whole.fit(
      { x: data.x.slice(0, 16), y: data.y.slice(0, 16) },
      options({ epochs: 1, shuffle: false, ema: 0.9 }),
    )
    expect(weightBits(whole)).toBe(ends[0])
    const next: string[] = []
    await whole.fit(data, {
      ...options({ ema: 0.9 }),
      callbacks: [{ onEpochBegin: () => void next.push(weightBits(whole)) }],
    })
    expect(next[0]).toBe(ends[0])
  })

  it('frozen layers stay as they are', async () => {
    const model = make()
    const first = model.requireSealed().graph.layers[0] as Linear
    first.freeze()
    const before = first.weight.value.data.join()
    await model.fit(data, options({ ema: 0.5 }))
    expect(first.weight.value.data.join()).toBe(before)
  })
})

it.each([0, 1, -0.5, '0.9'])('refuses ema %j', async (ema) => {
  const model = new Sequential(layers())
  await expect(model.fit(data, options({ ema: ema as number }))).rejects.toThrow(
    /fit: ema is .*, expected a number above 0, below 1, such as 0.999/,
  )
})
