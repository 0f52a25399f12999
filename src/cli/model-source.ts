// A model as the command line names it: a preset, a model file in JSON, or a saved model.

import { existsSync } from 'node:fs'
import type { Backend } from '../kernels/backend.js'
import { loadModel } from '../load-model.js'
import type { TrainableNetwork } from '../model.js'
import { Sequential } from '../sequential.js'
import type { Shape } from '../tensor/shape.js'
import { suggestion } from './closest.js'
import { UsageError } from './errors.js'
import { readModelJson } from './model-json.js'
import { type Preset, type PresetName, presetNames, presets } from './presets.js'
import type { Recipe } from './recipe.js'

export interface ModelSource {
  /** The preset's name or the file. */
  readonly name: string
  readonly model: TrainableNetwork
  /** Of a sample, without the batch axis. */
  readonly inputShape: Shape
  readonly recipe: Recipe
}

export interface ModelSettings {
  /** Of the initial weights; a saved model has its own. */
  readonly seed: number
  readonly backend: Backend
  /** Width of the hidden layer, for presets that have one to choose. */
  readonly hidden?: number | undefined
}

/** Of models from files, which know of none. */
const plainRecipe: Recipe = { epochs: 1, batchSize: 100, optimizer: 'adam', lr: 0.001 }

/** The last line of help of commands that take a model. */
export const modelHelp = `Models by name:
${presetNames.map((name) => `  ${name.padEnd(12)} ${presets[name].title}`).join('\n')}
A model file in JSON (its name ends in .json) is the shape of a sample and a list of layers with their options:
  { "input": [784], "layers": [{ "type": "Linear", "outFeatures": 50 }, { "type": "ReLU" },
    { "type": "Linear", "outFeatures": 10 }] }`

/** The model that `name` stands for. Throws a UsageError for a name that is none, or a file that is missing or wrong. */
export async function openModel(name: string, settings: ModelSettings): Promise<ModelSource> {
  if (isPreset(name)) return presetModel(name, settings)
  if (settings.hidden !== undefined) throw new UsageError(`--hidden goes with a model by name, not with ${name}`)
  if (name.endsWith('.json')) {
    const { inputShape, layers } = readModelJson(name)
    const { seed, backend } = settings
    return { name, inputShape, recipe: plainRecipe, model: new Sequential(layers, { inputShape, seed, backend }) }
  }
  if (existsSync(name) || /[./\\]/.test(name)) return await savedModel(name, settings.backend)
  throw new UsageError(
    `${name} is neither a file nor a model that is known by name: ${presetNames.join(', ')}.` +
      suggestion(name, presetNames),
  )
}

const isPreset = (name: string): name is PresetName => (presetNames as readonly string[]).includes(name)

function presetModel(name: PresetName, { hidden, seed, backend }: ModelSettings): ModelSource {
  const preset: Preset = presets[name]
  if (hidden !== undefined && preset.hidden === undefined) {
    throw new UsageError(`--hidden: the hidden layer of ${name} is as the book has it`)
  }
  const model = preset.create({ hidden: hidden ?? preset.hidden ?? 0, seed, backend })
  return { name, model, inputShape: preset.inputShape, recipe: preset.recipe }
}

/** The model that was saved to the file `path`. Throws a UsageError for a file that is missing, damaged or no model. */
export async function savedModel(path: string, backend: Backend): Promise<ModelSource> {
  const model = await loadModel(path, { backend }).catch((error: Error & { readonly code?: string }) => {
    throw error.code === 'ERR_FILE' ? new UsageError(error.message) : error
  })
  const { inputs } = model.requireSealed().graph
  const [input] = inputs
  if (input === undefined || inputs.length > 1) {
    throw new UsageError(`${path}: the model has ${inputs.length} inputs, expected one: no data set here has several`)
  }
  return { name: path, model, inputShape: input.shape, recipe: plainRecipe }
}
