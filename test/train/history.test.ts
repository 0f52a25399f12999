// History: columns, JSON and back, CSV, and how it prints.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type EpochLogs, History } from '../../src/train/history.js'
import { failure } from '../failure.js'
import { textsOf } from '../report/svg.js'

const logs = (loss: number, more: Partial<EpochLogs> = {}): EpochLogs => ({
  loss,
  seconds: 2,
  samplesPerSecond: 500,
  lr: 0.1,
  ...more,
})

function filled(...epochs: EpochLogs[]): History {
  const history = new History()
  for (const epoch of epochs) history.push(epoch)
  return history
}

const measured = filled(
  logs(1.5, { accuracy: 0.25, metrics: { f1: 0.1, 'recall, each': [0.5, 1] }, valMetrics: { f1: 0.2 } }),
  logs(0.123456789, { accuracy: 0.75, metrics: { f1: Number.NaN, 'recall, each': [1, 1] }, valMetrics: { f1: 0.3 } }),
)

describe('columns', () => {
  it('stay empty for what was not measured, and have NaN where only other epochs have a value', () => {
    const history = filled(logs(3), logs(2, { valLoss: 7, metrics: { auc: 0.5 } }), logs(1))
    expect(history.loss).toEqual([3, 2, 1])
    expect(history.accuracy).toEqual([])
    expect(history.valLoss).toEqual([Number.NaN, 7, Number.NaN])
    expect(history.metrics).toEqual({ auc: [Number.NaN, 0.5, Number.NaN] })
    expect(history.epochs).toBe(3)
  })

  it('become those of other entries, metrics too', () => {
    const history = filled(logs(9, { valLoss: 9, metrics: { f1: 9 } }), logs(8))
    history.assign(measured.entries, 3)
    expect(history.epoch).toEqual([3, 4])
    expect({ ...history, epoch: [0, 1] }).toEqual({ ...measured })
  })

  it('number the epochs from 0, or as they are told', () => {
    const history = filled(logs(3), logs(2))
    expect(history.epoch).toEqual([0, 1])
    history.push(logs(1), 7)
    history.push(logs(0))
    expect(history.epoch).toEqual([0, 1, 7, 8])
  })
})

describe('JSON', () => {
  it('comes back as the same columns', () => {
    Object.assign(measured, { stopped: true, stopReason: 'enough' })
    const back = History.fromJSON(JSON.parse(JSON.stringify(measured)))
    expect(back.entries).toEqual(measured.entries)
    Object.assign(measured, { stopped: false, stopReason: undefined })
    expect(back).toBeInstanceOf(History)
    expect(back).toMatchObject({ stopped: true, stopReason: 'enough' })
    Object.assign(back, { stopped: false, stopReason: undefined })
    expect(back).toEqual(measured)
    expect(back.metrics.f1).toEqual([0.1, Number.NaN])
    expect(back.toCSV()).toBe(measured.toCSV())
    back.push(logs(0.1))
    expect(back.epoch).toEqual([0, 1, 2])
  })

  it('is made of copies', () => {
    const history = filled(logs(1, { metrics: { each: [1, 2] } }))
    const json = history.toJSON()
    json.loss.push(5)
    json.metrics.each?.push(5)
    expect(history).toEqual(filled(logs(1, { metrics: { each: [1, 2] } })))
    const back = History.fromJSON(history.toJSON())
    back.loss.push(9)
    expect(history.loss).toEqual([1])
  })

  const good = (): Record<string, unknown> => JSON.parse(JSON.stringify(filled(logs(1))))
  it.each([
    [undefined, 'json is undefined, expected an object of columns'],
    [[1], 'json is [1], expected an object of columns'],
    [{ ...good(), loss: undefined }, 'loss is undefined, expected a list with an entry per epoch'],
    [{ ...good(), loss: ['1'] }, 'loss has "1", expected numbers'],
    [{ ...good(), loss: [] }, 'loss has 0 entries, epoch has 1'],
    [{ ...good(), valLoss: [1, 2] }, 'valLoss has 2 entries, epoch has 1'],
    [{ ...good(), metrics: { f1: [1, 2, 3] } }, 'metrics.f1 has 3 entries, epoch has 1'],
    [{ ...good(), valMetrics: { f1: 3 } }, 'valMetrics.f1 is 3, expected a list with an entry per epoch'],
  ])('%j is refused', (json, message) => {
    expect(failure(() => History.fromJSON(json))).toEqual({
      code: 'ERR_ARGUMENT',
      message: `History.fromJSON: ${message}`,
    })
  })
})

describe('CSV', () => {
  it('has a header and a line per epoch, empty cells where nothing was measured', () => {
    expect(measured.toCSV()).toBe(
      [
        'epoch,loss,accuracy,valLoss,valAccuracy,seconds,samplesPerSecond,lr,metrics.f1,"metrics.recall, each",valMetrics.f1',
        '0,1.5,0.25,,,2,500,0.1,0.1,"[0.5,1]",0.2',
        '1,0.123456789,0.75,,,2,500,0.1,,"[1,1]",0.3',
        '',
      ].join('\n'),
    )
  })

  it('has the header alone before the first epoch', () => {
    expect(new History().toCSV()).toBe('epoch,loss,accuracy,valLoss,valAccuracy,seconds,samplesPerSecond,lr\n')
  })
})

describe('printing', () => {
  it('is a table of what was measured', () => {
    expect(inspect(measured).split('\n')).toEqual([
      'History of 2 epochs',
      'epoch    loss  accuracy  seconds  samplesPerSecond   lr  metrics.f1  metrics.recall, each  valMetrics.f1',
      '    0     1.5      0.25        2               500  0.1         0.1            [2 values]            0.2',
      '    1  0.1235      0.75        2               500  0.1                        [2 values]            0.3',
    ])
  })

  it('shows the first and the last of many epochs', () => {
    const history = filled(...Array.from({ length: 100 }, (_, i) => logs(100 - i)))
    const lines = inspect(history).split('\n')
    expect(lines).toHaveLength(2 + 13)
    expect(lines.map((line) => line.trim().split(/\s+/)[0])).toEqual(
      ['History', 'epoch', 0, 1, 2, 3, 4, 5, '…', 94, 95, 96, 97, 98, 99].map(String),
    )
  })

  it('says when training was stopped, and prints no table of nothing', () => {
    const history = new History()
    expect(inspect(history)).toBe('History of 0 epochs')
    history.push(logs(1))
    Object.assign(history, { stopped: true, stopReason: 'aborted by its signal' })
    expect(inspect(history)).toMatch(/^History of 1 epoch, stopped: aborted by its signal\n/)
  })
})

describe('toSVG', () => {
  it('shows loss and accuracy over whole epochs, also of a single one', async () => {
    expect(textsOf(await measured.toSVG({ title: 'Curves' }))).toEqual(
      expect.arrayContaining(['Curves', 'loss', 'accuracy', 'epoch']),
    )
    // The labels of losses are far from those of epochs.
    const epochs = async (history: History) =>
      textsOf(await history.toSVG())
        .map(Number)
        .filter((value) => value < 20)
    expect(await epochs(filled(logs(100), logs(200)))).toEqual([1, 2])
    expect(await epochs(filled(logs(100)))).toEqual([0, 1, 2])
  })

  it('has nothing to draw before the first epoch ends', async () => {
    await expect(new History().toSVG()).rejects.toMatchObject({ code: 'ERR_STATE' })
  })

  it('knows no other options than it draws by', async () => {
    await expect(measured.toSVG({ titel: 'Mine' } as never)).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: "History.toSVG: unknown option 'titel', expected title, subtitle",
    })
  })
})
