// fit with `augment`: what the model learns from, that it is the same by every way, and what is refused.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { Preprocessing } from '../../src/data/preprocessing.js'
import { DataStream } from '../../src/data/stream.js'
import type { Backend } from '../../src/kernels/backend.js'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import type { Node } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import type { Loss } from '../../src/losses/loss.js'
import { nll } from '../../src/losses/nll.js'
import { mse } from '../../src/losses/squared-error.js'
import { augment } from '../../src/model/augment.js'
import type { AugmentOptions } from '../../src/model/augment-options.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Random } from '../../src/random/random.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import type { FitOptions } from '../../src/train/options.js'
import { weightBits } from '../model/models.js'
import { hasNative } from '../setup/backend.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-augment-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const all: AugmentOptions = {
  shift: 2,
  rotate: 15,
  zoom: 0.1,
  shear: 5,
  flip: 'horizontal',
  crop: 1,
  cutout: 4,
  noise: 0.1,
  mixUp: 0.4,
  fill: 0.25,
}

const random = new Random(3)
const length = 90
const bytes = new Tensor(
  Uint8Array.from({ length: length * 144 }, () => random.below(256)),
  [length, 1, 12, 12],
  { scale: 1 / 255 },
)
const labels = Int32Array.from({ length }, () => random.below(4))
const dataset = new Dataset(bytes, labels)

/** Passes its input on, and keeps a copy of every training batch of it. */
class Spy extends Layer {
  readonly seen: Float32Array[] = []

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    const { seen } = this
    node.kernels.host(
      ([out], [values]) => {
        out?.data.set(values?.data ?? [])
        seen.push(Float32Array.from(values?.data ?? []))
      },
      [y],
      [x],
    )
    return [y]
  }

  differentiate(): readonly undefined[] {
    return [undefined]
  }
}

const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 2,
  batchSize: 20,
  loss: crossEntropy(),
  optimizer: new Adam({ lr: 0.01 }),
  augment: all,
  ...more,
})

