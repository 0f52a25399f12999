// LivePage as a callback of fit: what it tells of a run, what it lets pages do, and that it ends with the run.

import { describe, expect, test } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { Preprocessing } from '../../src/data/preprocessing.js'
import { Standardizer } from '../../src/data/transforms/standardizer.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { LivePage, type LivePageOptions } from '../../src/live/live-page.js'
import { binaryCrossEntropy } from '../../src/losses/binary-cross-entropy.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import type { Callback } from '../../src/train/callback.js'
import type { FitOptions } from '../../src/train/options.js'
import { runChild } from '../child.js'
import { type Heard, listen, post } from './client.js'

const hostile = '<img src=x onerror=alert(1)>'
/** 4,000 pictures of 4 × 4, white above or below. */
const pictures = new Dataset(
  new Tensor(
    Uint8Array.from({ length: 64_000 }, (_, i) => (Math.floor((i % 16) / 8) === Math.floor(i / 16) % 2 ? 255 : 10)),
    [4000, 16],
    { scale: 1 / 255 },
  ),
  Int32Array.from({ length: 4000 }, (_, i) => i % 2),
  {
    preprocessing: new Preprocessing({
      source: { kind: 'images', channels: 1, height: 4, width: 4, scale: 1 / 255 },
      classNames: [hostile, 'down'],
    }),
  },
)

const model = (inputs = 16, outputs = 2) =>
  new Sequential([new Linear(inputs, 8), new ReLU(), new Linear(outputs)], { seed: 1, backend: reference() })
const optionsOf = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 1_000_000,
  batchSize: 20,
  optimizer: new SGD({ lr: 0.1 }),
  loss: crossEntropy(),
  ...more,
})

/** Begins to train; answers the page's address as soon as it is known. */
function start(options: LivePageOptions = {}, more: Partial<FitOptions> = {}, network = model(), data = pictures) {
  let opened: (url: string) => void = () => {}
  const url = new Promise<string>((resolve) => {
    opened = resolve
  })
  const page = new LivePage({ samples: data, ...options, onOpen: opened })
  const { callbacks = [] } = more
  const trained = network.fit(data, { ...optionsOf(more), callbacks: [...callbacks, page] })
  return { page, url, trained, network }
}

const isClosed = (url: string): Promise<boolean> =>
  listen(url, { until: () => true }).then(
    () => false,
    () => true,
  )
const last = (heard: readonly Heard[], type: string) => heard.filter((event) => event.type === type).at(-1)?.data

