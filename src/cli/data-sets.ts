// The data sets that the command line trains and evaluates on: by name, or from files. One more name is one more entry.

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { suggestion } from '../closest.js'
import { cifar10 } from '../data/cifar10.js'
import { Dataset } from '../data/dataset.js'
import { fashionMnist } from '../data/fashion-mnist.js'
import { iris } from '../data/iris.js'
import { kmnist } from '../data/kmnist.js'
import { mnist } from '../data/mnist.js'
import { moons } from '../data/moons.js'
import type { Preprocessing } from '../data/preprocessing.js'
import { spiral } from '../data/spiral.js'
import { split } from '../data/split.js'
import { Standardizer } from '../data/transforms/standardizer.js'
import { type DataParts, isFolder, loadCsv, loadFolder } from './data-files.js'
import {
  addDataSetOptions as addOptions,
  type DataSetOptions,
  folderOptions,
  type LoadContext,
  type ParticularOption,
  refuseOthers,
  tableOptions,
} from './data-options.js'
import { UsageError } from './errors.js'
import type { Task } from './model-source.js'
import type { PresetName } from './presets.js'
import type { Recipe } from './recipe.js'
import { asUsage, dataHelp, loadKnown } from './run-options.js'

/** Samples to learn from, others to judge by, and what was kept back of the first. */
export interface DataSet {
  readonly train: Dataset
  readonly validation?: Dataset
  readonly test: Dataset
}

/** A data set with what a model for it has to do. */
export interface LoadedDataSet extends DataSet {
  readonly task: Task
  /** The network that is trained on it where none is named. */
  readonly model: PresetName
  /** What suits the data better than the recipe of any network. */
  readonly recipe?: Partial<Recipe>
}

interface DataSetSource {
  /** Default: convnet for images, mlp for rows. */
  readonly model?: PresetName
  /** Number of classes; default: as many as the data show. */
  readonly classes?: number
  /** The recipes of networks suit it: tens of thousands of samples, or its own network. */
  readonly usualRecipe?: true
  readonly takes: readonly ParticularOption[]
  load(options: DataSetOptions, context: LoadContext): Promise<DataParts>
}

/** Where they are and how they are fetched is the same for all. */
const downloadable = ['data', 'download'] as const

const dataSets: Readonly<Record<string, DataSetSource>> = {
  mnist: {
    classes: 10,
    usualRecipe: true,
    takes: downloadable,
    load: (options, context) => loadKnown((given) => mnist({ ...given, flatten: false }), options, context),
  },
  'fashion-mnist': {
    model: 'wide-convnet',
    usualRecipe: true,
    takes: downloadable,
    load: (options, context) => loadKnown((given) => fashionMnist({ ...given, flatten: false }), options, context),
  },
  kmnist: {
    usualRecipe: true,
    takes: downloadable,
    load: (options, context) => loadKnown((given) => kmnist({ ...given, flatten: false }), options, context),
  },
  cifar10: {
    usualRecipe: true,
    takes: downloadable,
    load: (options, context) => loadKnown(cifar10, options, context),
  },
  iris: {
    takes: ['testSplit'],
    load: async () => ({ train: iris() }),
  },
  moons: {
    takes: [],
    load: async () => ({ train: moons({ samples: 400, seed: 1 }), test: moons({ samples: 400, seed: 2 }) }),
  },
  spiral: {
    model: 'spiral-mlp',
    usualRecipe: true,
    takes: [],
    load: async () => ({ train: spiral({ seed: 1 }), test: spiral({ seed: 2 }) }),
  },
}

export const dataSetNames = Object.keys(dataSets)

/** The lines of help of commands that read data sets. */
export const dataSetHelp = `Data sets by name: ${dataSetNames.join(', ')}.
${dataHelp}
A CSV file has a header and a row for each sample; --target names the column to predict. Any other column whose first cell
is a text becomes a feature of 0 or 1 for each of its texts (one-hot). A folder of images has a folder for each class, or
train/ and test/ with a folder for each class. A part of them is kept back to test with (--test-split).`

export const addDataSetOptions = (command: Command, purpose: string): Command =>
  addOptions(command, purpose, dataSetNames)

/**
 * What `options` name. `whole`: both parts are all of the data where they have one part. Throws a UsageError for a name
 * that is none, for options that do not go with the data, and for files that are wrong.
 */
