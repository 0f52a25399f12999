// Memories of the WebAssembly backend: models come and go, and one may lie in two.

import { expect, test } from 'vitest'
import {
  crossEntropy,
  Dataset,
  Linear,
  ReLU,
  reference,
  Sequential,
  SGD,
  spiral,
  Tensor,
  wasm,
} from '../../src/index.js'
import type { Backend } from '../../src/kernels/backend.js'
import { KernelInstance } from '../../src/kernels/wasm/kernel-instance.js'

const gigabyte = 2 ** 30

async function train(backend: Backend = wasm()): Promise<Float32Array> {
  const model = new Sequential([new Linear(2, 32), new ReLU(), new Linear(32, 3)], { seed: 1, backend })
  await model.fit(spiral({ seed: 1 }), {
    epochs: 3,
    batchSize: 30,
    optimizer: new SGD({ lr: 0.5 }),
    loss: crossEntropy(),
  })
  return model.predict(spiral({ seed: 1 }).x).data as Float32Array
}

test('a model whose arenas lie in two memories learns the same bits', async () => {
  const expected = await train()
  for (let left = 200; left > 0; left -= 20) {
    // Fills the current memory up to some kilobytes, so that a model begins in it and goes on in the next.
    const { buffer } = wasm().allocate(64)
    const { room } = KernelInstance.of(buffer) as KernelInstance
    wasm().allocate(Math.max(64, room - buffer.byteLength / 4 - left * 64))
    expect(await train()).toEqual(expected)
  }
})

test('hundreds of arenas of 20 MB come and go', async () => {
  for (let i = 0; i < 300; i++) {
    wasm().allocate(20e6).fill(1)
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve))
  }
  expect(process.memoryUsage.rss()).toBeLessThan(4 * gigabyte)
})

test('what fit and evaluate use is given back: more data, over the calls, than a memory holds', async () => {
  const rows = 100_000
  const x = new Tensor(new Uint8Array(rows * 500), [rows, 500])
  const data = new Dataset(x, new Int32Array(rows))
  const model = new Sequential([new Linear(500, 2)], { seed: 1, backend: wasm() })
  const options = { batchSize: 5000, optimizer: new SGD({ lr: 0.1 }), loss: crossEntropy() }
  for (let i = 0; i < 15; i++) {
    await model.fit(data, options)
    await model.evaluate(data, { batchSize: 5000 })
  }
  expect(30 * x.size).toBeGreaterThan(gigabyte)
}, 60_000)

test('blocks that were given back are used again, zeroed and joined', () => {
  const { buffer } = wasm().allocate(64)
  const instance = KernelInstance.of(buffer) as KernelInstance
  const blocks = [1, 2, 3].map(() => instance.allocate(1000) as number)
  for (const start of blocks) new Uint8Array(buffer, start, 1000).fill(7)
  for (const start of [blocks[1], blocks[0], blocks[2]]) instance.free(start as number, 1000)
  const all = instance.allocate(3 * 1024) as number
  expect(all).toBe(blocks[0])
  expect(new Uint8Array(buffer, all, 3 * 1024).every((byte) => byte === 0)).toBe(true)
})

test('what does not fit into 4 GiB is refused in words', () => {
  expect(() => wasm().allocate(5 * gigabyte)).toThrow(/5120 MiB are not to be had for WebAssembly.*smaller batch size/)
})

test('more threads than one are refused', () => {
  expect(() => wasm().withThreads(2)).toThrow(/threads is 2, but the WebAssembly backend has one thread/)
})

test('learns what the reference learns, within float32', async () => {
  const [own, other] = [await train(), await train(reference())]
  expect(Math.max(...own.map((value, i) => Math.abs(value - (other[i] as number))))).toBeLessThan(1e-4)
})
