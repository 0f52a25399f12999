// CSVLogger: the file's lines as training goes on, further calls of fit, and files that it refuses.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CSVLogger } from '../../../src/index.js'
import { failure, failureOf } from '../../failure.js'
import { logs, runAt, toyFit, toyModel, x, y } from './toy-run.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-csv-'))
  path = join(folder, 'run.csv')
})
afterEach(() => rmSync(folder, { recursive: true }))

const header = 'epoch,loss,accuracy,valLoss,valAccuracy,seconds,samplesPerSecond,lr'
const lines = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)
const line = (epoch: number, loss: number): string => `${epoch},${loss},,,,2,30,0.1`

/** What fit does with a callback: epochs from `from` on with these losses. */
async function run(logger: CSVLogger, from: number, ...losses: number[]): Promise<void> {
  await logger.onTrainBegin(runAt(from))
  for (const [i, loss] of losses.entries()) await logger.onEpochEnd(from + i, logs(loss))
}

test('writes what History.toCSV has, each line as its epoch ends', async () => {
  const counts: number[] = []
  const watch = { onEpochEnd: () => void counts.push(lines().length) }
  const history = await toyFit({ validationData: { x, y }, callbacks: [new CSVLogger(path), watch] })
  expect(counts).toEqual([2, 3])
  expect(readFileSync(path, 'utf8')).toBe(history.toCSV())
  expect(lines()[0]).toBe(header)
  expect(
    lines()[1]
      ?.split(',')
      .every((cell) => cell !== ''),
  ).toBe(true)
})

test('metrics have columns, lists among them', async () => {
  const metrics = ['f1', 'confusionMatrix'] as const
  const history = await toyFit({ validationData: { x, y }, metrics, callbacks: [new CSVLogger(path)] })
  expect(readFileSync(path, 'utf8')).toBe(history.toCSV())
  expect(lines()[0]).toBe(`${header},metrics.f1,metrics.confusionMatrix,valMetrics.f1,valMetrics.confusionMatrix`)
  expect(lines()[1]).toContain(`"${JSON.stringify(history.metrics.confusionMatrix?.[0])}"`)
})

test('a file of before is written anew', async () => {
  writeFileSync(path, 'anything at all')
  const history = await toyFit({ callbacks: [new CSVLogger(path)] })
  expect(readFileSync(path, 'utf8')).toBe(history.toCSV())
})

test('a further fit with the same logger writes on and counts on', async () => {
  const [model, logger] = [toyModel(), new CSVLogger(path)]
  const first = await toyFit({ callbacks: [logger] }, model)
  const second = await toyFit({ callbacks: [logger] }, model)
  const rows = [first, second].flatMap(({ loss }) => loss).map((loss, epoch) => `${epoch},${loss}`)
  expect(lines().map((text) => text.split(',').slice(0, 2).join())).toEqual(['epoch,loss', ...rows])
})

test('append: another logger writes on, with no second header', async () => {
  await run(new CSVLogger(path), 0, 5, 4)
  await run(new CSVLogger(path, { append: true }), 0, 3)
  expect(lines()).toEqual([header, line(0, 5), line(1, 4), line(2, 3)])
})

test('append to no file, and to an empty one', async () => {
  await run(new CSVLogger(path, { append: true }), 0, 5)
  expect(lines()).toEqual([header, line(0, 5)])
  writeFileSync(path, '')
  await run(new CSVLogger(path, { append: true }), 0, 4)
  expect(lines()).toEqual([header, line(0, 4)])
})

test('a run from initialEpoch replaces the lines of the epochs that it repeats', async () => {
  await run(new CSVLogger(path), 0, 5, 4, 3, 2)
  await run(new CSVLogger(path, { append: true }), 2, 2.5, 1.5, 0.5)
  expect(lines()).toEqual([header, line(0, 5), line(1, 4), line(2, 2.5), line(3, 1.5), line(4, 0.5)])
})

test('a run resumed from a checkpoint ends with the lines of an uninterrupted one', async () => {
  const [file, early] = [join(folder, 'run.safetensors'), join(folder, 'early.safetensors')]
  const whole = await toyFit({ epochs: 5, callbacks: [new CSVLogger(join(folder, 'whole.csv'))] })
  // What a kill in the fourth epoch may leave: three lines, and a checkpoint of an epoch before.
  const keepEarly = (epoch: number): void => {
    if (epoch === 2) copyFileSync(file, early)
  }
  const killed = { onEpochEnd: keepEarly, state: () => ({ values: null }), setState: () => {} }
  const train = (epochs: number, checkpoint: string) =>
    toyFit({ epochs, checkpoint, resume: true, callbacks: [new CSVLogger(path), killed] })
  await train(3, file)
  expect(lines()).toHaveLength(4)
  await train(5, early)
  const measured = lines().map((text) => text.split(',').slice(0, 3).join())
  expect(measured).toEqual([
    'epoch,loss,accuracy',
    ...whole.loss.map((loss, epoch) => `${epoch},${loss},${whole.accuracy[epoch]}`),
  ])
})