function convolutional(backend: Backend): Sequential {
  const layers = [new Conv2d(8, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(4)]
  return new Sequential(layers, { seed: 9, backend })
}

const backends: (readonly [string, Backend])[] = [['reference', reference()]]
if (hasNative) for (const isa of availableIsas()) backends.push([`native ${isa}`, native({ isa, threads: 2 })])

/** What a model sees of each epoch, with the samples in their own order. */
async function seenBy(backend: Backend, more: Partial<FitOptions>, data = dataset): Promise<readonly Float32Array[]> {
  const spy = new Spy()
  const model = new Sequential([spy, new Flatten(), new Linear(4)], { seed: 9, backend })
  await model.fit(data, options({ shuffle: false, ...more }))
  const { epochs = 2, batchSize = 20 } = options(more)
  const perEpoch = Math.ceil(data.length / batchSize)
  return Array.from({ length: epochs }, (_, epoch) =>
    Float32Array.from(spy.seen.slice(epoch * perEpoch, (epoch + 1) * perEpoch).flatMap((batch) => [...batch])),
  )
}

describe.each(backends)('%s', (_, backend) => {
  it('the model sees what augment() shows, anew in every epoch, whatever the batch', async () => {
    for (const batchSize of [1, 7, 20, 90]) {
      const epochs = await seenBy(backend, { batchSize, seed: 31 })
      expect(epochs[0]).not.toEqual(epochs[1])
      epochs.forEach((samples, epoch) => {
        const expected = augment(bytes, all, { seed: 31, epoch })
        // The default backend may be another one than this.
        samples.forEach((value, i) => {
          if (Math.abs(value - (expected.data[i] as number)) > 3e-5) {
            throw new Error(`epoch ${epoch}, element ${i}: ${value}, expected ${expected.data[i]}`)
          }
        })
      })
    }
  })

  it('the bits of a sample depend neither on the batch nor on the order', async () => {
    const [first] = await seenBy(backend, { batchSize: 20, epochs: 1 })
    for (const batchSize of [1, 13, 90]) {
      const [again] = await seenBy(backend, { batchSize, epochs: 1 })
      expect(again).toEqual(first)
    }
    const order: number[] = []
    const spy = new Spy()
    const model = new Sequential([spy, new Flatten(), new Linear(4)], { seed: 9, backend })
    await model.fit(dataset, options({ epochs: 1, augment: { ...all, mixUp: 0 } }))
    const [own] = await seenBy(backend, { epochs: 1, augment: { ...all, mixUp: 0 } })
    const rowsOf = (values: Float32Array) =>
      Array.from({ length }, (__, i) => values.subarray(144 * i, 144 * i + 144).join())
    const inOrder = rowsOf(own as Float32Array)
    for (const row of rowsOf(Float32Array.from(spy.seen.flatMap((batch) => [...batch]))))
      order.push(inOrder.indexOf(row))
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (__, i) => i))
    expect(order).not.toEqual([...order].sort((a, b) => a - b))
  })

  it('samples of a stream are changed as those of a data set, wherever its buffers end', async () => {
    const unmixed = { augment: { ...all, mixUp: 0 }, shuffle: false }
    const expected = await seenBy(backend, unmixed)
    const source = function* () {
      for (let at = 0; at < length; at += 15) yield dataset.slice(at, at + 15)
    }
    const spy = new Spy()
    const model = new Sequential([spy, new Flatten(), new Linear(4)], { seed: 9, backend })
    await model.fit(new DataStream(source, { length, buffer: 40 }), options(unmixed))
    expect(Float32Array.from(spy.seen.flatMap((batch) => [...batch]))).toEqual(
      Float32Array.from(expected.flatMap((samples) => [...samples])),
    )
  })

  it('rows that are known to be images are changed as those', async () => {
    const source = { kind: 'images', channels: 1, height: 12, width: 12, scale: 1 / 255 } as const
    const rows = new Dataset(bytes.reshape([length, 144]), labels, { preprocessing: new Preprocessing({ source }) })
    expect(await seenBy(backend, {}, rows)).toEqual(await seenBy(backend, {}))
  })

  it('a run that is stopped and resumed has the bits of one that is not', async () => {
    const whole = convolutional(backend)
    await whole.fit(dataset, options({ epochs: 3 }))
    for (const steps of [1, 5, 8]) {
      const checkpoint = join(folder, `${backend.isa}-${steps}.safetensors`)
      let taken = 0
      const controller = new AbortController()
      const callbacks = [{ onBatchEnd: () => void (++taken === steps && controller.abort()) }]
      await convolutional(backend).fit(
        dataset,
        options({ epochs: 3, checkpoint, callbacks, signal: controller.signal }),
      )
      const resumed = convolutional(backend)
      await resumed.fit(dataset, options({ epochs: 3, checkpoint, resume: true }))
      expect(weightBits(resumed)).toBe(weightBits(whole))
    }
  })

  it('settings that change nothing leave the bits of a run without them', async () => {
    const [plain, empty, zeros] = [convolutional(backend), convolutional(backend), convolutional(backend)]
    const { augment: _augment, ...without } = options()
    await plain.fit(dataset, without)
    await empty.fit(dataset, options({ augment: {} }))
    await zeros.fit(dataset, options({ augment: { rotate: 0, shift: 0, noise: 0, mixUp: 0, fill: 3 } }))
    expect(weightBits(empty)).toBe(weightBits(plain))
    expect(weightBits(zeros)).toBe(weightBits(plain))
  })

  it('evaluation and validation see samples as they are', async () => {
    const model = convolutional(backend)
    const history = await model.fit(dataset, options({ validationData: dataset, optimizer: new SGD({ lr: 1e-9 }) }))
    const { loss } = await model.evaluate(dataset)
    expect(history.valLoss[1]).toBeCloseTo(loss, 5)
    expect(Math.abs((history.loss[1] as number) - loss)).toBeGreaterThan(1e-3)
  })

  it('mix-up learns from rows of both labels, and counts what is right by the own one', async () => {
    // All samples alike, so that a model without a say in it learns the labels' shares.
    const alike = new Dataset(
      new Tensor(new Float32Array(400).fill(1), [400, 1]),
      Int32Array.from({ length: 400 }, (__, i) => Number(i < 100)),
    )
    const model = new Sequential([new Linear(2)], { seed: 1, backend })
    const mixed: FitOptions = options({ augment: { mixUp: 1 }, epochs: 30, optimizer: new SGD({ lr: 0.5 }) })
    const history = await model.fit(alike, mixed)
    const [no, yes] = model.predict([[1]]).data as Float32Array
    expect(1 / (1 + Math.exp((no as number) - (yes as number)))).toBeCloseTo(0.25, 1)
    expect(history.accuracy?.at(-1)).toBe(0.75)
  })

  it('mix-up mixes dense targets as it mixes samples', async () => {
    // Targets are samples: a linear model without error stays without.
    const x = new Tensor(
      Float32Array.from({ length: 60 }, () => random.normal()),
      [30, 2],
    )
    const model = new Sequential([new Linear(2, { bias: false })], { seed: 1, backend })
    model.forward(x)
    model.params[0]?.data.set([1, 0, 0, 1])
    const history = await model.fit(new Dataset(x, x), options({ augment: { mixUp: 1 }, loss: mse(), epochs: 3 }))
    for (const loss of history.loss) expect(loss).toBeLessThan(1e-12)
  })
})

