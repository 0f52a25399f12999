// Checkpoints: a run that was ended goes on to the bits of one that was not, and what cannot go on is refused.

import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { loadModel } from '../../src/load-model.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Random } from '../../src/random/random.js'
import { cosine } from '../../src/schedules/cosine.js'
import { Sequential } from '../../src/sequential.js'
import type { Callback } from '../../src/train/callback.js'
import { EarlyStopping } from '../../src/train/callbacks/early-stopping.js'
import { ReduceLROnPlateau } from '../../src/train/callbacks/reduce-lr-on-plateau.js'
import type { FitOptions } from '../../src/train/options.js'
import { runChild } from '../child.js'
import { weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { hasNative } from '../setup/backend.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-checkpoint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newPath = (): string => join(folder, `run${files++}.safetensors`)

const backends: (readonly [string, Backend])[] = [['reference', reference()]]
if (hasNative) backends.push(['native', native({ threads: 2 })])

const { x, y } = toyData(300, 12, 4)
const newModel = (backend: Backend, width = 16) =>
  new Sequential([new Linear(12, width), new BatchNorm(), new ReLU(), new Dropout(0.3), new Linear(4)], {
    seed: 3,
    backend,
  })
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 4,
  batchSize: 16,
  optimizer: new Adam({ lr: cosine({ from: 0.05 }) }),
  loss: crossEntropy(),
  validationSplit: 0.2,
  callbacks: [new EarlyStopping({ patience: 9 }), new ReduceLROnPlateau({ patience: 1, factor: 0.5 })],
  ...more,
})

describe.each(backends)('%s', (_, backend) => {
  it('a run that ends after any number of steps goes on to the same bits, history and callbacks included', async () => {
    const whole = newModel(backend)
    const expected = await whole.fit(x, y, options())
    for (const steps of [0, 1, 14, 15, 16, 40, 59, 60]) {
      const checkpoint = newPath()
      const controller = new AbortController()
      let taken = 0
      const first = newModel(backend)
      const count = { onBatchEnd: () => void (++taken === steps && controller.abort()) }
      if (steps === 0) controller.abort()
      const { callbacks = [] } = options()
      const stopped = await first.fit(x, y, {
        ...options({ callbacks: [...callbacks, count] }),
        checkpoint,
        signal: controller.signal,
      })
      expect(stopped.stopped).toBe(true)
      const second = newModel(backend)
      const again = options()
      const history = await second.fit(x, y, {
        ...options({ callbacks: [...(again.callbacks ?? []), { onBatchEnd: () => undefined }] }),
        checkpoint,
        resume: true,
      })
      expect(weightBits(second), `after ${steps} steps`).toBe(weightBits(whole))
      expect(history.loss).toEqual(expected.loss)
      expect(history.valLoss).toEqual(expected.valLoss)
      expect(history.lr).toEqual(expected.lr)
    }
  })

  it('a checkpoint is a model that predicts what the model did', async () => {
    const checkpoint = newPath()
    const model = newModel(backend)
    await model.fit(x, y, options({ checkpoint, callbacks: [] }))
    const loaded = await loadModel(checkpoint, { backend })
    expect(loaded.predict(x).toArray()).toEqual(model.predict(x).toArray())
  })

  it('a finished run is not trained again, and more epochs are', async () => {
    const checkpoint = newPath()
    const fixed = { optimizer: new SGD({ lr: 0.1, momentum: 0.9 }), callbacks: [] }
    const model = newModel(backend)
    await model.fit(x, y, options({ ...fixed, checkpoint, epochs: 2 }))
    const again = newModel(backend)
    const same = await again.fit(x, y, {
      ...options({ ...fixed, optimizer: new SGD({ lr: 0.1, momentum: 0.9 }), epochs: 2 }),
      checkpoint,
      resume: true,
    })
    expect(same.epochs).toBe(2)
    expect(weightBits(again)).toBe(weightBits(model))
    const longer = newModel(backend)
    const optimizer = new SGD({ lr: 0.1, momentum: 0.9 })
    await longer.fit(x, y, { ...options({ ...fixed, optimizer, epochs: 3 }), checkpoint, resume: true })
    const whole = newModel(backend)
    await whole.fit(x, y, options({ ...fixed, optimizer: new SGD({ lr: 0.1, momentum: 0.9 }), epochs: 3 }))
    expect(weightBits(longer)).toBe(weightBits(whole))
  })
})

it('callbacks without a state may come and go, and so may the loop of steps()', async () => {
  const backend = reference()
  const whole = newModel(backend)
  await whole.fit(x, y, options())
  const checkpoint = newPath()
  for await (const { epoch, step } of newModel(backend).steps(x, y, options({ checkpoint }))) {
    if (epoch === 1 && step === 4) break
  }
  const resumed = newModel(backend)
  await resumed.fit(x, y, options({ checkpoint, resume: true }))
  expect(weightBits(resumed)).toBe(weightBits(whole))
  const { callbacks = [] } = options()
  const more = options({ checkpoint, resume: true, epochs: 4, callbacks: [{ onEpochEnd() {} }, ...callbacks] })
  let steps = 0
  for await (const _step of newModel(backend).steps(x, y, more)) steps++
  expect(steps).toBe(0)
})

