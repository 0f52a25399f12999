// The options that say which data: of every command that reads data sets.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Column, Task as TableTask } from '../data/csv.js'
import type { Preprocessing } from '../data/preprocessing.js'
import { UsageError } from './errors.js'
import { share } from './options.js'
import { addDataOption, type RunOptions } from './run-options.js'

/** What the command line says of the data. */
export interface DataSetOptions extends RunOptions {
  /** A name, a file or a folder. */
  readonly dataset: string
  /** Of the split of data in one part. */
  readonly seed: number
  readonly testSplit?: number
  readonly target?: Column
  readonly task?: TableTask
  readonly missing?: 'mean' | 'drop' | number
  readonly delimiter?: string
  /** False: the file has none. */
  readonly header?: boolean
  readonly imageSize?: ImageSize
  readonly channels?: 1 | 3
}

export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** What loading needs to know besides. */
export interface LoadContext {
  /** How a saved model makes its samples: data are read as those that it learned from. */
  readonly preprocessing?: Preprocessing | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options that only some data make use of. */
const particular = [
  'data',
  'download',
  'testSplit',
  'target',
  'task',
  'missing',
  'delimiter',
  'imageSize',
  'channels',
] as const
export type ParticularOption = (typeof particular)[number]

export const tableOptions: readonly ParticularOption[] = ['testSplit', 'target', 'task', 'missing', 'delimiter']
export const folderOptions: readonly ParticularOption[] = ['testSplit', 'imageSize', 'channels']

/** Adds them, `purpose` says what the data are for. */
export function addDataSetOptions(command: Command, purpose: string, names: readonly string[]): Command {
  command.option('--dataset <data>', `${purpose}: ${names.join(', ')}, a CSV file, or a folder of images`, 'mnist')
  return addDataOption(command)
    .option('--test-split <share>', 'keep a share of data in one part back to test with (default: 0.2)', share)
    .option('--target <column>', 'of a CSV file: what to predict, by its name or its number (-1: the last)', columnIn)
    .addOption(new Option('--task <task>', 'of a CSV file: what its numbers are').choices(['classify', 'regress']))
    .option('--missing <how>', 'of a CSV file: mean, drop or a number in place of empty cells', missingIn)
    .option('--delimiter <text>', 'of a CSV file: what is between two cells (default: a comma)', delimiterIn)
    .option('--no-header', 'of a CSV file: it begins with data, not with names')
    .option('--image-size <size>', 'of a folder: stretch its images to WIDTHxHEIGHT, such as 32x32', imageSize)
    .addOption(
      new Option('--channels <n>', 'of a folder: 1 makes its images grey, 3 colour')
        .choices(['1', '3'])
        .argParser((text) => (text === '1' ? 1 : text === '3' ? 3 : refuse('1 or 3'))),
    )
}

/** Throws a UsageError for an option that the data `name` make no use of; they `take` others. */
export function refuseOthers(options: DataSetOptions, name: string, takes: readonly ParticularOption[]): void {
  const stray = particular.find((option) => options[option] !== undefined && !takes.includes(option))
  if (stray === undefined) return
  const flag = `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw new UsageError(`${flag} goes with ${homes[stray]}, not with --dataset ${name}`)
}

const homes: Readonly<Record<ParticularOption, string>> = {
  data: 'data sets by name that are read from a folder',
  download: 'data sets by name that can be downloaded',
  testSplit: 'data in one part',
  target: 'a CSV file',
  task: 'a CSV file',
  missing: 'a CSV file',
  delimiter: 'a CSV file',
  imageSize: 'a folder of images',
  channels: 'a folder of images',
}

function refuse(expected: string): never {
  throw new InvalidArgumentError(`Expected ${expected}.`)
}

/** A whole number is a column's place. */
export const columnIn = (text: string): Column => (/^-?\d+$/.test(text) ? Number(text) : text)

export const delimiterIn = (text: string): string => (text === '\\t' ? '\t' : text)

function missingIn(text: string): 'mean' | 'drop' | number {
  if (text === 'mean' || text === 'drop') return text
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) ? value : refuse('mean, drop or a number')
}

/** A parser for `32x24`, or `32` for a square. */
export function imageSize(text: string): ImageSize {
  const [, width, height = width] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/.exec(text) ?? []
  const size = { width: Number(width), height: Number(height) }
  return size.width >= 1 && size.height >= 1 ? size : refuse('a width and a height such as 32x32')
}
