// Accumulation of gradients: k batches of b move the model as one batch of k · b does.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Dropout } from '../../src/layers/dropout.js'
import type { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { cosine } from '../../src/schedules/cosine.js'
import { exponential } from '../../src/schedules/exponential.js'
import { Sequential } from '../../src/sequential.js'
import type { FitOptions } from '../../src/train/options.js'
import type { Snapshot } from '../../src/train/snapshot.js'
import { trainingBackends, weightBits } from '../model/models.js'
import { toyData, toyModel } from '../model/toy-graph.js'
import { eachBatch, updater } from './by-hand-batches.js'
import { trainingPlan } from './training-plan.js'

const data = toyData(37, 12, 4)
const layers = () => [new Linear(12, 9), new Sigmoid(), new Linear(4)]
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 3,
  batchSize: 4,
  loss: crossEntropy(),
  optimizer: new Adam({ lr: cosine({ from: 0.05, to: 0.001 }) }),
  ...more,
})

describe('float64', () => {
  it.each([2, 3, 4, 100])('%d batches are as one of so many times the samples', async (accumulate) => {
    const make = () => new Sequential(layers(), { seed: 4, backend: reference({ dtype: 'float64' }) })
    for (const more of [{}, { l2: 0.1, clipNorm: 0.3 }, { ema: 0.9 }]) {
      const [parts, whole] = [make(), make()]
      const [ofParts, ofWhole] = [options({ ...more, accumulate }), options({ ...more, batchSize: 4 * accumulate })]
      const [first, second] = [await parts.fit(data, ofParts), await whole.fit(data, ofWhole)]
      expect(ofParts.optimizer.steps).toBe(3 * Math.ceil(37 / (4 * accumulate)))
      expect(ofParts.optimizer.steps).toBe(ofWhole.optimizer.steps)
      expect(first.lr).toEqual(second.lr)
      parts.params.forEach(({ data: values }, i) => {
        values.forEach((value, j) => {
          expect(Math.abs(value - (whole.params[i]?.data[j] as number))).toBeLessThan(1e-12)
        })
      })
    }
  })
})

