// Training on streams: the bits of training on the same samples in memory; sources that fail, end early, hang or change.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  type Chunk,
  crossEntropy,
  DataStream,
  Dataset,
  type FitOptions,
  Linear,
  ReLU,
  Sequential,
  SGD,
  type StreamContext,
  type StreamOptions,
  spiral,
} from '../../src/index.js'

const data = spiral({ samplesPerClass: 40, seed: 3 })
const options = (): FitOptions => ({
  loss: crossEntropy(),
  optimizer: new SGD({ lr: 0.3, momentum: 0.9 }),
  batchSize: 16,
})
const network = (): Sequential => new Sequential([new Linear(2, 8), new ReLU(), new Linear(8, 3)], { seed: 5 })
const weightsOf = (model: Sequential): number[] => model.params.flatMap((tensor) => [...tensor.toFloat32()])

/** The samples from `first` on, in chunks of `size`. */
async function* chunksOf(dataset: Dataset, size: number): AsyncGenerator<Chunk> {
  for (let at = 0; at < dataset.length; at += size) {
    await Promise.resolve()
    yield { x: dataset.x.slice(at, at + size), y: dataset.y.slice(at, at + size) }
  }
}
const streamOf = (size: number, more: Partial<StreamOptions> = {}, dataset = data): DataStream =>
  new DataStream(() => chunksOf(dataset, size), { length: dataset.length, ...more })