it('a checkpoint that cannot be written ends training, and does not hide what else went wrong', async () => {
  const backend = reference()
  const run = async (onBatchEnd: () => void): Promise<unknown> => {
    const gone = mkdtempSync(join(folder, 'gone-'))
    const remove: Callback = { onEpochEnd: () => rmSync(gone, { recursive: true, force: true }) }
    const own: Callback = {
      onBatchEnd({ epoch }) {
        if (epoch === 1) onBatchEnd()
      },
    }
    const more = options({ callbacks: [remove, own], checkpoint: join(gone, 'run.safetensors') })
    return await newModel(backend).fit(x, y, more)
  }
  await expect(run(() => {})).rejects.toMatchObject({ code: 'ERR_FILE' })
  const fail = (): void => {
    throw new Error('from the callback')
  }
  await expect(run(fail)).rejects.toThrow('from the callback')
})

describe('refused', () => {
  const backend = reference()
  const checkpoint = newPath()
  const base = (more: Partial<FitOptions> = {}) => options({ epochs: 1, callbacks: [], ...more })

  it('another model, other data or options, with what differs', async () => {
    await newModel(backend).fit(x, y, base({ checkpoint }))
    const resume = { checkpoint, resume: true }
    await expect(newModel(backend, 8).fit(x, y, base(resume))).rejects.toThrow(/it is of another model/)
    await expect(newModel(backend).fit(x, y, base({ ...resume, batchSize: 20 }))).rejects.toThrow(
      /batchSize is 20, the run that it belongs to had 16/,
    )
    await expect(
      newModel(backend).fit(x, y, base({ ...resume, optimizer: new SGD({ lr: 0.1 }) })),
    ).rejects.toMatchObject({ code: 'ERR_ARGUMENT', message: expect.stringContaining('optimizer is {"kind":"SGD"') })
    const fewer = toyData(200, 12, 4)
    await expect(newModel(backend).fit(fewer.x, fewer.y, base(resume))).rejects.toThrow(/data is/)
    await expect(newModel(backend).fit(x, y, base({ ...resume, callbacks: [new EarlyStopping()] }))).rejects.toThrow(
      /callbacks with a state are EarlyStopping, the run that it belongs to had none/,
    )
  })

  it('damaged files, and the model stays as it is', async () => {
    const bytes = readFileSync(checkpoint)
    const resume = { checkpoint: newPath(), resume: true }
    const flipped = Buffer.from(bytes)
    flipped[bytes.length - 9] = (flipped[bytes.length - 9] as number) ^ 1
    for (const damaged of [
      flipped,
      bytes.subarray(0, bytes.length - 5),
      bytes.subarray(0, 4),
      Buffer.from('x'.repeat(100)),
    ]) {
      writeFileSync(resume.checkpoint, damaged)
      const model = newModel(backend)
      model.seal([[12]])
      const before = weightBits(model)
      await expect(model.fit(x, y, base(resume))).rejects.toMatchObject({ code: 'ERR_FILE' })
      expect(weightBits(model)).toBe(before)
    }
  })

  it('a plain model file, a missing folder, resume without a checkpoint', async () => {
    const path = newPath()
    const model = newModel(backend)
    model.seal([[12]])
    await model.save(path)
    await expect(newModel(backend).fit(x, y, base({ checkpoint: path, resume: true }))).rejects.toThrow(
      /is no checkpoint/,
    )
    const nowhere = join(folder, 'no', 'where.safetensors')
    await expect(newModel(backend).fit(x, y, base({ checkpoint: nowhere }))).rejects.toMatchObject({ code: 'ERR_FILE' })
    await expect(newModel(backend).fit(x, y, base({ resume: true }))).rejects.toMatchObject({ code: 'ERR_ARGUMENT' })
  })
})

it('20 times killed at a random moment, a run ends with the hash of one that was not', async () => {
  const child = 'test/train/checkpoint-child.ts'
  const expected = await runChild(child, [''])
  expect(expected.output).toMatch(/^hash \w{64}$/m)
  const path = newPath()
  const written = (): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const random = new Random(1)
  let kills = 0
  while (kills < 20) {
    const before = written()
    const running = spawn(process.execPath, ['--import', 'tsx', child, path], { stdio: 'ignore' })
    const ended = new Promise((resolve) => running.once('exit', resolve))
    // Once it has written a checkpoint of its own, at any moment of the next ones.
    while (written() === before && running.exitCode === null) await pause(2)
    await pause(random.below(40))
    if (running.exitCode !== null) break
    running.kill('SIGKILL')
    await ended
    kills++
  }
  const ended = await runChild(child, [path])
  expect(ended.output.trim(), ended.output).toBe(expected.output.trim())
  expect(kills).toBe(20)
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
}, 240_000)
