// model.steps(), pause and resume, validationSplit, initialEpoch: other ways through the same training.

import { describe, expect, it, vi } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { trainValidationSplit } from '../../src/data/split.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { cosine } from '../../src/schedules/cosine.js'
import { Sequential } from '../../src/sequential.js'
import type { Callback, StepLogs } from '../../src/train/callback.js'
import type { HealthReport } from '../../src/train/health-report.js'
import type { FitOptions } from '../../src/train/options.js'
import type { Snapshot } from '../../src/train/snapshot.js'
import { weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { hasNative } from '../setup/backend.js'

const backends: (readonly [string, Backend])[] = [['reference', reference()]]
if (hasNative) backends.push(['native', native({ threads: 2 })])
const { x, y } = toyData(90, 12, 4)

describe.each(backends)('%s', (_, backend) => {
  const newModel = () =>
    new Sequential([new Linear(12, 8), new ReLU(), new Dropout(0.2), new Linear(4)], { seed: 1, backend })
  const options = (more: Partial<FitOptions> = {}): FitOptions => ({
    epochs: 3,
    batchSize: 20,
    optimizer: new Adam({ lr: cosine({ from: 0.05 }) }),
    loss: crossEntropy(),
    ...more,
  })

  it('steps() trains as fit does, to the bit, one step for each turn of the loop', async () => {
    const [fitted, stepped] = [newModel(), newModel()]
    const expected = await fitted.fit(x, y, options())
    const seen: StepLogs[] = []
    const training = stepped.steps(x, y, options())
    let next = await training.next()
    for (; !next.done; next = await training.next()) {
      seen.push(next.value)
      expect(stepped.predict(x).shape).toEqual([90, 4])
    }
    expect(weightBits(stepped)).toBe(weightBits(fitted))
    expect(next.value.loss).toEqual(expected.loss)
    expect(seen.map(({ epoch, step, samples }) => [epoch, step, samples].join())).toEqual(
      [0, 1, 2].flatMap((epoch) => [20, 20, 20, 20, 10].map((samples, step) => [epoch, step, samples].join())),
    )
    const mean = seen.slice(0, 5).reduce((sum, { loss, samples }) => sum + loss * samples, 0) / 90
    expect(mean).toBeCloseTo(expected.loss[0] as number, 12)
    expect(seen[14]?.lr).toBe(expected.lr[2])
  })

  it('leaving the loop ends training there, and a throw in it as well', async () => {
    const model = newModel()
    let steps = 0
    for await (const { step } of model.steps(x, y, options())) {
      steps++
      if (step === 2) break
    }
    expect(steps).toBe(3)
    const throwing = async (): Promise<void> => {
      for await (const _step of model.steps(x, y, options())) throw new Error('from the loop')
    }
    await expect(throwing()).rejects.toThrow('from the loop')
    // It is free again.
    await model.fit(x, y, options({ epochs: 1 }))
  })

  it('steps() rejects as fit does', async () => {
    const training = newModel().steps(x, y, options({ optimizer: new SGD({ lr: 1e30 }) }))
    const run = async (): Promise<void> => {
      for await (const _step of training);
    }
    await expect(run()).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' })
    await expect(
      newModel()
        .steps(x, y, options({ batchSize: 0 }))
        .next(),
    ).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('pause() holds training until resume(), with the same result', async () => {
    const [expected, model] = [newModel(), newModel()]
    await expected.fit(x, y, options())
    let progress = 0
    const fitting = model.fit(
      x,
      y,
      options({ callbacks: [{ onBatchEnd: () => void (++progress === 4 && model.pause()) }] }),
    )
    await vi.waitFor(() => expect(progress).toBe(4), 10_000)
    const held = weightBits(model)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(weightBits(model)).toBe(held)
    expect((await model.evaluate(x, y)).loss).toBeGreaterThan(0)
    model.resume()
    await fitting
    expect(progress).toBe(15)
    expect(weightBits(model)).toBe(weightBits(expected))
    expect(() => model.pause()).toThrow(/not being trained/)
  })

  it('an abort ends a paused training', async () => {
    const model = newModel()
    const controller = new AbortController()
    const fitting = model.fit(
      x,
      y,
      options({ signal: controller.signal, callbacks: [{ onTrainBegin: () => model.pause() }] }),
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    controller.abort()
    const history = await fitting
    expect([history.stopped, history.epochs, history.stopReason]).toEqual([true, 0, 'aborted by its signal'])
  })

  it('a training that has been stopped cannot be paused', async () => {
    const model = newModel()
    const controller = new AbortController()
    const stop = () => {
      controller.abort()
      model.pause()
    }
    const history = await model.fit(x, y, options({ signal: controller.signal, callbacks: [{ onBatchEnd: stop }] }))
    expect([history.stopped, history.stopReason]).toEqual([true, 'aborted by its signal'])
  })

  it('an abort after the last step stops nothing', async () => {
    const controller = new AbortController()
    const callbacks = [{ onTrainEnd: () => controller.abort() }]
    const history = await newModel().fit(x, y, options({ signal: controller.signal, callbacks }))
    expect([history.epochs, history.stopped, history.stopReason]).toEqual([3, false, undefined])
  })

  it('restore() between two steps goes on from the snapshot, also of another epoch', async () => {
    const expected = newModel()
    await expected.fit(x, y, options())
    for (const [from, to] of [
      [4, 2],
      [5, 3],
      [7, 4],
      [12, 1],
    ] as const) {
      const model = newModel()
      const seen: string[] = []
      let saved: Snapshot | undefined
      const callback: Callback = {
        onBatchEnd: ({ epoch, step }, run) => {
          seen.push([epoch, step].join())
          if (seen.length === to) saved = run.snapshot()
          if (seen.length === from) run.restore(saved as Snapshot)
        },
      }
      const history = await model.fit(x, y, options({ callbacks: [callback] }))
      const all = [0, 1, 2].flatMap((epoch) => [0, 1, 2, 3, 4].map((step) => [epoch, step].join()))
      expect(seen).toEqual([...all.slice(0, from), ...all.slice(to)])
      expect(weightBits(model), `from ${from} to ${to}`).toBe(weightBits(expected))
      expect(history.epochs).toBe(3)
    }
  })

  it('validationSplit keeps back what trainValidationSplit would', async () => {
    const [split, given] = [newModel(), newModel()]
    const history = await split.fit(x, y, options({ validationSplit: 0.3 }))
    const { train, validation } = trainValidationSplit(new Dataset(x, y), { share: 0.3, seed: 1 })
    const expected = await given.fit(train, options({ validationData: validation }))
    expect(weightBits(split)).toBe(weightBits(given))
    expect(history.valLoss).toEqual(expected.valLoss)
    const both = options({ validationSplit: 0.3, validationData: { x, y } })
    await expect(newModel().fit(x, y, both)).rejects.toThrow(
      /validationSplit is 0.3, expected none beside validationData/,
    )
    await expect(newModel().fit(x, y, options({ validationSplit: 1 }))).rejects.toThrow(/between 0 and 1/)
  })

  it('initialEpoch trains the rest, with the rates of the rest', async () => {
    const whole = await newModel().fit(x, y, options())
    const epochs: number[] = []
    const rest = await newModel().fit(
      x,
      y,
      options({ initialEpoch: 1, callbacks: [{ onEpochBegin: (epoch) => void epochs.push(epoch) }] }),
    )
    expect(epochs).toEqual([1, 2])
    expect(rest.lr).toEqual(whole.lr.slice(1))
    await expect(newModel().fit(x, y, options({ initialEpoch: 4 }))).rejects.toThrow(/initialEpoch is 4/)
  })

  it('health says how each epoch ended, and changes no bit', async () => {
    const [plain, watched] = [newModel(), newModel()]
    await plain.fit(x, y, options())
    const reports: (HealthReport | undefined)[] = []
    let before: Float32Array | undefined
    let step = 0
    const history = await watched.fit(x, y, {
      ...options({ health: true }),
      callbacks: [
        {
          // The parameters before the last step of the last epoch, by hand.
          onBatchEnd: () => {
            if (++step === 14) before = Float32Array.from(watched.params[0]?.data ?? [])
          },
          onEpochEnd: (_, logs) => void reports.push(logs.health),
        },
      ],
    })
    expect(weightBits(watched)).toBe(weightBits(plain))
    expect(reports.map((report) => report?.layers.map(({ layer }) => layer).join())).toEqual(
      [0, 1, 2].map(() => '0.Linear,1.ReLU,2.Dropout,3.Linear'),
    )
    expect(history.entries[2]?.health).toBe(reports[2])
    const weight = watched.params[0]?.data as Float32Array
    const size = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values))
    const updates = Array.from(weight, (value, i) => value - (before?.[i] as number))
    const [bias] = [watched.params[1]?.data as Float32Array]
    expect(size(bias)).toBeGreaterThan(0)
    expect(reports[2]?.layers[0]?.updateRatio).toBeGreaterThan(0)
    expect(reports[2]?.layers[0]?.updateRatio).toBeLessThan((2 * size(updates)) / size(before ?? []))
    expect(reports[2]?.layers[0]?.weightNorm).toBeCloseTo(Math.hypot(size(weight), size(bias)), 5)
    const unwatched = await newModel().fit(x, y, options())
    expect(unwatched.entries[0]).not.toHaveProperty('health')
  })
})
