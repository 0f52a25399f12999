// fit as a user meets it: history, callbacks, stopping, waiting, and what bad input is answered.

import { describe, expect, it, vi } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { spiral } from '../../src/data/spiral.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import type { Node } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Softmax } from '../../src/layers/softmax.js'
import { binaryCrossEntropy } from '../../src/losses/binary-cross-entropy.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { SGD } from '../../src/optim/sgd.js'
import { exponential } from '../../src/schedules/exponential.js'
import { polynomial } from '../../src/schedules/polynomial.js'
import { step } from '../../src/schedules/step.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
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

  it('row 89: fills the history and calls the callbacks in order', async () => {
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
    const keys = 'loss,accuracy,valLoss,valAccuracy,seconds,samplesPerSecond,lr'
    expect(calls).toEqual(['begin', 'epoch 0', `end 0 ${keys}`, 'epoch 1', `end 1 ${keys}`, 'end'])
    expect(history.epochs).toBe(2)
    expect(history.loss[1]).toBeLessThan(history.loss[0] as number)
    expect(history.valAccuracy).toHaveLength(2)
    expect(history.stopped).toBe(false)
  })

  it('tells every callback of the error that it rejects with, whatever callbacks do then', async () => {
    const heard: unknown[] = []
    const failing = new Error('a callback failed')
    const fails = {
      onEpochEnd: () => {
        throw failing
      },
      onException: () => {
        throw new Error('and once more')
      },
      onTrainEnd: () => void heard.push('end'),
    }
    const callbacks = [fails, { onException: (error: unknown) => void heard.push(error) }]
    await expect(model().fit(x, y, options({ callbacks }))).rejects.toBe(failing)
    expect(heard).toEqual([failing])
  })

  it('reports the rate of the last step, and is paused by a callback', async () => {
    const rates: number[] = []
    let paused = false
    await model().fit(x, y, {
      ...options({ epochs: 1, optimizer: new SGD({ lr: exponential({ from: 0.5, gamma: 0.5 }) }) }),
      callbacks: [
        {
          onProgress: ({ lr }, run) => {
            expect(paused).toBe(false)
            rates.push(lr)
            paused = true
            run.pause()
            setTimeout(() => {
              paused = false
              run.resume()
            }, 20)
          },
          onBatchEnd: () => {},
        },
      ],
    })
    expect(rates).toEqual([0.5, 0.25, 0.125, 0.0625, 0.03125])
  })

  it('row 85: an epoch sees every sample once, in an order of its own, the ragged last batch included', async () => {
    // 25 samples in batches of 10; the label of sample i is in its only feature.
    const labels = Int32Array.from({ length: 25 }, (_, i) => i)
    const seen: number[][] = []
    class Watch extends Layer {
      compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        node.kernels.host((_, [rows]) => void seen.push(Array.from(rows?.data ?? [])), [], [x])
        return [x]
      }

      differentiate(_: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
        return [dy]
      }
    }
    const watched = new Sequential([new Watch(), new Linear(1, 25)], { seed: 1, backend })
    seen.length = 0
    await watched.fit(new Tensor(Float32Array.from(labels), [25, 1]), new Tensor(labels, [25]), {
      ...options({ epochs: 2, batchSize: 10, optimizer: new SGD({ lr: 1e-6 }) }),
    })
    expect(seen.map(({ length }) => length)).toEqual([10, 10, 5, 10, 10, 5])
    const epochs = [seen.slice(0, 3).flat(), seen.slice(3).flat()]
    for (const order of epochs) expect([...order].sort((a, b) => a - b)).toEqual([...labels])
    expect(epochs[0]).not.toEqual(epochs[1])
    expect(epochs[0]).not.toEqual([...labels])
  })

  it('learns the spiral', async () => {
    const data = spiral({ seed: 1 })
    const layers = [new Linear(2, 64), new ReLU(), new Linear(64, 64), new ReLU(), new Linear(64, 3)]
    const net = new Sequential(layers, { seed: 1, backend })
    await net.fit(data, options({ epochs: 120, batchSize: 30, optimizer: new SGD({ lr: 0.5 }) }))
    expect((await net.evaluate(data)).accuracy).toBeGreaterThan(0.95)
  }, 60_000)

  it('training on goes on: two calls of two epochs are four epochs', async () => {
    const [once, twice] = [model(), model()]
    await once.fit(x, y, options({ epochs: 4 }))
    const optimizer = new SGD({ lr: 0.1 })
    await twice.fit(x, y, options({ epochs: 2, optimizer }))
    await twice.fit(x, y, options({ epochs: 2, optimizer }))
    expect(weightBits(twice)).toBe(weightBits(once))
    expect(optimizer.steps).toBe(20)
  })

  it('the history has the rate of each epoch’s last step', async () => {
    // 5 steps an epoch.
    const constant = await model().fit(x, y, options())
    expect(constant.lr).toEqual([0.1, 0.1, 0.1])
    const optimizer = new SGD({ lr: step({ from: 0.1, every: 5, gamma: 0.5 }) })
    const stepped = model()
    expect((await stepped.fit(x, y, options({ optimizer }))).lr).toEqual([0.1, 0.05, 0.025])
    expect((await stepped.fit(x, y, options({ optimizer, epochs: 1 }))).lr).toEqual([0.0125])
  })

  it('a schedule that ends with the run begins anew in every fit', async () => {
    const optimizer = new SGD({ lr: polynomial({ from: 0.1 }), momentum: 0.9 })
    const net = model()
    const history = await net.fit(x, y, options({ optimizer, epochs: 2 }))
    expect(history.lr.map((rate) => rate.toFixed(6))).toEqual(['0.060000', '0.010000'])
    const again = await net.fit(x, y, options({ optimizer, epochs: 1 }))
    expect(again.lr.map((rate) => rate.toFixed(6))).toEqual(['0.020000'])
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

  it('counts the steps that were made before a host function throws', async () => {
    let calls = 0
    class Throwing extends Layer {
      compute(node: Node, [input]: readonly [Tensor]): readonly Tensor[] {
        node.kernels.host(
          () => {
            if (++calls === 3) throw new Error('from the layer')
          },
          [],
          [input],
        )
        return [input]
      }
      differentiate(_node: Node, [gradient]: readonly [Tensor]): readonly Tensor[] {
        return [gradient]
      }
    }
    const optimizer = new SGD({ lr: 0.1 })
    const net = new Sequential([new Linear(12, 4), new Throwing()], { seed: 1, backend })
    await expect(net.fit(x, y, options({ optimizer }))).rejects.toThrow('from the layer')
    expect(optimizer.steps).toBe(2)
  })

  it('waits for an asynchronous onProgress, and rejects with its error', async () => {
    const failing = model().fit(x, y, {
      ...options(),
      callbacks: [{ onProgress: () => Promise.reject(new Error('from the callback')) }],
    })
    await expect(failing).rejects.toThrow('from the callback')
  })

  it('a step that fails leaves the running statistics of the last whole one', async () => {
    const net = () => new Sequential([new BatchNorm(12), new Linear(4)], { seed: 1, backend })
    const [failing, whole] = [net(), net()]
    const given = options({ epochs: 1, shuffle: false, optimizer: new SGD({ lr: 1e38 }) })
    await expect(failing.fit(x, y, given)).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' })
    expect(given.optimizer.steps).toBe(1)
    await whole.fit(x.slice(0, 20), y.slice(0, 20), options({ epochs: 1, shuffle: false }))
    const statistics = (model: Sequential) => model.buffers.map(({ value }) => Array.from(value.data))
    expect(statistics(failing)).toEqual(statistics(whole))
    expect(statistics(whole)[0]?.every((mean) => mean === 0)).toBe(false)
  })

  it('l2 is part of the losses that fit reports, not of those of evaluate', async () => {
    const net = model()
    const optimizer = new SGD({ lr: 1e-12 })
    const history = await net.fit(
      x,
      y,
      options({ epochs: 1, batchSize: 90, l2: 0.5, optimizer, validationData: { x, y } }),
    )
    const squares = net.parameters
      .filter(({ decay }) => decay)
      .flatMap(({ value }) => Array.from(value.data))
      .reduce((sum, w) => sum + w * w, 0)
    const { loss } = await net.evaluate(x, y)
    expect(history.loss[0]).toBeCloseTo(loss + 0.25 * squares, 4)
    expect(history.valLoss[0]).toBeCloseTo(loss + 0.25 * squares, 4)
  })

  it('targets may be images: rows of any shape that the prediction has', async () => {
    const images = new Tensor(
      Float32Array.from({ length: 6 * 16 }, (_, i) => Math.sin(i)),
      [6, 1, 4, 4],
    )
    const net = new Sequential([new Conv2d(1, 1, 3, { padding: 'same' })], { seed: 1, backend })
    const history = await net.fit(images, images, {
      epochs: 40,
      batchSize: 4,
      loss: mse(),
      optimizer: new SGD({ lr: 0.1 }),
    })
    expect(history.loss.at(-1)).toBeLessThan((history.loss[0] as number) / 10)
    expect((await net.evaluate(images, images)).loss).toBeLessThan(history.loss[0] as number)
  })

  it('initial weights follow from the seed and the place, not from the name of a class', () => {
    class Renamed extends Linear {}
    const bits = [new Linear(12, 4), new Renamed(12, 4)].map((layer) => {
      const net = new Sequential([layer], { seed: 7, backend })
      net.predict(x)
      return weightBits(net)
    })
    expect(bits[1]).toBe(bits[0])
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
    it('validation data of another width', () => {
      const validationData = { x: toyData(9, 7).x, y: y.slice(0, 9) }
      const message = /^validationData: This model takes samples of shape \(12,\), got \(7,\)/
      return rejects(model().fit(x, y, options({ validationData })), 'ERR_SHAPE', message)
    })
    it('a validation label that the model has no output for', () => {
      const validationData = { x: x.slice(0, 2), y: [0, 4] }
      return rejects(
        model().fit(x, y, options({ validationData })),
        'ERR_LABEL',
        /^validationData: Label 4 of sample 1/,
      )
    })
    it('a failed fit does not fix the shapes of a model that infers them', async () => {
      const net = new Sequential([new Linear(4), new Linear(4)], { backend })
      await rejects(net.fit([[1, 2, 3]], [7], options()), 'ERR_LABEL', /Label 7/)
      await net.fit(x, y, options({ epochs: 1 }))
    })
    it('a failed evaluate does not fix them either', async () => {
      const net = new Sequential([new Linear(4)], { backend })
      await rejects(net.evaluate([[1, 2, 3]], [7], { loss: crossEntropy() }), 'ERR_LABEL', /Label 7/)
      await net.fit(x, y, options({ epochs: 1 }))
    })
    it('one output, or rows that are no probabilities', async () => {
      await rejects(model(1).fit(x, y, options()), 'ERR_SHAPE', /1 output, expected one for each class/)
      const rows = Array.from({ length: 90 }, () => [0.5, 0.5, 0.5, -0.5])
      await rejects(model().fit(x, rows, options()), 'ERR_DATA', /row of sample 0 has a sum of 1 and a value of -0.5/)
    })
    it('an optimizer that trained another model', async () => {
      const optimizer = new SGD()
      await model().fit(x, y, options({ epochs: 1, optimizer }))
      await rejects(model().fit(x, y, options({ optimizer })), 'ERR_STATE', /has trained another model/)
    })
    it('no options, options of evaluate, callbacks that are none', async () => {
      await rejects(
        model().fit(x as never, y as never),
        'ERR_ARGUMENT',
        /fit: options is a Tensor, expected an object with loss/,
      )
      const known = /evaluate: unknown option 'batchsize', expected loss, batchSize/
      await rejects(model().evaluate(x, y, { batchsize: 3 } as never), 'ERR_ARGUMENT', known)
      await rejects(model().fit(x, y, options({ callbacks: {} as never })), 'ERR_ARGUMENT', /callbacks is an Object/)
      await rejects(
        model().fit(x, y, options({ optimizer: SGD as never })),
        'ERR_ARGUMENT',
        /the class SGD \(new is missing\)/,
      )
    })
    it('one-hot rows of another float type are converted, not read as bytes', async () => {
      const bytes = new Tensor(
        Uint8Array.from({ length: 90 * 12 }, (__, i) => i % 251),
        [90, 12],
      )
      const rows = Float64Array.from({ length: 90 * 4 }, (__, i) => Number(y.data[i >> 2] === i % 4))
      const other = backend.real === 'float32' ? 'float64' : 'float32'
      const net = model()
      const dense = new Dataset(bytes, new Tensor(rows, [90, 4]), { real: other })
      const loss = crossEntropy()
      const onRows = await net.evaluate(dense, { loss })
      const onLabels = await net.evaluate(bytes, y, { loss })
      expect(onRows.accuracy).toBe(onLabels.accuracy)
      expect(onRows.loss).toBeCloseTo(onLabels.loss, 3)
    })
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
    it('inputs whose variance overflows, which batch normalisation would hide: the layer is named', async () => {
      const net = new Sequential([new BatchNorm(), new Linear(12, 4)], { seed: 1, backend })
      const large = new Tensor(
        Float32Array.from(x.data, (value) => value * 1e25),
        x.shape,
      )
      await rejects(net.fit(large, y, options()), 'ERR_NOT_FINITE', /the variance of 0\.BatchNorm is Infinity/)
      expect(net.buffers.every(({ value }) => value.data.every(Number.isFinite))).toBe(true)
    })
    it('targets that a loss cannot mean', () => {
      const wrong = new Tensor(new Float32Array(90 * 4).fill(-1), [90, 4])
      return rejects(
        model().fit(x, wrong, options({ loss: binaryCrossEntropy() })),
        'ERR_DATA',
        /^A target of sample 0 is -1, binaryCrossEntropy expects numbers from 0 to 1$/,
      )
    })
    it('a callback that would never be called', () =>
      rejects(
        model().fit(x, y, options({ callbacks: [{ onEpochend: () => {} } as object] })),
        'ERR_ARGUMENT',
        /a callback has onEpochend, which is never called; there are onTrainBegin/,
      ))
  })

  it('a pass by hand waits for an evaluation to end', async () => {
    const net = model()
    const evaluation = net.evaluate(x, y, { loss: crossEntropy() })
    for (let i = 0; i < 3; i++) await Promise.resolve()
    expect(() => net.forward(x)).toThrow(/^forward: this model is being evaluated; await evaluate first$/)
    await evaluation
    expect(net.forward(x).shape).toEqual([90, 4])
  })
})

it('a model that cannot be made leaves the layers of others, and its own, as they were', () => {
  const taken = new Linear(12, 4)
  const owner = new Sequential([taken])
  owner.predict(x)
  const fresh = new Linear(12)
  expect(() => new Sequential([fresh, taken]).predict(x)).toThrow(/belongs to another model already/)
  expect(fresh.parameters).toHaveLength(0)
  expect(new Sequential([new Linear(7), fresh]).predict(x).shape).toEqual([90, 12])
})

it('a softmax before a loss that contains it is warned about, once', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const [backend] = backends.map(([, item]) => item) as [Backend]
  for (let i = 0; i < 2; i++) {
    await new Sequential([new Linear(12, 4), new Softmax()], { backend }).fit(x, y, options({ epochs: 1 }))
  }
  const calls = [...warn.mock.calls]
  warn.mockRestore()
  expect(calls).toEqual([
    [
      expect.stringMatching(/^The model ends in Softmax, but crossEntropy takes logits/),
      { type: 'NetwrightWarning', code: 'NETWRIGHT_SOFTMAX_TWICE' },
    ],
  ])
})
