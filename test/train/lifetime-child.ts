// Scenes about who lives how long, run by lifetime.native.test.ts in processes of their own:
// lifetime-child.ts <scene> [argument]. A scene that must go on to its end prints 'finished' there.

import assert from 'node:assert/strict'
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads'
import { native } from '../../src/kernels/native/index.js'
import { requireAddon } from '../../src/kernels/native/load.js'
import { Plan } from '../../src/kernels/plan.js'
import { record } from '../../src/kernels/recorder.js'
import { constant } from '../../src/layers/initialisers.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
const collect = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    // Finalizers of native objects run in a turn of their own.
    await pause(1)
  }
}
const newModel = (seed = 1): Sequential =>
  new Sequential([new Linear(100, 200), new ReLU(), new Linear(200, 10)], {
    seed,
    backend: native({ threads: 2 }),
  })
const data = (samples = 2000) => toyData(samples, 100, 10)
const options = (epochs: number, batchSize = 32) => ({
  epochs,
  batchSize,
  optimizer: new SGD({ lr: 0.01 }),
  loss: crossEntropy(),
})

async function survivesCollection(): Promise<void> {
  // A model of which only the promise of its training is left.
  const { x, y } = data()
  const expected = newModel()
  await expected.fit(x, y, options(5))
  const trained: string[] = []
  const begin = (): Promise<void> => {
    const { x: samples, y: labels } = data()
    const model = newModel()
    return model
      .fit(samples, labels, {
        ...options(5),
        callbacks: [
          {
            onTrainEnd() {
              trained.push(weightBits(model))
            },
          },
        ],
      })
      .then(() => undefined)
  }
  const training = begin()
  let ended = false
  void training.then(() => {
    ended = true
  })
  while (!ended) {
    await collect()
    // Memory that was given back too early would be given out again, and written to.
    new SharedArrayBuffer(1 << 20)
    new Float32Array(1 << 18).fill(Number.NaN)
  }
  assert.deepEqual(trained, [weightBits(expected)])

  // A plan of which only the callback of its run is left.
  const backend = native()
  const start = (): Promise<number[]> => {
    let kept = 0
    const n = 1 << 20
    const recording = record('float32', [], [], (recorder) => {
      const y = recorder.kernels.empty([n])
      kept = recorder.keep(y)
      for (let i = 0; i < 20; i++) recorder.kernels.randomUniform({ y, n, seed: 1, stream: 2, step: i })
      recorder.kernels.fill({ y, n, value: 3 })
    })
    const plan = new Plan(backend, recording, 1, backend.createLock())
    plan.bind({})
    return plan.run(new Float64Array(4).fill(1), 4).then(() => [...plan.read(kept, [n]).data.slice(0, 3)])
  }
  const results = Array.from({ length: 8 }, start)
  for (let i = 0; i < 20; i++) await collect()
  assert.deepEqual(await Promise.all(results), new Array(8).fill([3, 3, 3]))
}

/** Training for far longer than the test lasts. */
function trainForever(): void {
  const { x, y } = data()
  void newModel().fit(x, y, options(1e6))
}

async function exits(code: string): Promise<void> {
  trainForever()
  await pause(5 + 3 * (Number(code) % 10))
  process.exit(Number(code))
}

async function throws(): Promise<void> {
  trainForever()
  await pause(20)
  throw new Error('thrown while training')
}

async function predictWhileTraining(): Promise<void> {
  const { x, y } = data()
  const model = newModel()
  await model.fit(x, y, options(1))
  void model.fit(x, y, options(1e6))
  // Termination comes, as often as not, while the prediction holds the lock.
  for (;;) {
    for (let i = 0; i < 200; i++) model.predict(x)
    await pause(0)
  }
}