test('a run resumed within its first epoch has one line for it', async () => {
  await run(new CSVLogger(path), 0, 5)
  const resumed = new CSVLogger(path)
  resumed.setState(new CSVLogger(path).state())
  await run(resumed, 0, 4.5, 3.5)
  expect(lines()).toEqual([header, line(0, 4.5), line(1, 3.5)])
})

test('a run that goes back, as NaNGuard has it, has one line for each epoch', async () => {
  const logger = new CSVLogger(path)
  await run(logger, 0, 5, 4, 3)
  await logger.onEpochEnd(1, logs(4.5))
  expect(lines()).toEqual([header, line(0, 5), line(1, 4.5)])
})

test('a resumed run that ends before its first epoch does changes nothing', async () => {
  await run(new CSVLogger(path), 0, 5, 4)
  await run(new CSVLogger(path, { append: true }), 1)
  expect(lines()).toEqual([header, line(0, 5), line(1, 4)])
})

test('half a line, which a crash of the machine may leave, is dropped', async () => {
  await run(new CSVLogger(path), 0, 5)
  appendFileSync(path, '1,4,')
  await run(new CSVLogger(path, { append: true }), 1, 4.5)
  expect(lines()).toEqual([header, line(0, 5), line(1, 4.5)])
})

test('refuses a file with other columns', async () => {
  const logger = new CSVLogger(path)
  await logger.onTrainBegin(runAt(0))
  await logger.onEpochEnd(0, logs(5, { metrics: { f1: 0.5 } }))
  const other = new CSVLogger(path, { append: true })
  await other.onTrainBegin(runAt(0))
  expect(await failureOf(() => other.onEpochEnd(0, logs(4)))).toEqual({
    code: 'ERR_FILE',
    message: `${path}: has the columns ${header},metrics.f1, expected ${header}. Log to another file, or without append`,
  })
  expect(lines()).toEqual([`${header},metrics.f1`, `${line(0, 5)},0.5`])
})

test.each([
  ['name,age\nEve,7\n', 'begins with "name,age", expected a log with the column epoch first'],
  [`${header}\n0,1\nx,2\n`, 'line 3 begins with "x", expected an epoch\'s number'],
])('append refuses %j before training, and leaves it as it is', async (text, problem) => {
  writeFileSync(path, text)
  const model = toyModel()
  const began: number[] = []
  const callbacks = [new CSVLogger(path, { append: true }), { onEpochBegin: (epoch: number) => void began.push(epoch) }]
  expect(await failureOf(() => toyFit({ callbacks }, model))).toEqual({
    code: 'ERR_FILE',
    message: `${path}: ${problem}`,
  })
  expect(began).toEqual([])
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test.each([false, true])('a path that cannot be written is an error before training (append: %s)', async (append) => {
  const began: number[] = []
  const watch = { onEpochBegin: (epoch: number) => void began.push(epoch) }
  const missing = join(folder, 'missing', 'run.csv')
  expect(await failureOf(() => toyFit({ callbacks: [new CSVLogger(missing, { append }), watch] }))).toEqual({
    code: 'ERR_FILE',
    message: `${missing}: cannot be written (no such file or folder)`,
  })
  mkdirSync(path)
  const { code, message } = await failureOf(() => toyFit({ callbacks: [new CSVLogger(path, { append }), watch] }))
  expect(code).toBe('ERR_FILE')
  expect(message).toMatch(`${path}: cannot be`)
  expect(began).toEqual([])
  expect(existsSync(missing)).toBe(false)
})

test('arguments are checked', () => {
  expect(failure(() => new CSVLogger('')).message).toBe('CSVLogger: path is "", expected a file\'s path')
  expect(failure(() => new CSVLogger(path, { append: 'no' } as never)).code).toBe('ERR_ARGUMENT')
  expect(failure(() => new CSVLogger(path, { separator: ';' } as never)).message).toBe(
    "CSVLogger: unknown option 'separator', expected append",
  )
})
