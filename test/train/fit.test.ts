// fit as a user meets it: history, callbacks, stopping, waiting, and what bad input is answered.

import { describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { spiral } from '../../src/data/spiral.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import type { FitOptions } from '../../src/train/options.js'
import { weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { hasNative } from '../setup/backend.js'
import { trainingPlan } from './training-plan.js'

const backends: (readonly [string, Backend])[] = [['reference', reference()]]
if (hasNative) backends.push(['native', native()])

const { x, y } = toyData(90, 12, 4)
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 3,
  batchSize: 20,
  optimizer: new SGD({ lr: 0.1 }),
  loss: crossEntropy(),
  ...more,
})

describe.each(backends)('%s', (_, backend) => {
  const model = (outputs = 4) =>
    new Sequential([new Linear(12, 8), new ReLU(), new Linear(outputs)], { seed: 1, backend })

  it('fills the history and calls the callbacks in order', async () => {
    const calls: string[] = []
    const note = (text: string) => () => void calls.push(text)
    const history = await model().fit(x, y, {
      ...options({ epochs: 2, validationData: { x, y } }),
      callbacks: [
        {
          onTrainBegin: note('begin'),
          onEpochBegin: (epoch) => void calls.push(`epoch ${epoch}`),
          onEpochEnd: (epoch, logs) => void calls.push(`end ${epoch} ${Object.keys(logs).join()}`),
          onTrainEnd: note('end'),
        },
      ],
    })
    const keys = 'loss,accuracy,valLoss,valAccuracy,seconds,samplesPerSecond'
    expect(calls).toEqual(['begin', 'epoch 0', `end 0 ${keys}`, 'epoch 1', `end 1 ${keys}`, 'end'])
    expect(history.epochs).toBe(2)
    expect(history.loss[1]).toBeLessThan(history.loss[0] as number)
    expect(history.valAccuracy).toHaveLength(2)
    expect(history.stopped).toBe(false)
  })

  it('learns the spiral', async () => {
    const data = spiral({ seed: 1 })
    const layers = [new Linear(2, 64), new ReLU(), new Linear(64, 64), new ReLU(), new Linear(64, 3)]
    const net = new Sequential(layers, { seed: 1, backend })
    await net.fit(data, options({ epochs: 120, batchSize: 30, optimizer: new SGD({ lr: 0.5 }) }))
    expect((await net.evaluate(data)).accuracy).toBeGreaterThan(0.95)
  }, 60_000)

  it('training on goes on: two calls of two epochs are four epochs without shuffling', async () => {
    const [once, twice] = [model(), model()]
    await once.fit(x, y, options({ epochs: 4, shuffle: false }))
    const optimizer = new SGD({ lr: 0.1 })
    await twice.fit(x, y, options({ epochs: 2, shuffle: false, optimizer }))
    await twice.fit(x, y, options({ epochs: 2, shuffle: false, optimizer }))
    expect(weightBits(twice)).toBe(weightBits(once))
    expect(optimizer.steps).toBe(20)
  })

  it('an abort ends training at a whole step, with the history so far', async () => {
    const controller = new AbortController()
    const optimizer = new SGD({ lr: 0.1 })
    const stopped = model()
    const history = await stopped.fit(x, y, {
      ...options({ epochs: 1000, shuffle: false, optimizer, signal: controller.signal }),
      callbacks: [{ onEpochEnd: (epoch) => (epoch === 2 ? controller.abort() : undefined) }],
    })
    expect(history).toMatchObject({ stopped: true, epochs: 3 })
    expect(optimizer.steps).toBe(15)
    const whole = model()
    await whole.fit(x, y, options({ epochs: 3, shuffle: false }))
    expect(weightBits(stopped)).toBe(weightBits(whole))
  })

  it('an abort in the middle of a job leaves whole steps only', async () => {
    const controller = new AbortController()
    const optimizer = new SGD({ lr: 0.1 })
    const stopped = model()
    const training = stopped.fit(x, y, options({ epochs: 1e6, shuffle: false, optimizer, signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 30))
    controller.abort()
    const history = await training
    expect(history.stopped).toBe(true)
    const whole = model()
    const { plan, table, steps } = trainingPlan(whole, new Dataset(x, y), 20)
    for (let done = 0; done < optimizer.steps; done += steps) {
      plan.runSync(table, Math.min(steps, optimizer.steps - done))
    }
    expect(weightBits(stopped)).toBe(weightBits(whole))
  })

  it('an aborted signal trains nothing', async () => {
    const net = model()
    net.predict(x)
    const before = weightBits(net)
    const history = await net.fit(x, y, options({ signal: AbortSignal.abort() }))
    expect(history).toMatchObject({ stopped: true, epochs: 0 })
    expect(weightBits(net)).toBe(before)
  })

  it('refuses a second fit, and serves predict and evaluate meanwhile', async () => {
    const net = model()
    const controller = new AbortController()
    const training = net.fit(x, y, options({ epochs: 1e6, signal: controller.signal }))
    await expect(net.fit(x, y, options())).rejects.toMatchObject({ code: 'ERR_STATE' })
    expect(() => net.forward(x)).toThrow('forward: this model is being trained')
    expect(() => net.backward(x)).toThrow('backward: this model is being trained')
    expect(net.predict(x).shape).toEqual([90, 4])
    expect((await net.evaluate(x, y)).accuracy).toBeGreaterThanOrEqual(0)
    controller.abort()
    expect((await training).stopped).toBe(true)
    await net.fit(x, y, options())
  })

  describe('bad input', () => {
    const rejects = async (promise: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
      await expect(promise).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    }
    it('a wrong input width', () =>
      rejects(
        model().fit(toyData(9, 7).x, y.slice(0, 9), options()),
        'ERR_SHAPE',
        /layer 0: Linear: expected one input of shape \(12,\), got \(7,\)/,
      ))
    it('another width after the first use', async () => {
      const net = model()
      await net.fit(x, y, options({ epochs: 1 }))
      await rejects(
        net.fit(toyData(9, 7).x, y.slice(0, 9), options()),
        'ERR_SHAPE',
        /takes samples of shape \(12,\), got \(7,\)/,
      )
    })
    it('a label that the model has no output for', () =>
      rejects(
        model(3).fit(x, y, options()),
        'ERR_LABEL',
        /Label 3 of sample \d+: the model has 3 outputs, so labels must be whole numbers from 0 to 2/,
      ))
    it('NaN in the data', async () => {
      const broken = x.toFloat32()
      broken[5 * 12 + 2] = Number.NaN
      await rejects(model().fit({ x: broken, y } as never, options()), 'ERR_SHAPE', /x has shape/)
      const rows = Array.from({ length: 90 }, (__, i) => [...broken.subarray(i * 12, i * 12 + 12)])
      await rejects(model().fit(rows, y, options()), 'ERR_NOT_FINITE', /sample 5/)
    })
    it('an empty data set', () => rejects(model().fit([], [], options()), 'ERR_DATA', /empty/))
    it('a batch size of 0', () =>
      rejects(
        model().fit(x, y, options({ batchSize: 0 })),
        'ERR_ARGUMENT',
        /batchSize is 0, expected a whole number from 1/,
      ))
    it('a layer of another model', async () => {
      const layer = new Linear(12, 4)
      await new Sequential([layer], { backend }).fit(x, y, options({ epochs: 1 }))
      const other = new Sequential([layer], { backend })
      await rejects(other.fit(x, y, options()), 'ERR_STATE', /'weight' \(12, 4\) belongs to another model/)
    })
    it('an unknown option', () =>
      rejects(model().fit(x, y, { ...options(), batchsize: 3 } as never), 'ERR_ARGUMENT', /unknown option 'batchsize'/))
    it('no loss', () =>
      rejects(
        model().fit(x, y, { optimizer: new SGD() } as never),
        'ERR_ARGUMENT',
        /loss is undefined, expected a loss such as/,
      ))
    it('a rate that makes the loss overflow: the sample, the step and the remedy are named', async () => {
      const net = model()
      const failing = net.fit(x, y, options({ optimizer: new SGD({ lr: 1e38 }) }))
      await rejects(
        failing,
        'ERR_NOT_FINITE',
        /stopped in epoch 1, step \d+: .*expected a finite number.*learning rate/,
      )
      expect(net.params.every(({ data }) => data.every(Number.isFinite))).toBe(true)
      await net.evaluate(x, y)
    })
  })
})
