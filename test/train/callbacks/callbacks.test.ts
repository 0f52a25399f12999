// EarlyStopping, ReduceLROnPlateau, ModelCheckpoint, NaNGuard: what they do to a run.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { native } from '../../../src/kernels/native/index.js'
import { reference } from '../../../src/kernels/reference/backend.js'
import { Linear } from '../../../src/layers/linear.js'
import { ReLU } from '../../../src/layers/relu.js'
import { loadModel } from '../../../src/load-model.js'
import { crossEntropy } from '../../../src/losses/cross-entropy.js'
import { Adam } from '../../../src/optim/adam.js'
import { SGD } from '../../../src/optim/sgd.js'
import { plateau } from '../../../src/schedules/plateau.js'
import { type Schedule, scheduleAt } from '../../../src/schedules/schedule.js'
import { warmUp } from '../../../src/schedules/warm-up.js'
import { Sequential } from '../../../src/sequential.js'
import type { Callback } from '../../../src/train/callback.js'
import { EarlyStopping } from '../../../src/train/callbacks/early-stopping.js'
import { ModelCheckpoint } from '../../../src/train/callbacks/model-checkpoint.js'
import { NaNGuard } from '../../../src/train/callbacks/nan-guard.js'
import { ReduceLROnPlateau } from '../../../src/train/callbacks/reduce-lr-on-plateau.js'
import type { EpochLogs } from '../../../src/train/history.js'
import type { FitOptions } from '../../../src/train/options.js'
import { weightBits } from '../../model/models.js'
import { toyData } from '../../model/toy-graph.js'
import { hasNative } from '../../setup/backend.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-callbacks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const backend = hasNative ? native({ threads: 2 }) : reference()
const { x, y } = toyData(200, 12, 4)
const validationData = toyData(60, 12, 4)
const newModel = () => new Sequential([new Linear(12, 16), new ReLU(), new Linear(4)], { seed: 3, backend })
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 8,
  batchSize: 20,
  optimizer: new SGD({ lr: 0.1 }),
  loss: crossEntropy(),
  validationData,
  ...more,
})

/** Changes what validation says, so that a test decides which epoch is the best. */
const script = (values: readonly number[]): Callback => ({
  onEpochEnd: (epoch, logs) => void Object.assign(logs, { valLoss: values[epoch] }),
})

describe('EarlyStopping', () => {
  it('stops after `patience` epochs that are no better, and goes back to the best', async () => {
    const model = newModel()
    const early = new EarlyStopping({ patience: 2 })
    const bits: string[] = []
    const note = { onEpochEnd: () => void bits.push(weightBits(model)) }
    const history = await model.fit(x, y, options({ callbacks: [script([3, 1, 2, 1, 0]), note, early] }))
    expect(history.epochs).toBe(4)
    expect(history.stopped).toBe(true)
    expect(history.stopReason).toBe('EarlyStopping: no better than 1 of epoch 2 for 2 epochs')
    expect([early.bestEpoch, early.best]).toEqual([1, 1])
    expect(weightBits(model)).toBe(bits[1])
  })

  it('restores the best also where it did not stop, and not where it must not', async () => {
    for (const restoreBest of [true, false]) {
      const model = newModel()
      const bits: string[] = []
      const note = { onEpochEnd: () => void bits.push(weightBits(model)) }
      const early = new EarlyStopping({ patience: 9, restoreBest })
      const history = await model.fit(x, y, options({ callbacks: [script([3, 1, 2, 1, 4, 5, 6, 7]), note, early] }))
      expect(history.stopped).toBe(false)
      expect(bits.indexOf(weightBits(model))).toBe(restoreBest ? 1 : 7)
    }
  })

  it('counts a gain up to minDelta as none, follows mode, and watches the training loss without validation', async () => {
    const slow = new EarlyStopping({ patience: 2, minDelta: 0.5 })
    expect((await newModel().fit(x, y, options({ callbacks: [script([3, 2.6, 2.5, 1]), slow] }))).epochs).toBe(3)
    const highest = new EarlyStopping({ patience: 1, monitor: 'valLoss', mode: 'max' })
    expect((await newModel().fit(x, y, options({ callbacks: [script([1, 2, 3, 2]), highest] }))).epochs).toBe(4)
    const { validationData: _, ...without } = options()
    const early = new EarlyStopping()
    const history = await newModel().fit(x, y, { ...without, callbacks: [early] })
    expect(early.best).toBe(Math.min(...history.loss))
  })

  it('says which figures there are where it finds none of that name', async () => {
    const early = new EarlyStopping({ monitor: 'valAcuracy' })
    await expect(newModel().fit(x, y, options({ callbacks: [early] }))).rejects.toThrow(
      /EarlyStopping: monitor is "valAcuracy", but an epoch has loss, accuracy, valLoss, valAccuracy/,
    )
    expect(() => new EarlyStopping({ patience: 0 })).toThrow(/patience is 0/)
  })
})

it('ReduceLROnPlateau multiplies the rate, waits through its cooldown and keeps to the least', async () => {
  const reduce = new ReduceLROnPlateau({ patience: 1, factor: 0.5, cooldown: 1, least: 0.3 })
  const rates: number[] = []
  const note = { onEpochEnd: (_: number, { lr }: EpochLogs) => void rates.push(lr) }
  const callbacks = [script([2, 3, 3, 3, 3, 3, 3, 3]), note, reduce]
  await newModel().fit(x, y, options({ callbacks }))
  // Halved after epoch 2; epoch 3 cools down; then the least.
  expect(rates.map((rate) => Number(rate.toFixed(4)))).toEqual([0.1, 0.1, 0.05, 0.03, 0.03, 0.03, 0.03, 0.03])
})

