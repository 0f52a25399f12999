// TensorBoard: its event files, decoded by a decoder of the tests' own; npm run test:interop reads them with TensorBoard.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TensorBoard, type TrainingProgress, type TrainingRun } from '../../../src/index.js'
import { failure, failureOf } from '../../failure.js'
import { type DecodedEvent, type DecodedHistogram, decodeEvents } from '../event-files/decode.js'
import { logs, runAt, toyFit, toyModel, x, y } from './toy-run.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netwright-board-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const filesOf = (run: string): string[] => readdirSync(join(dir, run)).sort()
/** Events of a run, without the one that begins each file. */
const events = (run: string): DecodedEvent[] =>
  filesOf(run).flatMap((name) => decodeEvents(readFileSync(join(dir, run, name))).slice(1))
const series = (run: string, tag: string): [number, number][] =>
  events(run).flatMap(({ step, values }) => (tag in values ? [[step, values[tag] as number]] : []))
const rounded = (values: readonly number[], first = 0): [number, number][] =>
  values.map((value, i) => [first + i, Math.fround(value)])

test('writes the history as Keras names it, training and validation apart', async () => {
  const before = Date.now() / 1000
  const history = await toyFit({ validationData: { x, y }, callbacks: [new TensorBoard({ dir })] })
  expect(series('train', 'epoch_loss')).toEqual(rounded(history.loss))
  expect(series('train', 'epoch_accuracy')).toEqual(rounded(history.accuracy))
  expect(series('train', 'epoch_learning_rate')).toEqual(rounded(history.lr))
  expect(series('train', 'epoch_samples_per_second')).toEqual(rounded(history.samplesPerSecond))
  expect(series('validation', 'epoch_loss')).toEqual(rounded(history.valLoss))
  expect(series('validation', 'epoch_accuracy')).toEqual(rounded(history.valAccuracy))
  expect(Object.keys(events('train')[0]?.values ?? {})).toHaveLength(4)
  expect(Object.keys(events('validation')[0]?.values ?? {})).toHaveLength(2)
  for (const { wallTime } of [...events('train'), ...events('validation')]) {
    expect(wallTime).toBeGreaterThanOrEqual(before)
    expect(wallTime).toBeLessThanOrEqual(Date.now() / 1000)
  }
})

test('files are named as TensorBoard looks for them, and begin with their version', async () => {
  await toyFit({ callbacks: [new TensorBoard({ dir })] })
  await toyFit({ callbacks: [new TensorBoard({ dir })] })
  expect(readdirSync(dir)).toEqual(['train'])
  const names = filesOf('train')
  expect(names).toHaveLength(2)
  for (const name of names) {
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./)
    expect(name).toContain(`.${hostname()}.${process.pid}.`)
    const [first] = decodeEvents(readFileSync(join(dir, 'train', name)))
    expect(first).toMatchObject({ version: 'brain.Event:2', values: {} })
  }
})

test('metrics that are numbers are charts of their own', async () => {
  const board = new TensorBoard({ dir })
  await board.onTrainBegin(runAt(0))
  const metrics = { f1: 0.5, each: [1, 2] }
  await board.onEpochEnd(0, logs(1, { valLoss: 2, metrics, valMetrics: { f1: 0.25 } }), runAt(0))
  expect(series('train', 'epoch_f1')).toEqual([[0, 0.5]])
  expect(series('validation', 'epoch_f1')).toEqual([[0, 0.25]])
  expect(series('train', 'epoch_each')).toEqual([])
})

test('everySteps: the means so far, at the model’s steps', async () => {
  const seen: [number, number][] = []
  const watch = {
    onProgress: ({ loss }: TrainingProgress, { steps }: TrainingRun) => void seen.push([steps, Math.fround(loss)]),
  }
  const [model, callbacks] = [toyModel(), [new TensorBoard({ dir, everySteps: 1 }), watch]]
  await toyFit({ callbacks }, model)
  await toyFit({ callbacks }, model)
  expect(series('train', 'batch_loss')).toEqual(seen)
  expect(seen.at(-1)?.[0]).toBe(12)
  expect(series('train', 'batch_accuracy')).toHaveLength(seen.length)
  expect(series('train', 'epoch_loss')).toHaveLength(4)
})

test('everySteps: n leaves out what lies between', async () => {
  const board = new TensorBoard({ dir, everySteps: 10 })
  await board.onTrainBegin(runAt(0))
  const progress = { epoch: 0, samples: 1, totalSamples: 100, seconds: 1, lr: 0.1 }
  for (const steps of [4, 9, 13, 18, 20, 47]) {
    await board.onProgress({ ...progress, loss: steps }, { ...runAt(0), steps })
  }
  expect(series('train', 'batch_loss').map(([step]) => step)).toEqual([13, 20, 47])
})