describe.each(trainingBackends())('%s', (_, backend) => {
  const make = () => new Sequential(layers(), { seed: 4, backend })

  it('is as one larger batch but for rounding', async () => {
    const [parts, whole] = [make(), make()]
    await parts.fit(data, options({ accumulate: 3, optimizer: new SGD({ lr: 0.3, momentum: 0.9 }) }))
    await whole.fit(data, options({ batchSize: 12, optimizer: new SGD({ lr: 0.3, momentum: 0.9 }) }))
    parts.params.forEach(({ data: values }, i) => {
      values.forEach((value, j) => {
        expect(Math.abs(value - (whole.params[i]?.data[j] as number))).toBeLessThan(1e-5)
      })
    })
    expect(weightBits(parts)).not.toBe(weightBits(whole))
  })

  it('gives the bits of the same by hand: Σ share · gradient', async () => {
    const [planned, hand] = [make(), make()]
    await planned.fit(data, options({ accumulate: 3, epochs: 1, shuffle: false, optimizer: new SGD({ lr: 0.3 }) }))
    hand.forward(data.x)
    const { kernels } = backend
    const zeros = () => hand.params.map(({ shape }) => kernels.empty(shape))
    let sums = zeros()
    for (const { data: sum } of sums) sum.fill(0)
    const optimizer = new SGD({ lr: 0.3 })
    const update = updater(hand, optimizer)
    // Batches of 4; groups of 12, 12, 12 and the last sample alone.
    let before = 0
    eachBatch(hand, data, 4, crossEntropy(), (rows) => {
      const group = before < 36 ? 12 : 1
      hand.grads.forEach((gradient, i) => {
        kernels.addScaled({ y: sums[i] as typeof gradient, x: gradient, n: gradient.size, alpha: rows / group })
      })
      before += rows
      if (before % 12 !== 0 && before !== 37) return
      update(sums)
      sums = zeros()
      for (const { data: sum } of sums) sum.fill(0)
    })
    expect(optimizer.steps).toBe(4)
    expect(weightBits(planned)).toBe(weightBits(hand))
  })

  it('accumulate 1 is no accumulation', async () => {
    const [one, none] = [make(), make()]
    await one.fit(data, options({ accumulate: 1 }))
    await none.fit(data, options())
    expect(weightBits(one)).toBe(weightBits(none))
  })

  it('each batch has the rate of its update', async () => {
    const rates: number[] = []
    const lr = exponential({ from: 0.1, gamma: 0.5 })
    const note = { onBatchEnd: ({ lr: rate }: { readonly lr: number }) => void rates.push(rate) }
    await make().fit(data, options({ accumulate: 4, epochs: 1, optimizer: new SGD({ lr }), callbacks: [note] }))
    expect(rates).toEqual([...Array(4).fill(0.1), ...Array(4).fill(0.05), ...Array(2).fill(0.025)])
  })

  it('dropout draws anew in each batch', async () => {
    const model = () => new Sequential([new Linear(12, 9), new Dropout(0.5), new Linear(4)], { seed: 4, backend })
    const train = async (accumulate: number) => {
      const trained = model()
      await trained.fit(data, options({ accumulate, epochs: 1, batchSize: 37 }))
      return weightBits(trained)
    }
    // One batch is one group, whatever its size may be.
    expect(await train(2)).toBe(await train(1))
    const twice = model()
    const steps: number[] = []
    await twice.fit(data, {
      ...options({ accumulate: 2, epochs: 1 }),
      callbacks: [{ onProgress: (_, run) => void steps.push(run.steps) }],
    })
    expect(steps.at(-1)).toBe(10)
  })

  it('stopped after any number of chunks, it leaves the model as its last whole update did', async () => {
    const toy = toyData(20)
    const train = (model: ReturnType<typeof toyModel>) =>
      trainingPlan(model, new Dataset(toy.x, toy.y), 4, backend, new SGD({ lr: 0.1, momentum: 0.9 }), {
        accumulate: 2,
        ema: 0.9,
        clipNorm: 0.1,
      })
    // Batches of 4: updates after 2, 4 and 5 of them.
    const updatesAfter = [0, 0, 1, 1, 2, 3]
    const states = updatesAfter.map((_, count) => {
      const model = toyModel({ seed: 2, backend })
      const { plan, table, memory } = train(model)
      expect(plan.runSync(table, count)).toMatchObject({ outcome: 'done', step: count })
      return `${weightBits(model)} ${memory.average?.join()}`
    })
    expect(new Set(states).size).toBe(4)
    const { plan, table, steps } = train(toyModel({ seed: 2, backend }))
    const { chunks } = plan.runSync(table, steps)
    const seen = new Set<number>()
    for (let budget = 0; budget <= chunks + 1; budget++) {
      const stopped = toyModel({ seed: 2, backend })
      const fresh = train(stopped)
      const run =
        budget % 2 === 0 ? fresh.plan.runSync(table, steps, budget) : await fresh.plan.run(table, steps, budget)
      expect(run.outcome).toBe(budget > chunks ? 'done' : 'stopped')
      expect(`${weightBits(stopped)} ${fresh.memory.average?.join()}`).toBe(states[run.step])
      seen.add(run.step)
    }
    expect([...seen]).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('a stop within a group discards its batches, and the next fit begins anew', async () => {
    const untouched = make()
    await untouched.fit(data, options({ accumulate: 5, shuffle: false, epochs: 1, optimizer: new SGD({ lr: 0.1 }) }))
    const model = make()
    const stopper = new AbortController()
    const optimizer = new SGD({ lr: 0.1 })
    const begin = weightBits(model)
    const history = await model.fit(data, {
      ...options({ accumulate: 5, shuffle: false, epochs: 1, optimizer, signal: stopper.signal }),
      callbacks: [{ onBatchEnd: ({ step }) => (step === 2 ? stopper.abort() : undefined) }],
    })
    expect(history.stopped).toBe(true)
    expect(weightBits(model)).toBe(begin)
    expect(optimizer.steps).toBe(0)
    await model.fit(data, options({ accumulate: 5, shuffle: false, epochs: 1, optimizer }))
    expect(weightBits(model)).toBe(weightBits(untouched))
  })

  it('snapshots taken within a group lead to the same bits', async () => {
    const more = { accumulate: 3, ema: 0.9, clipNorm: 0.2 }
    const whole = make()
    await whole.fit(data, options(more))
    const model = make()
    let saved: Snapshot | undefined
    let steps = 0
    await model.fit(data, {
      ...options(more),
      callbacks: [
        {
          onBatchEnd: (_, run) => {
            steps++
            if (steps === 5) saved = run.snapshot()
          },
          onEpochEnd: (epoch, _, run) => {
            if (epoch === 0 && saved !== undefined) run.restore(saved)
            saved = undefined
          },
        },
      ],
    })
    expect(steps).toBe(3 * 10 + 5)
    expect(weightBits(model)).toBe(weightBits(whole))
  })
})

describe('a run that was stopped within a group', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netwright-accumulate-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const make = () => new Sequential(layers(), { seed: 4 })
  const more = { accumulate: 3, ema: 0.9, clipNorm: 0.2 }

  it('resumes to the bits of an uninterrupted one', async () => {
    const whole = make()
    await whole.fit(data, options(more))
    for (const last of [0, 1, 2, 4, 9]) {
      const checkpoint = join(folder, `after-${last}.safetensors`)
      const stopper = new AbortController()
      const stop = {
        onBatchEnd: ({ step }: { readonly step: number }) => (step === last ? stopper.abort() : undefined),
      }
      // Callbacks must be as many as there were.
      const first = options({ ...more, checkpoint, signal: stopper.signal, callbacks: [stop] })
      expect((await make().fit(data, first)).stopped).toBe(true)
      const resumed = make()
      await resumed.fit(
        data,
        options({ ...more, checkpoint, resume: true, callbacks: [{ onBatchEnd: () => undefined }] }),
      )
      expect(weightBits(resumed)).toBe(weightBits(whole))
    }
  })

  it('is refused by another accumulation, average, limit or group', async () => {
    const checkpoint = join(folder, 'settings.safetensors')
    await make().fit(data, options({ ...more, checkpoint }))
    const resume = (other: Partial<FitOptions>) =>
      make().fit(data, options({ ...more, checkpoint, resume: true, epochs: 4, ...other }))
    await expect(resume({ accumulate: 2 })).rejects.toThrow(/accumulate is 2, the run that it belongs to had 3/)
    await expect(resume({ ema: 0.8 })).rejects.toThrow(/ema is 0.8, the run that it belongs to had 0.9/)
    await expect(resume({ clipNorm: 1 })).rejects.toThrow(/clipNorm is 1, the run that it belongs to had 0.2/)
    const model = make()
    const groups = [{ layers: model.layers[2] as Layer, lrFactor: 0.5 }]
    const grouped = options({ ...more, checkpoint, resume: true, epochs: 4, groups })
    await expect(model.fit(data, grouped)).rejects.toThrow(/groups is \[{"layers":\[2\],"lrFactor":0.5}\], the run/)
    const frozen = make()
    frozen.layers[0]?.freeze()
    const other = options({ ...more, checkpoint, resume: true, epochs: 4 })
    await expect(frozen.fit(data, other)).rejects.toThrow(/frozen is \[0\], the run that it belongs to had \[\]/)
  })
})

it.each([0, 1.5, '2'])('refuses accumulate %j', async (accumulate) => {
  const model = new Sequential(layers())
  const wrong = options({ accumulate: accumulate as number })
  await expect(model.fit(data, wrong)).rejects.toThrow(/fit: accumulate is .*, expected a whole number from 1/)
})