function startWorker(scene: string): Worker {
  // --import tsx registers itself in the main thread only.
  const code = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import('${import.meta.url}') })`
  return new Worker(code, { eval: true, workerData: scene })
}
const firstMessage = (worker: Worker): Promise<unknown> =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })

async function workers(): Promise<void> {
  const scenes = ['train', 'train', 'train', 'predict', 'predict', 'predict', 'sync', 'locked']
  const started = scenes.map(startWorker)
  const last = startWorker('finish')
  const result = firstMessage(last)
  await Promise.all(started.map(firstMessage))
  for (const [i, worker] of started.entries()) {
    await pause(3 + 7 * i)
    await worker.terminate()
  }
  const expected = newModel(5)
  const { x, y } = data()
  await expected.fit(x, y, options(3))
  assert.equal(await result, weightBits(expected))
  await last.terminate()
}

async function fifty(): Promise<void> {
  for (let wave = 0; wave < 5; wave++) {
    const started = Array.from({ length: 10 }, () => startWorker('train'))
    await Promise.all(
      started.map(async (worker, i) => {
        await firstMessage(worker)
        await pause(5 * i)
        await worker.terminate()
      }),
    )
  }
}

/** A worker is the first to load the addon, and ends: the code of the threads that it made must stay. */
async function unload(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const worker = startWorker('job')
    await firstMessage(worker)
    await worker.terminate()
    await pause(50)
  }
}

async function inWorker(scene: string): Promise<void> {
  const post = (message: unknown): void => parentPort?.postMessage(message)
  switch (scene) {
    case 'train':
      trainForever()
      await pause(20)
      post('training')
      break
    case 'predict':
      setTimeout(() => post('predicting'), 100)
      await predictWhileTraining()
      break
    case 'sync': {
      const model = newModel(threadId)
      const { x } = data()
      post('computing')
      for (;;) model.forward(x)
    }
    case 'job': {
      const addon = requireAddon()
      const plan = new addon.Plan(new Float64Array(0), 0, 0, 1, addon.isas()[0] as string, 1, new addon.Lock())
      plan.bind([])
      plan.run(Float64Array.of(1), 1, 0, 0, 1, () => post('done'))
      break
    }
    case 'locked': {
      // Ends holding a lock that a job is waiting for: everybody's training would wait with it.
      const backend = native()
      const lock = backend.createLock()
      const recording = record('float32', [], [], (recorder) => {
        recorder.phase = 'commit'
        recorder.kernels.fill({ y: recorder.kernels.empty([4]), n: 4, value: 1 })
      })
      const plan = new Plan(backend, recording, 1, lock)
      plan.bind({})
      lock.acquire()
      void plan.run(Float64Array.of(1), 1)
      post('waiting')
      break
    }
    case 'finish': {
      const model = newModel(5)
      const { x, y } = data()
      await model.fit(x, y, options(3))
      post(weightBits(model))
    }
  }
}

async function idle(): Promise<void> {
  const { x, y } = data(200)
  const model = newModel()
  model.predict(x)
  await model.fit(x, y, options(1))
}

function pending(): void {
  const { x, y } = data()
  void newModel()
    .fit(x, y, options(20))
    .then(() => console.log('finished'))
}

async function manyModels(): Promise<void> {
  const { x, y } = toyData(64, 400, 10)
  let most = 0
  for (let i = 0; i < 400; i++) {
    // 400 · 500 + … weights and as many gradients: 1.6 MB. Constant weights: random ones take most of the time.
    const layers = [new Linear(400, 500, { init: constant(0.01) }), new ReLU(), new Linear(500, 10)]
    const model = new Sequential(layers, { backend: native() })
    await model.fit(x, y, options(1, 64))
    most = Math.max(most, process.memoryUsage().rss)
  }
  console.log(`RSS ${(most / 2 ** 20).toFixed()} MB`)
  assert(most < 500 * 2 ** 20)
}

/** Arenas alone: nothing else makes the engine collect, so it must know of their size. */
async function manyArenas(): Promise<void> {
  const backend = native()
  let most = 0
  for (let i = 0; i < 400; i++) {
    backend.allocate(4e6).fill(1)
    await pause(0)
    most = Math.max(most, process.memoryUsage().rss)
  }
  console.log(`RSS ${(most / 2 ** 20).toFixed()} MB`)
  assert(most < 500 * 2 ** 20)
}

async function flat(): Promise<void> {
  const { x, y } = data(1000)
  const measured: NodeJS.MemoryUsage[] = []
  let epoch = 0
  const onEpochEnd = async (): Promise<void> => {
    epoch++
    if (epoch % 20 !== 2) return
    await collect()
    measured.push(process.memoryUsage())
  }
  // 1,000 steps an epoch.
  await newModel().fit(x, y, { ...options(42, 1), callbacks: [{ onEpochEnd }] })
  // What the engine grows at some time is not in both stretches; what a step keeps is.
  const least = (what: keyof NodeJS.MemoryUsage): number => {
    const [first, second, third] = measured.map((usage) => usage[what]) as [number, number, number]
    return Math.min(second - first, third - second)
  }
  const grown = {
    heap: least('heapUsed'),
    external: least('external'),
    arrayBuffers: least('arrayBuffers'),
    rss: least('rss'),
  }
  console.log('bytes more after 20,000 steps', grown)
  // A step that kept 16 bytes would show as 320 kB.
  assert(grown.heap < 300_000)
  assert(grown.external < 50_000 && grown.arrayBuffers < 50_000)
  assert(grown.rss < 16 * 2 ** 20)
}

const scenes: Record<string, (argument: string) => void | Promise<void>> = {
  collection: survivesCollection,
  exit: exits,
  throw: throws,
  workers,
  fifty,
  unload,
  idle,
  pending,
  models: manyModels,
  arenas: manyArenas,
  flat,
}
if (isMainThread) {
  const [scene = '', argument = ''] = process.argv.slice(2)
  await scenes[scene]?.(argument)
  if (scene !== 'pending') console.log('finished')
} else {
  await inWorker(workerData as string)
}