describe.skipIf(!hasNative)('native', () => {
  it('1, 2, 3 and 5 threads give the same bits, on every ISA', async () => {
    const large = new Dataset(
      new Tensor(
        Uint8Array.from({ length: 300 * 3 * 32 * 32 }, () => random.below(256)),
        [300, 3, 32, 32],
        { scale: 1 / 255 },
      ),
      Int32Array.from({ length: 300 }, (_, i) => i % 4),
    )
    for (const isa of availableIsas()) {
      const bits: string[] = []
      for (const threads of [1, 2, 3, 5]) {
        const model = convolutional(native({ isa, threads }))
        await model.fit(large, options({ batchSize: 128, epochs: 1 }))
        bits.push(weightBits(model))
      }
      expect(new Set(bits).size, isa).toBe(1)
    }
  })
})

describe('errors', () => {
  const train = (more: Partial<FitOptions>, data = dataset) =>
    new Sequential([new Flatten(), new Linear(4)], { seed: 1, backend: reference() }).fit(data, options(more))

  it('bad settings, before anything is trained', async () => {
    await expect(train({ augment: { rotate: -1 } })).rejects.toThrow(
      'fit: augment.rotate is -1, expected degrees from 0 to 180',
    )
    await expect(train({ augment: 3 as never })).rejects.toThrow(
      'fit: augment: options is 3, expected an object with shift',
    )
    await expect(train({ augment: { shift: 12 } })).rejects.toThrow('fit: augment.shift is 12')
  })

  it('rows of numbers, with the remedy', async () => {
    const rows = new Dataset(bytes.reshape([length, 144]), labels)
    await expect(train({}, rows)).rejects.toThrow('got samples (144,). Reshape them')
    const { noise = 0 } = all
    await expect(train({ augment: { noise } }, rows)).resolves.toBeDefined()
  })

  it('losses that take no rows of probabilities', async () => {
    const refused: readonly (readonly [Loss, string])[] = [
      [nll(), 'nll() does not take here'],
      [crossEntropy({ ignoreIndex: 3 }), 'crossEntropy() does not take here'],
      [crossEntropy({ classWeights: [1, 1, 1, 2] }), 'crossEntropy() without classWeights and ignoreIndex'],
    ]
    for (const [loss, message] of refused) {
      await expect(train({ loss })).rejects.toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }))
      await expect(train({ loss })).rejects.toThrow(message)
      await expect(train({ loss, augment: { ...all, mixUp: 0 } })).resolves.toBeDefined()
    }
  })

  it('a checkpoint of a run with other settings', async () => {
    const checkpoint = join(folder, 'other.safetensors')
    await train({ checkpoint, epochs: 1, augment: { flip: 'both', shift: 2 } })
    const again = (more: AugmentOptions) => train({ checkpoint, resume: true, augment: more })
    await expect(again({ shift: 1, flip: 'both' })).rejects.toThrow('cannot resume from')
    await expect(again({ shift: 1, flip: 'both' })).rejects.toThrow('augment is {"shift":1')
    await expect(again({ shift: 2, flip: 'both' })).resolves.toBeDefined()
  })
})