describe('LivePage', () => {
  test('tells of the run: model, samples, points, predictions, the end; and closes with it', async () => {
    const { url, trained } = start()
    const heard = listen(await url)
    const seen = await listen(await url, { until: ({ type }) => type === 'predictions' })
    expect(last(seen, 'run')).toMatchObject({
      model: 'Sequential(Linear, ReLU, Linear)',
      parameters: 154,
      epochs: 1_000_000,
      drawing: { height: 4, width: 4 },
    })
    const { samples } = last(seen, 'run')
    expect(samples).toHaveLength(12)
    expect(samples[0].target).toBe(hostile)
    expect(samples[0].picture).toMatchObject({ height: 4, width: 4, channels: 1 })
    expect([...Buffer.from(samples[0].picture.pixels, 'base64')]).toEqual([...pictures.x.data.subarray(0, 16)])
    expect(last(seen, 'state')).toEqual({ state: 'running', open: true })
    expect((await post(await url, '/control', { action: 'stop' })).status).toBe(200)
    const history = await trained
    expect([history.stopped, history.stopReason]).toEqual([true, 'stopped on the live page'])
    const all = await heard
    expect(last(all, 'state')).toEqual({ state: 'ended', reason: 'stopped on the live page', open: false })
    const point = last(all, 'point')
    expect(point.loss).toBeGreaterThan(0)
    expect([point.accuracy, point.lr]).toEqual([expect.any(Number), 0.1])
    const predictions = last(all, 'predictions')
    expect(predictions).toHaveLength(12)
    expect(predictions[0]).toEqual({ text: hostile, probability: expect.any(Number), right: true })
    expect(predictions[0].probability).toBeGreaterThan(0.5)
    expect(await isClosed(await url)).toBe(true)
  })

  test('points are means since the point before, as the epochs’ own figures', async () => {
    const progress: { samples: number; loss: number }[] = []
    let opened = ''
    let heard: Promise<readonly Heard[]> = Promise.resolve([])
    const page = new LivePage({
      onOpen: (url) => {
        opened = url
      },
    })
    await model().fit(pictures.slice(0, 40), {
      ...optionsOf({ epochs: 1, batchSize: 10 }),
      callbacks: [
        page,
        {
          onTrainBegin: async () => {
            heard = listen(opened)
            await new Promise((resolve) => setTimeout(resolve, 50))
          },
          onProgress: ({ samples, loss }) => {
            progress.push({ samples, loss })
          },
          onBatchEnd: async () => {
            await new Promise((resolve) => setTimeout(resolve, 130))
          },
        },
      ],
    })
    const points = (await heard).filter(({ type }) => type === 'point').map(({ data }) => data)
    expect(points.map(({ at }) => at)).toEqual([0.25, 0.5, 0.75, 1])
    points.reduce((sum, { loss }, i) => {
      const total = sum + 10 * loss
      expect(total).toBeCloseTo((progress[i]?.loss as number) * (progress[i]?.samples as number), 5)
      return total
    }, 0)
  })

  test('the end of a run tells where it stands, however short ago the last point was', async () => {
    let heard: Promise<readonly Heard[]> = Promise.resolve([])
    let opened = ''
    const page = new LivePage({
      onOpen: (url) => {
        opened = url
      },
    })
    const listening: Callback = {
      onTrainBegin: async () => {
        heard = listen(opened)
        await new Promise((resolve) => setTimeout(resolve, 50))
      },
    }
    await model().fit(pictures, { ...optionsOf({ epochs: 3 }), callbacks: [page, listening] })
    const total = pictures.length
    expect(last(await heard, 'progress')).toMatchObject({ epoch: 3, samples: total, totalSamples: total })
  })

  test('pauses, goes on and stops; twice the same is once', async () => {
    const { url, trained } = start()
    const address = await url
    const control = (action: string) => post(address, '/control', { action })
    const stepsNow = async (): Promise<number> =>
      last(await listen(address, { until: ({ type }) => type === 'state' }), 'progress')?.steps ?? 0
    await listen(address, { until: ({ type }) => type === 'point' })
    await control('pause')
    await control('pause')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const held = await stepsNow()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await stepsNow()).toBe(held)
    const paused = await listen(address, { until: ({ type, data }) => type === 'state' && data.state === 'paused' })
    expect(last(paused, 'state')).toEqual({ state: 'paused', open: true })
    await control('resume')
    await listen(address, { lastId: paused.at(-1)?.id as number, until: ({ type }) => type === 'point' })
    expect((await control('close')).status).toBe(409)
    for (const wrong of ['', 'kill', null, { action: 'stop' }]) {
      expect((await post(address, '/control', { action: wrong })).status).toBe(400)
    }
    await control('pause')
    await control('stop')
    expect((await trained).stopReason).toBe('stopped on the live page')
  })

  test('predicts drawings while it trains, exactly as predict does', async () => {
    const network = model()
    const { url, trained } = start({}, {}, network)
    const address = await url
    await listen(address, { until: ({ type }) => type === 'point' })
    await post(address, '/control', { action: 'pause' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const pixels = Array.from({ length: 16 }, (_, i) => i * 16)
    const { status, body } = await post(address, '/predict', { pixels })
    expect(status).toBe(200)
    const logits = [...network.predict(new Tensor(Uint8Array.from(pixels), [1, 16], { scale: 1 / 255 })).data]
    const powers = logits.map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    const { kind, classes } = JSON.parse(body)
    expect([kind, classes.map(({ name }: { name: string }) => name)]).toEqual(['classes', [hostile, 'down']])
    for (const [i, power] of powers.entries()) expect(classes[i].probability).toBeCloseTo(power / sum, 6)
    for (const wrong of [[], pixels.slice(1), [...pixels, 1], pixels.map(String), pixels.map((x) => x + 100), null]) {
      const answer = await post(address, '/predict', { pixels: wrong })
      expect(answer).toMatchObject({ status: 400, body: 'expected { "pixels": 16 whole numbers from 0 to 255 }' })
    }
    await post(address, '/control', { action: 'stop' })
    await trained
  })

  test('rows of numbers, and a model that answers values', async () => {
    const x = Float32Array.from({ length: 6000 }, (_, i) => (i % 60) / 8)
    const data = new Dataset(new Tensor(x, [2000, 3]), new Tensor(x.slice(0, 2000), [2000, 1]))
    const { url, trained } = start({}, { loss: mse(), optimizer: new SGD({ lr: 1e-4 }) }, model(3, 1), data)
    const address = await url
    const seen = new Set<string>()
    const heard = await listen(address, { until: ({ type }) => seen.add(type).has('point') && seen.has('predictions') })
    expect(last(heard, 'run').drawing).toBeUndefined()
    expect(last(heard, 'run').samples[1]).toEqual({ text: '2.25, 2.375, 2.5', target: '5.75' })
    expect(last(heard, 'predictions')[0]).toEqual({ text: expect.stringMatching(/^-?\d/) })
    expect(last(heard, 'point').accuracy).toBeUndefined()
    expect((await post(address, '/predict', { pixels: [1] })).status).toBe(409)
    await post(address, '/control', { action: 'stop' })
    await trained
  })

  test('rows of a table have the names of their columns, and their numbers before scaling', async () => {
    const columns = [{ name: 'length' }, { name: 'width' }]
    const x = Float32Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 5.1 : 0.2) + (i % 3))
    const preprocessing = new Preprocessing({ source: { kind: 'table', columns } })
    const raw = new Dataset(new Tensor(x, [40, 2]), pictures.y.data.slice(0, 40), { preprocessing })
    const { url, trained } = start({}, {}, model(2), new Standardizer().fit(raw).transform(raw))
    const heard = await listen(await url, { until: () => true })
    await post(await url, '/control', { action: 'stop' })
    await trained
    expect(last(heard, 'run').samples[0].text).toBe('length 5.1, width 1.2')
  })

  test('one output that answers yes or no is a class', async () => {
    const answers = new Tensor(Float32Array.from(pictures.y.data), [4000, 1])
    const data = new Dataset(pictures.x, answers, { preprocessing: pictures.preprocessing as Preprocessing })
    const { url, trained } = start({}, { loss: binaryCrossEntropy() }, model(16, 1), data)
    const address = await url
    const heard = await listen(address, { until: ({ type }) => type === 'predictions' })
    expect(last(heard, 'run').samples.map(({ target }: { target: string }) => target)).toContain('down')
    expect(last(heard, 'predictions')[0]).toMatchObject({ probability: expect.any(Number), right: expect.any(Boolean) })
    const answer = await post(address, '/predict', { pixels: Array(16).fill(0) })
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'classes', classes: [{ name: hostile }, { name: 'down' }] })
    await post(address, '/control', { action: 'stop' })
    await trained
  })

  test('names of classes and columns come without control characters and turns of direction', async () => {
    const columns = [{ name: '\u202ehtgnel\u0007' }, { name: 'width' }]
    const classNames = ["a & b ' {{x}} \u202egnp.exe", '\u2066שלום\u2069']
    const data = new Dataset(new Tensor(new Float32Array(80).fill(1), [40, 2]), pictures.y.data.slice(0, 40), {
      preprocessing: new Preprocessing({ source: { kind: 'table', columns }, classNames }),
    })
    const { url, trained } = start({}, {}, model(2), data)
    const heard = await listen(await url, { until: ({ type }) => type === 'predictions' })
    await post(await url, '/control', { action: 'stop' })
    await trained
    const [first, second] = last(heard, 'run').samples.slice(1, 3)
    expect([first.text, first.target, second.target]).toEqual([
      'htgnel\ufffd 1, width 1',
      'שלום',
      "a & b ' {{x}} gnp.exe",
    ])
    const texts = last(heard, 'predictions').map(({ text }: { text: string }) => text)
    expect(["a & b ' {{x}} gnp.exe", 'שלום']).toContain(texts[0])
  })

  test('an abort ends it, and so does an error, whose message it shows', async () => {
    const controller = new AbortController()
    const stopped = start({}, { signal: controller.signal })
    const heard = listen(await stopped.url)
    await listen(await stopped.url, { until: () => true })
    controller.abort()
    await stopped.trained
    expect(last(await heard, 'state')).toEqual({ state: 'ended', reason: 'aborted by its signal', open: false })
    expect(await isClosed(await stopped.url)).toBe(true)

    let calls = 0
    const onProgress = () => {
      if (++calls > 10) throw new Error('a callback failed')
    }
    const failed = start({ keepOpen: true }, { callbacks: [{ onProgress }] })
    const heardOfIt = listen(await failed.url)
    await expect(failed.trained).rejects.toThrow('a callback failed')
    expect(last(await heardOfIt, 'state')).toEqual({ state: 'failed', reason: 'a callback failed', open: false })
    expect(await isClosed(await failed.url)).toBe(true)
  })

  test('samples of another shape are refused before it trains', async () => {
    const other = new Dataset(pictures.x.reshape(8000, 8), new Int32Array(8000))
    const { page, trained } = start({ samples: other }, { callbacks: [{ onProgress: () => expect.unreachable() }] })
    await expect(trained).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message:
        'LivePage: samples do not fit the model. This model takes samples of shape (16,), got (8,) (without the batch axis)',
    })
    expect(page.url).toBeUndefined()
  })

  test('a look at the samples that fails warns and ends no run', async () => {
    const network = model()
    const { url, trained } = start({}, {}, network)
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    network.predict = () => {
      throw new Error('no look today')
    }
    await listen(await url, { until: ({ type }) => type === 'point' })
    expect((await warned).message).toBe('LivePage: the samples are predicted no more, since it failed: no look today')
    await post(await url, '/control', { action: 'stop' })
    expect((await trained).stopReason).toBe('stopped on the live page')
  })

  test('close tells why, unless training has ended by itself', async () => {
    const controller = new AbortController()
    const early = start({}, { signal: controller.signal })
    const heard = listen(await early.url)
    await listen(await early.url, { until: () => true })
    await early.page.close('Stopped by Ctrl-C')
    expect(last(await heard, 'state')).toEqual({ state: 'running', reason: 'Stopped by Ctrl-C', open: false })
    controller.abort()
    expect((await early.trained).stopReason).toBe('aborted by its signal')

    const late = start({ keepOpen: true }, { epochs: 1 })
    await late.trained
    const toTheEnd = listen(await late.url)
    await listen(await late.url, { until: () => true })
    await late.page.close('Stopped by Ctrl-C')
    expect(last(await toTheEnd, 'state')).toEqual({ state: 'ended', open: false })
  })

  test('keepOpen goes on after training, shows a second run, and closes when asked', async () => {
    const { page, url, trained, network } = start({ keepOpen: true }, { epochs: 2 })
    await trained
    const address = await url
    expect(page.url).toBe(address)
    const state = last(await listen(address, { until: ({ type }) => type === 'state' }), 'state')
    expect(state).toEqual({ state: 'ended', open: true })
    expect((await post(address, '/predict', { pixels: Array(16).fill(0) })).status).toBe(200)
    await network.fit(pictures, optionsOf({ epochs: 3, callbacks: [page] }))
    expect(last(await listen(address, { until: ({ type }) => type === 'state' }), 'run').epochs).toBe(3)
    expect((await post(address, '/control', { action: 'close' })).status).toBe(200)
    await page.closed
    expect([page.url, await isClosed(address)]).toEqual([undefined, true])
    await page.close()
  })

  test('the process ends with the run, though pages read nothing', async () => {
    const { code, output, milliseconds } = await runChild('test/live/run-child.ts', [])
    expect([code, output]).toEqual([0, 'trained\n'])
    expect(milliseconds).toBeLessThan(30_000)
  })

  test('bad options', async () => {
    const wrong: readonly [object, RegExp][] = [
      [{ port: 70_000 }, /^LivePage: port is 70000, expected a whole number from 0 to 65535$/],
      [{ port: '8080' }, /^LivePage: port is "8080"/],
      [{ samples: [[1]] }, /^LivePage: samples is .*, expected a Dataset$/],
      [{ keepOpen: 1 }, /^LivePage: keepOpen is 1, expected true or false$/],
      [{ open: true }, /unknown option 'open'/],
    ]
    for (const [options, message] of wrong) expect(() => new LivePage(options)).toThrow(message)
    const first = start()
    const taken = start({ port: Number(new URL(await first.url).port) }, {})
    await expect(taken.trained).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
    await post(await first.url, '/control', { action: 'stop' })
    await first.trained
  })
})