async function trained(samples: Dataset | DataStream, more: Partial<FitOptions> = {}): Promise<number[]> {
  const model = network()
  await model.fit(samples, { ...options(), epochs: 3, ...more })
  return weightsOf(model)
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('training on a stream', () => {
  test('that fits into its buffer gives the bits of the data set, shuffled as it is', async () => {
    expect(await trained(streamOf(7))).toEqual(await trained(data))
  })

  test('in several buffers gives the bits of the data set, in the order of the source', async () => {
    const expected = await trained(data, { shuffle: false })
    for (const [size, buffer] of [
      [7, 32],
      [120, 16],
      [1, 48],
      [50, 33],
    ] as const) {
      expect(await trained(streamOf(size, { buffer }), { shuffle: false })).toEqual(expected)
    }
  })

  test('does not depend on where chunks end, and shuffles within each buffer, anew in each epoch', async () => {
    const one = await trained(streamOf(5, { buffer: 32 }))
    expect(await trained(streamOf(64, { buffer: 32 }))).toEqual(one)
    expect(await trained(streamOf(64, { buffer: 32 }), { shuffle: false })).not.toEqual(one)
    expect(await trained(streamOf(64, { buffer: 48 }))).not.toEqual(one)
  })

  test('measures metrics over all buffers, and validates on a stream', async () => {
    const more = { shuffle: false, metrics: ['f1', 'confusionMatrix'] } as const
    const [inMemory, streamed] = [network(), network()]
    const expected = await inMemory.fit(data, { ...options(), epochs: 2, ...more, validationData: data })
    const streams = { validationData: streamOf(31, { buffer: 16 }) }
    const history = await streamed.fit(streamOf(9, { buffer: 32 }), { ...options(), epochs: 2, ...more, ...streams })
    expect(history.metrics).toEqual(expected.metrics)
    expect(history.valMetrics).toEqual(expected.valMetrics)
    expect(history.loss).toEqual(expected.loss)
    expect(history.valAccuracy).toEqual(expected.valAccuracy)
    expect(await streamed.evaluate(streamOf(9, { buffer: 16 }), { batchSize: 16 })).toEqual(
      await inMemory.evaluate(data, { batchSize: 16 }),
    )
  })

  test('keeps bytes, their scale and the names of classes', async () => {
    const bytes = new Uint8Array(60 * 4).map((_, i) => (i * 37) % 256)
    const x = [...Array(60).keys()].map((i) => Array.from(bytes.subarray(4 * i, 4 * i + 4)))
    const y = [...Array(60).keys()].map((i) => i % 2)
    const source = function* (): Generator<Chunk> {
      for (let i = 0; i < 60; i += 6) yield { x: x.slice(i, i + 6), y: y.slice(i, i + 6) }
    }
    const make = (): Sequential => new Sequential([new Linear(4, 2)], { seed: 1 })
    const [a, b] = [make(), make()]
    const stream = new DataStream(source, { length: 60, classNames: ['even', 'odd'] })
    await a.fit(stream, options())
    await b.fit(x, y, options())
    expect(weightsOf(a)).toEqual(weightsOf(b))
    expect(a.preprocessing?.classNames).toEqual(['even', 'odd'])
  })

  test('goes on from a checkpoint in the middle of an epoch', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netwright-'))
    try {
      const checkpoint = { path: join(folder, 'run.safetensors'), everySteps: 3 }
      const stream = (): DataStream => streamOf(7, { buffer: 32 })
      const whole = await trained(stream())
      const abort = new AbortController()
      let steps = 0
      const stop = { onBatchEnd: (): void => void (++steps === 12 && abort.abort()) }
      await trained(stream(), { checkpoint, signal: abort.signal, callbacks: [stop] })
      expect(steps).toBe(12)
      expect(await trained(stream(), { checkpoint, resume: true })).toEqual(whole)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a source', () => {
  test('is asked for no more than two buffers and a chunk ahead, and ended after an epoch', async () => {
    let [given, ended, farthest] = [0, 0, 0]
    let trainedOn = 0
    const epochs: number[] = []
    const stream = new DataStream(
      async function* ({ epoch }: StreamContext) {
        epochs.push(epoch)
        trainedOn = 0
        given = 0
        try {
          for (;;) {
            given += 10
            farthest = Math.max(farthest, given - trainedOn)
            yield { x: Array(10).fill([1, 2]), y: Array(10).fill(1) }
          }
        } finally {
          ended++
        }
      },
      { length: 400, buffer: 32 },
    )
    const watch = {
      onBatchEnd: () => {
        trainedOn += 16
      },
    }
    const history = await network().fit(stream, { ...options(), epochs: 2, callbacks: [watch] })
    expect(history.epochs).toBe(2)
    expect(epochs).toEqual([0, 1])
    expect(ended).toBe(2)
    expect(farthest).toBeGreaterThan(32)
    expect(farthest).toBeLessThanOrEqual(32 + 32 + 10 + 16)
  })

  test('that fails ends fit with its error as the cause, the model as the last whole step left it', async () => {
    const failure = new Error('the disk is gone')
    const stream = new DataStream(
      async function* () {
        yield { x: data.x.slice(0, 64), y: data.y.slice(0, 64) }
        throw failure
      },
      { length: 120, buffer: 32 },
    )
    const model = network()
    await expect(model.fit(stream, { ...options(), shuffle: false })).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: 'DataStream(120 samples), after sample 64: the source failed: the disk is gone',
      cause: failure,
    })
    const before = network()
    await before.fit(data.slice(0, 64), { ...options(), shuffle: false })
    expect(weightsOf(model)).toEqual(weightsOf(before))
    await model.fit(data, options())
  })

  test('is ended where its first chunk is wrong', async () => {
    let ended = false
    const stream = new DataStream(
      function* () {
        try {
          yield { x: [[1, Number.NaN]], y: [0] }
        } finally {
          ended = true
        }
      },
      { length: 3 },
    )
    await expect(network().fit(stream, options())).rejects.toThrow('NaN')
    expect(ended).toBe(true)
  })

  test('may yield data sets of another float type than the model computes in', async () => {
    const float64 = new Dataset(data.x, data.y, { real: 'float64' })
    expect(await trained(streamOf(9, {}, float64))).toEqual(await trained(data))
    const source = (): Iterable<Chunk> => [float64.slice(0, 50), float64.slice(50)]
    expect(await trained(new DataStream(source, { length: 120 }))).toEqual(await trained(data))
  })

  const x = [[1, 2]]
  test.each<[string, () => Iterable<unknown>, string]>([
    ['that ends early', () => [{ x, y: [0] }], 'after sample 1: the source has ended, expected 3 samples'],
    ['that yields something else', () => [[1, 2]], 'after sample 0: the source yields [1, 2], expected { x, y }'],
    ['without targets', () => [{ x }], 'after sample 0: the source yields an Object without y, expected { x, y }'],
    ['that is no iterable', () => 3 as never, 'after sample 0: the source failed: it answers 3, expected something to'],
    [
      'whose samples change',
      () => [
        { x, y: [0] },
        { x: [[1]], y: [0] },
      ],
      'the next chunk has float32 samples of shape (1,)',
    ],
    [
      'whose targets change',
      () => [
        { x, y: [0] },
        { x, y: [[0, 1, 0]] },
      ],
      'and targets of shape (3,), the first one had',
    ],
    [
      'with a number that is not finite',
      () => [
        { x, y: [0] },
        { x: [[1, Number.NaN]], y: [0] },
      ],
      'after sample 1, in the chunk',
    ],
    ['with more targets than samples', () => [{ x, y: [0, 1] }], 'x has 1 samples (shape (1, 2)) but y has 2'],
    ['with a label beyond the classes', () => Array(3).fill({ x, y: [3] }), 'Label 3 of sample 0'],
    ['with such a label later', () => [0, 1, 7].map((label) => ({ x, y: [label] })), 'In samples 2 to 2 of the stream'],
  ])('%s: a clear error', async (_, source, message) => {
    const stream = new DataStream(source as () => Iterable<Chunk>, { length: 3, buffer: 1 })
    await expect(network().fit(stream, { ...options(), batchSize: 1 })).rejects.toThrow(message)
  })

  test('that hangs holds nobody after an abort, and is complained about', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const abort = new AbortController()
    const stream = new DataStream(
      async function* () {
        yield { x: data.x.slice(0, 64), y: data.y.slice(0, 64) }
        await new Promise(() => {})
      },
      { length: 120, buffer: 32 },
    )
    setTimeout(() => abort.abort(), 100)
    const model = network()
    const history = await model.fit(stream, { ...options(), signal: abort.signal })
    expect([history.stopped, history.stopReason]).toEqual([true, 'aborted by its signal'])
    await new Promise((resolve) => setTimeout(resolve, 2200))
    expect(warned).toHaveBeenCalledOnce()
    expect(String(warned.mock.calls[0]?.[0])).toContain('has not ended 2 s after it was told to')
    await model.fit(data, options())
  })

  test('that hangs before its first sample holds nobody either', async () => {
    let aborted = false
    const stream = new DataStream(
      async function* ({ signal }) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        aborted = true
        yield { x, y: [0] }
      },
      { length: 3 },
    )
    const history = await network().fit(stream, { ...options(), signal: AbortSignal.timeout(50) })
    expect([history.stopped, history.epochs]).toEqual([true, 0])
    await new Promise((resolve) => setImmediate(resolve))
    expect(aborted).toBe(true)
  })

  test('is ended when the loop over steps is left', async () => {
    let ended = false
    const stream = new DataStream(
      async function* () {
        try {
          yield* chunksOf(data, 10)
        } finally {
          ended = true
        }
      },
      { length: 120, buffer: 16 },
    )
    for await (const { step } of network().steps(stream, options())) if (step === 1) break
    expect(ended).toBe(true)
  })
})

describe('bad arguments', () => {
  test('an iterable without its length names the remedy', async () => {
    const fitted = network().fit(chunksOf(data, 10) as never, options())
    await expect(fitted).rejects.toThrow('new DataStream(() => iterable, { length: samplesOfAnEpoch })')
  })

  test('validationSplit needs the samples in memory', async () => {
    const fitted = network().fit(streamOf(10), { ...options(), validationSplit: 0.2 })
    await expect(fitted).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  test.each([
    [() => new DataStream([] as never, { length: 1 }), 'source is [], expected a function'],
    [
      () => new DataStream((async function* () {})() as never, { length: 1 }),
      'source is an AsyncGenerator, expected a function that begins a pass; this one is for a single pass: give the',
    ],
    [() => new DataStream(() => [], {} as never), 'length is undefined, expected a whole number from 1'],
    [() => new DataStream(() => [], { length: 1, buffer: 0 }), 'buffer is 0, expected a whole number from 1'],
    [() => new DataStream(() => [], { length: 1, size: 2 } as never), "unknown option 'size'"],
  ])('%#', (make, message) => {
    expect(make).toThrow(message)
  })
})