test('histograms of all parameters, by their names', async () => {
  const model = toyModel()
  await toyFit({ epochs: 1, callbacks: [new TensorBoard({ dir, histograms: true })] }, model)
  const [event] = events('train')
  const found = Object.entries(event?.values ?? {}).filter(([, value]) => typeof value !== 'number')
  expect(found.map(([tag]) => tag)).toEqual(
    ['0.weight', '0.bias', '2.weight', '2.bias'].map((name) => `${name}/histogram`),
  )
  for (const [tag, value] of found) {
    const { min, max, count, sum, sumOfSquares, limits, counts } = value as DecodedHistogram
    const weights = [...(model.stateDict()[tag.split('/')[0] as string]?.data ?? [])]
    expect(count).toBe(weights.length)
    expect(min).toBe(Math.min(...weights))
    expect(max).toBe(Math.max(...weights))
    expect(sum).toBeCloseTo(
      weights.reduce((total, w) => total + w, 0),
      10,
    )
    expect(sumOfSquares).toBeCloseTo(
      weights.reduce((total, w) => total + w * w, 0),
      10,
    )
    expect(limits).toHaveLength(30)
    expect(limits.at(-1)).toBe(max)
    // Cumulative counts at every edge, but for values on the edge itself.
    let below = 0
    for (const [i, limit] of limits.entries()) {
      below += counts[i] as number
      expect(below).toBeGreaterThanOrEqual(weights.filter((w) => w < limit - 1e-9).length)
      expect(below).toBeLessThanOrEqual(weights.filter((w) => w <= limit + 1e-9).length)
    }
    expect(below).toBe(weights.length)
  }
})

test('histograms: equal weights are one bin, values that are not finite are left out', async () => {
  const model = toyModel()
  await toyFit({ epochs: 1 }, model)
  const [first, bias, weight] = model.params.map(({ data }) => data)
  bias?.fill(0.5)
  weight?.fill(Number.NaN)
  first?.fill(1)
  first?.set([Number.NaN, Number.POSITIVE_INFINITY, 3])
  const board = new TensorBoard({ dir, histograms: true })
  await board.onTrainBegin(runAt(0, model))
  await board.onEpochEnd(0, logs(1), runAt(0, model))
  const values = events('train')[0]?.values ?? {}
  expect(values['0.bias/histogram']).toMatchObject({ min: 0.5, max: 0.5, count: 8, limits: [0.5], counts: [8] })
  expect(values['0.weight/histogram']).toMatchObject({ min: 1, max: 3, count: 94, sum: 96 })
  expect(values).not.toHaveProperty(['2.weight/histogram'])
})

test('a further fit with the same object goes on in the same file and counts on', async () => {
  const [model, callbacks] = [toyModel(), [new TensorBoard({ dir })]]
  const first = await toyFit({ callbacks }, model)
  const second = await toyFit({ callbacks, validationData: { x, y } }, model)
  expect(filesOf('train')).toHaveLength(1)
  expect(series('train', 'epoch_loss')).toEqual(rounded([...first.loss, ...second.loss]))
  expect(series('validation', 'epoch_loss')).toEqual(rounded(second.valLoss, 2))
})

test('a run from initialEpoch, or resumed, keeps the numbers of its epochs', async () => {
  const board = new TensorBoard({ dir })
  const history = await toyFit({ epochs: 5, initialEpoch: 3, callbacks: [board] })
  expect(series('train', 'epoch_loss')).toEqual(rounded(history.loss, 3))
  const resumed = new TensorBoard({ dir })
  resumed.setState(board.state())
  await resumed.onTrainBegin(runAt(4))
  for (const epoch of [4, 5]) await resumed.onEpochEnd(epoch, logs(epoch), runAt(epoch))
  expect(series('train', 'epoch_loss').map(([step]) => step)).toEqual([3, 4, 4, 5])
  // Resumed within the first epoch: not counted on after the five that it has.
  resumed.setState(board.state())
  await resumed.onTrainBegin(runAt(0))
  await resumed.onEpochEnd(0, logs(0), runAt(0))
  expect(series('train', 'epoch_loss').at(-1)).toEqual([0, 0])
})

test('a folder that cannot be written is an error before training', async () => {
  const began: number[] = []
  const watch = { onEpochBegin: (epoch: number) => void began.push(epoch) }
  const file = join(dir, 'file')
  writeFileSync(file, '')
  const { code, message } = await failureOf(() => toyFit({ callbacks: [new TensorBoard({ dir: file }), watch] }))
  expect(code).toBe('ERR_FILE')
  expect(message).toMatch(`${join(file, 'train')}: event files cannot be written there (`)
  expect(began).toEqual([])
  // A folder that has gone between two calls of fit.
  const gone = join(dir, 'gone')
  const board = new TensorBoard({ dir: gone })
  await toyFit({ callbacks: [board] })
  rmSync(gone, { recursive: true })
  expect((await failureOf(() => toyFit({ callbacks: [board, watch] }))).code).toBe('ERR_FILE')
  expect(began).toEqual([])
  expect(existsSync(gone)).toBe(false)
})

test('options are checked', () => {
  expect(failure(() => new TensorBoard({} as never)).message).toBe(
    "TensorBoard: dir is undefined, expected a folder's path",
  )
  expect(failure(() => new TensorBoard({ dir, everySteps: 0 })).message).toBe(
    'TensorBoard: everySteps is 0, expected a whole number from 1',
  )
  expect(failure(() => new TensorBoard({ dir, histograms: 1 } as never)).code).toBe('ERR_ARGUMENT')
  expect(failure(() => new TensorBoard({ logDir: dir } as never)).message).toBe(
    "TensorBoard: unknown option 'logDir', expected dir, everySteps, histograms",
  )
})
