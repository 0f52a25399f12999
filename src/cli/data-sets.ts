// The data sets that the command line trains and evaluates on, by name. One more is one more entry here.

import { Dataset } from '../data/dataset.js'
import { spiral } from '../data/spiral.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js'
import { UsageError } from './errors.js'
import type { PresetName } from './presets.js'
import { loadDigits, type RunOptions } from './run-options.js'

/** Samples to learn from, others to judge by, and what was kept back of the first. */
export interface DataSet {
  readonly train: Dataset
  readonly validation?: Dataset
  readonly test: Dataset
}

interface DataSetSource {
  /** The network that is trained on it where none is named. */
  readonly model: PresetName
  load(options: RunOptions): Promise<DataSet>
}

export const dataSets = {
  mnist: {
    model: 'convnet',
    load: (options) => loadDigits(options, { flatten: false }),
  },
  spiral: {
    model: 'spiral-mlp',
    load: async ({ data }) => {
      if (data !== undefined) throw new UsageError(`--data ${data}: the data set spiral is made, and in no folder`)
      return { train: spiral({ seed: 1 }), test: spiral({ seed: 2 }) }
    },
  },
} as const satisfies Readonly<Record<string, DataSetSource>>

export type DataSetName = keyof typeof dataSets
export const dataSetNames = Object.keys(dataSets) as DataSetName[]

/** What `load` reads, its samples in the shape that the model `model` takes. Throws a UsageError where they have none. */
export async function loadDataSet(
  name: DataSetName,
  options: RunOptions,
  model: { readonly name: string; readonly inputShape: Shape },
): Promise<DataSet> {
  const { train, test } = await dataSets[name].load(options)
  const shaped = (dataset: Dataset): Dataset => inShape(dataset, name, model)
  return { train: shaped(train), test: shaped(test) }
}

/** Images are rows of numbers to a model that takes such. */
function inShape(
  dataset: Dataset,
  name: DataSetName,
  model: { readonly name: string; readonly inputShape: Shape },
): Dataset {
  const { x, y, sampleShape, length } = dataset
  const { inputShape } = model
  if (sameShape(sampleShape, inputShape)) return dataset
  if (sizeOf(sampleShape) === sizeOf(inputShape)) return new Dataset(x.reshape([length, ...inputShape]), y)
  throw new UsageError(
    `${model.name} takes samples of shape ${shapeText(inputShape)}, the data set ${name} has ${shapeText(sampleShape)}`,
  )
}
