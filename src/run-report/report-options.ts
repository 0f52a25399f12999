// What writeReport takes, and how it is checked.

import { Dataset } from '../data/dataset.js'
import { DataStream } from '../data/stream.js'
import { checkOptions, describe, netwrightError } from '../errors.js'
import { type Loss, requireLoss } from '../losses/loss.js'
import { TrainableNetwork } from '../model.js'
import { checkText } from '../report/check.js'
import { History } from '../train/history.js'
import type { DataLike } from '../train/options.js'

export interface ReportOptions {
  readonly model: TrainableNetwork
  readonly history: History
  /** What the model is judged by. */
  readonly test: Exclude<DataLike, DataStream>
  readonly loss: Loss
  /** Default: the kind of the model. */
  readonly title?: string
  /** Figures under the title, by name. Default: loss, and accuracy where the model tells classes apart, on the test data. */
  readonly figures?: Readonly<Record<string, string | number>>
  /** The command that does it again. */
  readonly command?: string
  /** What it was trained with, by name: data, optimizer, augmentation. */
  readonly settings?: Readonly<Record<string, string | number>>
}

const known: readonly string[] = [
  'model',
  'history',
  'test',
  'loss',
  'title',
  'figures',
  'command',
  'settings',
] satisfies readonly (keyof ReportOptions)[]

const where = 'writeReport'

/** The test data as a data set, after all checks. Throws ERR_ARGUMENT, and as `new Dataset` does. */
export function checkReport(path: unknown, options: ReportOptions): Dataset {
  if (typeof path !== 'string' || path === '') throw wrong('path', path, "the name of a file, such as 'run.html'")
  checkOptions(where, options, known)
  const { model, history, test, loss, title, command, figures, settings } = options
  if (!(model instanceof TrainableNetwork)) throw wrong('model', model, 'a Sequential or a Model')
  if (!(history instanceof History)) {
    throw wrong('history', history, 'the History that fit has answered; of JSON, History.fromJSON makes one')
  }
  requireLoss(where, loss)
  for (const [name, value] of Object.entries({ title, command })) {
    if (value !== undefined) checkText(where, name, value)
  }
  for (const [name, value] of Object.entries({ figures, settings })) {
    if (value !== undefined) checkRecord(name, value)
  }
  return toTestSet(test, model)
}

function toTestSet(test: unknown, { backend }: TrainableNetwork): Dataset {
  if (test instanceof Dataset) return test
  if (test instanceof DataStream) {
    throw wrong('test', test, 'a Dataset or { x, y }: a report shows single samples. Make one of some chunks of it')
  }
  if (typeof test !== 'object' || test === null || !('x' in test && 'y' in test)) {
    throw wrong('test', test, 'a Dataset or { x, y }')
  }
  const { x, y } = test as Exclude<ReportOptions['test'], Dataset>
  return new Dataset(x, y, { real: backend.real })
}

function checkRecord(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(name, value, 'an object of texts and numbers, by name')
  }
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string' && typeof item !== 'number') throw wrong(`${name}.${key}`, item, 'a text or a number')
  }
}

const wrong = (name: string, value: unknown, expected: string): Error =>
  netwrightError('ERR_ARGUMENT', `${where}: ${name} is ${describe(value)}, expected ${expected}`, 'TypeError')
