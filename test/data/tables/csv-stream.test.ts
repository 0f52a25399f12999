import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type CsvStreamOptions, csvStream, readCsv } from '../../../src/data/csv.js'
import type { DataStream } from '../../../src/data/stream.js'
import { Linear } from '../../../src/layers/linear.js'
import { crossEntropy } from '../../../src/losses/cross-entropy.js'
import { SGD } from '../../../src/optim/sgd.js'
import { Sequential } from '../../../src/sequential.js'
import type { Tensor } from '../../../src/tensor/tensor.js'
import { failureOf } from '../../failure.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-csv-stream-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rows = 3000
const path = join(folder, 'rows.csv')
const cells = (i: number) => `${(i % 17) / 16},${i % 5 === 0 ? '' : (i % 23) / 22},${i % 2 ? 'even' : 'odd'},${i % 3}`
writeFileSync(path, `a,b,c,y\n${Array.from({ length: rows }, (_, i) => `${cells(i)}\n`).join('')}`)
const options = { target: 'y', categorical: ['c'], missing: 'mean' } as const

async function chunksOf(stream: DataStream, signal = new AbortController().signal) {
  const chunks: { x: Tensor; y: Tensor }[] = []
  for await (const chunk of stream.source({ signal, epoch: 0 })) chunks.push(chunk as { x: Tensor; y: Tensor })
  return chunks
}

describe('csvStream', () => {
  test('has the samples of readCsv, in pieces', async () => {
    const set = await readCsv(path, options)
    const stream = await csvStream(path, options)
    expect([stream.length, stream.classNames, stream.preprocessing]).toEqual([rows, ['0', '1', '2'], set.preprocessing])
    const chunks = await chunksOf(stream)
    expect(chunks.map(({ x }) => x.shape)).toEqual([
      [1024, 4],
      [1024, 4],
      [952, 4],
    ])
    expect(chunks.flatMap(({ x }) => [...x.data])).toEqual([...set.x.data])
    expect(chunks.flatMap(({ y }) => [...y.data])).toEqual([...set.y.data])
  })

  test('dropped rows do not count', async () => {
    const stream = await csvStream(path, { ...options, missing: 'drop' })
    expect(stream.length).toBe(2400)
    expect((await chunksOf(stream)).reduce((sum, { y }) => sum + y.size, 0)).toBe(2400)
  })

  test('with the preprocessing of other data it only counts', async () => {
    const { preprocessing } = await readCsv(path, options)
    if (preprocessing === undefined) throw new Error('no preprocessing')
    const progress: number[] = []
    const long = join(folder, 'long.csv')
    writeFileSync(long, `a,b,c,y\n${'1,2,odd,0\n'.repeat(70_000)}`)
    const stream = await csvStream(long, { preprocessing, onProgress: (count) => progress.push(count) })
    expect([stream.length, progress]).toEqual([70_000, [65_536]])
  })

  test('fit and evaluate give the numbers of the data set in memory', async () => {
    const train = async (data: Awaited<ReturnType<typeof readCsv>> | DataStream) => {
      const model = new Sequential([new Linear(4, 3)], { seed: 1 })
      await model.fit(data as never, {
        epochs: 2,
        batchSize: 100,
        shuffle: false,
        optimizer: new SGD(),
        loss: crossEntropy(),
      })
      return [model.preprocessing, Object.values(model.stateDict()).map((tensor) => [...tensor.data])]
    }
    expect(await train(await csvStream(path, { ...options, buffer: 700 }))).toEqual(
      await train(await readCsv(path, options)),
    )
  })

  test('aborting ends the first pass and a pass of training', async () => {
    const reason = new Error('enough')
    const { message } = await failureOf(() => csvStream(path, { ...options, signal: AbortSignal.abort(reason) }))
    expect(message).toBe('enough')
    const stream = await csvStream(path, options)
    expect((await failureOf(() => chunksOf(stream, AbortSignal.abort(reason)))).message).toBe('enough')
  })

  test('a bad row is an error with its line, when opened and when the file changed since', async () => {
    const changing = join(folder, 'changing.csv')
    writeFileSync(changing, 'a,y\n1,0\n2,1\n')
    const stream = await csvStream(changing, { target: 'y' })
    writeFileSync(changing, 'a,y\n1,0\nx,1\n')
    expect((await failureOf(() => chunksOf(stream))).message).toMatch(/line 3: column "a" has "x", expected a number/)
    expect((await failureOf(() => csvStream(changing, { target: 'y' }))).message).toMatch(/line 3: column "a" has "x"/)
    const wrong = { target: 'y', buffer: 0 } as CsvStreamOptions
    expect((await failureOf(() => csvStream(changing, wrong))).message).toMatch(/^csvStream: buffer is 0/)
  })
})