it('plateau as a learning rate does the same, also after a warm-up and from JSON', async () => {
  const rule = { patience: 1, factor: 0.5, cooldown: 1, least: 0.3 }
  const ratesOf = async (lr: number | Schedule, more: readonly Callback[] = []): Promise<readonly number[]> => {
    const callbacks = [script([2, 3, 3, 3, 3, 3, 3, 3]), ...more]
    return (await newModel().fit(x, y, options({ optimizer: new SGD({ lr }), callbacks }))).lr
  }
  const expected = await ratesOf(0.1, [new ReduceLROnPlateau(rule)])
  expect(await ratesOf(plateau({ from: 0.1, ...rule }))).toEqual(expected)
  expect(await ratesOf(JSON.parse(JSON.stringify(plateau({ from: 0.1, ...rule }))))).toEqual(expected)
  expect(await ratesOf(warmUp(5, plateau({ from: 0.1, ...rule })))).toEqual(expected)
  expect(scheduleAt(plateau({ from: 0.1 }), 1000)).toBe(0.1)
  expect(() => plateau({ from: 0.1, factor: 2 })).toThrow(/plateau: factor is 2/)
})

it('threads of one fit change nothing but the speed', async () => {
  const trained = async (threads: number): Promise<string> => {
    const model = newModel()
    await model.fit(x, y, options({ threads }))
    return weightBits(model)
  }
  const all = await Promise.all((hasNative ? [1, 2, 4] : [1]).map(trained))
  expect(new Set(all).size).toBe(1)
  const wrong = { code: 'ERR_ARGUMENT', message: expect.stringContaining('threads is 0') }
  await expect(trained(0)).rejects.toMatchObject(wrong)
  const fit = new Sequential([new Linear(12, 4)], { backend: reference() }).fit(x, y, options({ threads: 2 }))
  await expect(fit).rejects.toThrow(/the reference backend has one thread/)
})

it('a rate factor of 1 / 2 is half the rate, to the bit, weight decay of AdamW left out', async () => {
  const halved = newModel()
  const callback: Callback = {
    onTrainBegin: (run) => {
      run.lrFactor = 0.5
    },
  }
  await halved.fit(x, y, options({ optimizer: new Adam({ lr: 0.02 }), callbacks: [callback] }))
  const half = newModel()
  await half.fit(x, y, options({ optimizer: new Adam({ lr: 0.01 }) }))
  expect(weightBits(halved)).toBe(weightBits(half))
})

it('ModelCheckpoint keeps the best, the last or all', async () => {
  const path = (name: string): string => join(folder, name)
  const model = newModel()
  const bits: string[] = []
  const note = { onEpochEnd: () => void bits.push(weightBits(model)) }
  const callbacks = [
    script([3, 1, 2, 1, 4, 5, 6, 7]),
    note,
    new ModelCheckpoint(path('best.safetensors')),
    new ModelCheckpoint(path('last.safetensors'), { keep: 'last', every: 3 }),
    new ModelCheckpoint(path('epoch{epoch}.safetensors'), { keep: 'all', every: 4 }),
  ]
  await model.fit(x, y, options({ callbacks }))
  const saved = async (name: string) => bits.indexOf(weightBits(await loadModel(path(name), { backend })))
  expect(readdirSync(folder).sort()).toEqual([
    'best.safetensors',
    'epoch4.safetensors',
    'epoch8.safetensors',
    'last.safetensors',
  ])
  expect(await Promise.all(readdirSync(folder).sort().map(saved))).toEqual([1, 3, 7, 5])
  expect(() => new ModelCheckpoint('m.safetensors', { keep: 'all' })).toThrow(/\{epoch\}/)
})

describe('NaNGuard', () => {
  it('goes back and on with a smaller rate, where training fails without it', async () => {
    const hot = () => new SGD({ lr: 1e4 })
    await expect(newModel().fit(x, y, options({ optimizer: hot() }))).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' })
    const warned: string[] = []
    const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warned.push(String(warning)))
    const guard = new NaNGuard({ factor: 1e-3, retries: 3, every: 10 })
    const history = await newModel().fit(x, y, options({ optimizer: hot(), callbacks: [guard] }))
    spy.mockRestore()
    expect(history.epochs).toBe(8)
    expect(history.loss.every(Number.isFinite)).toBe(true)
    expect(warned[0]).toMatch(/NaNGuard goes back to step \d+ with 0.001 times the learning rate \(1 of 3 times\)/)
  })

  it('gives up after its retries', async () => {
    const spy = vi
      .spyOn(process, 'emitWarning')
      .mockReset()
      .mockImplementation(() => undefined)
    const guard = new NaNGuard({ factor: 0.999, retries: 2 })
    const fit = newModel().fit(x, y, options({ optimizer: new SGD({ lr: 1e30 }), callbacks: [guard] }))
    await expect(fit).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' })
    expect(spy).toHaveBeenCalledTimes(2)
    spy.mockRestore()
  })
})
