// A model as the command line names it: a preset, a model file in JSON, or a saved model. A preset is made for data.

import { existsSync } from 'node:fs'
import { suggestion } from '../closest.js'
import { Dataset } from '../data/dataset.js'
import type { Preprocessing } from '../data/preprocessing.js'
import type { Backend } from '../kernels/backend.js'
import { loadModel } from '../load-model.js'
import type { TrainableNetwork } from '../model.js'
import { Sequential } from '../sequential.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js'
import { UsageError } from './errors.js'
import { readModelJson } from './model-json.js'
import { type Preset, type PresetName, presetNames, presets } from './presets.js'
import { plainRecipe, type Recipe } from './recipe.js'

export interface OpenModel {
  /** The preset's name or the file. */
  readonly name: string
  readonly model: TrainableNetwork
  /** Of a sample, without the batch axis. */
  readonly inputShape: Shape
}

/** What a model has to do: samples of this shape in, so many numbers out. */
export interface Task {
  /** How errors call the data. */
  readonly name: string
  readonly sampleShape: Shape
  readonly outputs: number
}

export interface ModelSource {
  /** The preset's name or the file. */
  readonly name: string
  readonly recipe: Recipe
  /** How a saved model makes its samples. */
  readonly preprocessing?: Preprocessing | undefined
  /** The model for `task`; without one as it stands, or as an example. Throws a UsageError where it takes no such samples. */
  open(task?: Task): OpenModel
}

export interface ModelSettings {
  /** Of the initial weights; a saved model has its own. */
  readonly seed: number
  readonly backend: Backend
  /** Width of the hidden layer, for presets that have one to choose. */
  readonly hidden?: number | undefined
}

/** The last line of help of commands that take a model. */
export const modelHelp = `Models by name, made for the data (its shape and its classes):
${presetNames.map((name) => `  ${name.padEnd(12)} ${presets[name].title}`).join('\n')}
A model file in JSON (its name ends in .json) is the shape of a sample and a list of layers with their options:
  { "input": [784], "layers": [{ "type": "Linear", "outFeatures": 50 }, { "type": "ReLU" },
    { "type": "Linear", "outFeatures": 10 }] }`

/** The model that `name` stands for. Throws a UsageError for a name that is none, or a file that is missing or wrong. */
export async function findModel(name: string, settings: ModelSettings): Promise<ModelSource> {
  if (isPreset(name)) return presetSource(name, settings)
  if (settings.hidden !== undefined) throw new UsageError(`--hidden goes with a model by name, not with ${name}`)
  if (name.endsWith('.json')) {
    const { inputShape, layers } = readModelJson(name)
    const { seed, backend } = settings
    return madeSource({ name, inputShape, model: new Sequential(layers, { inputShape, seed, backend }) })
  }
  if (existsSync(name) || /[./\\]/.test(name)) return await savedModel(name, settings.backend)
  throw new UsageError(
    `${name} is neither a file nor a model that is known by name: ${presetNames.join(', ')}.` +
      suggestion(name, presetNames),
  )
}

const isPreset = (name: string): name is PresetName => (presetNames as readonly string[]).includes(name)

function presetSource(name: PresetName, { hidden, seed, backend }: ModelSettings): ModelSource {
  const preset: Preset = presets[name]
  if (hidden !== undefined && preset.hidden === undefined) {
    throw new UsageError(`--hidden: the hidden layer of ${name} is as the book has it`)
  }
  const open = (task?: Task): OpenModel => {
    const inputShape = task === undefined ? preset.example.inputShape : inputFor(name, preset, task)
    const { outputs } = task ?? preset.example
    const ofImages = task === undefined || task.sampleShape.length === 3
    const options = { inputShape, ofImages, outputs, hidden: hidden ?? preset.hidden ?? 0, seed, backend }
    return { name, model: made(name, inputShape, () => preset.create(options)), inputShape }
  }
  return { name, recipe: preset.recipe, open }
}

function inputFor(name: string, { takes }: Preset, task: Task): Shape {
  const { sampleShape } = task
  if (takes === 'rows') return [sizeOf(sampleShape)]
  if (sampleShape.length === 3) return sampleShape
  throw new UsageError(
    `${name} takes images (channels, height, width), samples of ${task.name} have shape ${shapeText(sampleShape)}: ` +
      'take --model mlp',
  )
}

/** Images that are too small for a network are wrong usage of its name. */
function made(name: string, inputShape: Shape, make: () => Sequential): Sequential {
  try {
    return make()
  } catch (error) {
    throw new UsageError(`${name} takes no samples of shape ${shapeText(inputShape)}: ${(error as Error).message}`)
  }
}

/** A model that is as it is, whatever the data: their samples must have as many numbers. */
function madeSource(opened: OpenModel, preprocessing?: Preprocessing): ModelSource {
  const { name, inputShape } = opened
  const open = (task?: Task): OpenModel => {
    if (task === undefined || sizeOf(task.sampleShape) === sizeOf(inputShape)) return opened
    const shape = shapeText(inputShape)
    throw new UsageError(
      `${name} takes samples of shape ${shape}, those of ${task.name} have ${shapeText(task.sampleShape)}`,
    )
  }
  return { name, recipe: plainRecipe, preprocessing, open }
}

/** The model that was saved to the file `path`. Throws a UsageError for a file that is missing, damaged or no model. */
export async function savedModel(path: string, backend: Backend): Promise<ModelSource> {
  const model = await loadModel(path, { backend }).catch((error: Error & { readonly code?: string }) => {
    throw error.code === 'ERR_FILE' ? new UsageError(error.message) : error
  })
  const { inputs } = model.requireSealed().graph
  const [input] = inputs
  if (input === undefined || inputs.length > 1) {
    throw new UsageError(`${path}: the model has ${inputs.length} inputs, expected one: no data here have several`)
  }
  return madeSource({ name: path, model, inputShape: input.shape }, model.preprocessing)
}

/** `dataset` with samples in the shape that `model` takes: images are rows of numbers to a model of such. */
export function shapedFor({ inputShape }: OpenModel, dataset: Dataset): Dataset {
  const { x, y, sampleShape, length, preprocessing } = dataset
  if (sameShape(sampleShape, inputShape)) return dataset
  return new Dataset(x.reshape([length, ...inputShape]), y, { ...(preprocessing && { preprocessing }) })
}