export async function loadDataSet(
  options: DataSetOptions & { readonly standardize?: true },
  context: LoadContext & { readonly whole?: boolean } = {},
): Promise<LoadedDataSet> {
  const { dataset: name, standardize } = options
  const { preprocessing, whole = false } = context
  const source = sourceOf(name)
  refuseOthers(options, name, source.takes)
  if (standardize && preprocessing !== undefined && preprocessing.transforms.length > 0) {
    throw new UsageError('--standardize: the saved model has its own transforms, from its own training data')
  }
  const loaded = await source.load(options, context)
  context.signal?.throwIfAborted()
  const parts = transformed(partsOf(loaded, options, whole), preprocessing, standardize)
  const { train, test } = parts
  const { sampleShape } = train
  const outputs = source.classes ?? outputsFor([train, test])
  const model = source.model ?? (sampleShape.length === 3 ? 'convnet' : 'mlp')
  const recipe = source.usualRecipe ? undefined : recipeFor(train)
  return { ...parts, task: { name, sampleShape, outputs }, model, ...(recipe && { recipe }) }
}

function sourceOf(name: string): DataSetSource {
  const known = Object.hasOwn(dataSets, name) ? dataSets[name] : undefined
  if (known !== undefined) return known
  if (isFolder(name)) return fileSource(folderOptions, (options, context) => loadFolder(name, options, context))
  if (existsSync(name)) return fileSource(tableOptions, (options, context) => loadCsv(name, options, context))
  if (/[./\\]/.test(name)) throw new UsageError(`--dataset ${name}: no such file or folder`)
  throw new UsageError(
    `--dataset '${name}' is neither a file or folder nor a data set that is known by name: ${dataSetNames.join(', ')}.` +
      suggestion(name, dataSetNames),
  )
}

/** Options that do not go with a file are wrong usage; a file that is wrong is not. */
function fileSource(takes: readonly ParticularOption[], load: DataSetSource['load']): DataSetSource {
  return {
    takes,
    load: (options, context) =>
      load(options, context).catch((error) => {
        throw asUsage(error, 'ERR_ARGUMENT')
      }),
  }
}

/** Data in one part are split: by class, in the same way for the same seed. */
function partsOf({ train, test }: DataParts, { testSplit = 0.2, seed }: DataSetOptions, whole: boolean): DataSet {
  if (test !== undefined) {
    if (whole) throw new UsageError('--split all goes with data in one part; these have train and test')
    return { train, test }
  }
  if (whole) return { train, test: train }
  try {
    return split(train, { test: testSplit, stratify: train.targets === 'labels', seed })
  } catch (error) {
    throw asUsage(error, 'ERR_DATA')
  }
}

/** As a saved model transforms its samples, or standardised by what the training data are. */
function transformed(parts: DataSet, known: Preprocessing | undefined, standardize: true | undefined): DataSet {
  const { train, test } = parts
  if (standardize) {
    const standardizer = new Standardizer().fit(train)
    return { train: standardizer.transform(train), test: standardizer.transform(test) }
  }
  // A table that was read by a model's preprocessing has been transformed by it as well.
  if (known === undefined || known.transforms.length === 0 || train.preprocessing === known) return parts
  const apply = ({ x, y }: Dataset): Dataset => new Dataset(known.apply(x), y, { preprocessing: known })
  return { train: apply(train), test: apply(test) }
}

/** One for each class, or for each number of a target. */
function outputsFor(parts: readonly Dataset[]): number {
  return Math.max(...parts.map(({ classes, classNames = [] }) => Math.max(classes, classNames.length)))
}

/** Sets of any size: as many samples in all as it takes, in small batches where there are few. */
function recipeFor({ length, sampleShape }: Dataset): Partial<Recipe> {
  const batchSize = length < 10_000 ? 32 : 100
  const epochs = (samples: number, least: number, most: number): number =>
    Math.min(most, Math.max(least, Math.round(samples / length)))
  if (sampleShape.length === 3) return { batchSize, epochs: epochs(60_000, 1, 30) }
  return { batchSize, epochs: epochs(200_000, 10, 100), optimizer: 'adamw', lr: 0.01, schedule: 'one-cycle' }
}
