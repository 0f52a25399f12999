// A model as one file: its state dictionary as tensors, its structure as a text beside them.

import { Preprocessing } from '../data/preprocessing.js'
import { checkOptions, netwrightError } from '../errors.js'
import { fileError } from '../files/file-error.js'
import type { Backend } from '../kernels/backend.js'
import { defaultBackend } from '../kernels/default-backend.js'
import type { Graph } from '../model/graph.js'
import type { ModelOptions, Network } from '../model/network.js'
import { Random } from '../random/random.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { parseJson } from './json.js'
import { type OpenSafetensors, requirePath, withSafetensors, writeSafetensors } from './safetensors.js'
import {
  checkState,
  type LoadedState,
  type LoadStateOptions,
  readState,
  type SavedTensor,
  savedTensors,
  writeState,
} from './state-dict.js'
import { decodeStructure, encodeStructure, type ModelKind, type ModelParts } from './structure.js'

/** The structure's name among the texts of the file. */
const structureKey = 'netwright'
const preprocessingKey = 'netwright.preprocessing'
/** Brackets of a preprocessing: lists of categories of columns of a source. */
const deepestPreprocessing = 8

/** Begins the names of tensors that are of a training run and not of the model. */
export const trainingPrefix = 'training.'

/** Options of `Model.load`, `Sequential.load` and `loadModel`. */
export interface LoadOptions {
  /** Default: `defaultBackend()`. */
  readonly backend?: Backend
}

/** A network that says what files call it. */
export interface NamedNetwork extends Network {
  readonly savedAs: ModelKind
  /** What its samples are made by. */
  preprocessing: Preprocessing | undefined
}

/** The texts beside the tensors of `network`. Throws ERR_ARGUMENT for a layer that files cannot name or make again. */
export function modelTexts(network: NamedNetwork): ReadonlyMap<string, string> {
  const structure = encodeStructure(network.savedAs, network, network.requireSealed().graph)
  // `format` says to readers elsewhere that names and layout are PyTorch's.
  const texts = new Map([
    ['format', 'pt'],
    [structureKey, structure],
  ])
  const { preprocessing } = network
  return preprocessing === undefined ? texts : texts.set(preprocessingKey, JSON.stringify(preprocessing))
}

/** Writes `network`, as of the end of a step, to `path`. */
export async function saveNetwork(network: NamedNetwork, path: string): Promise<void> {
  requirePath(path)
  const texts = modelTexts(network)
  await writeSafetensors(path, readState(network.requireSealed()), texts)
}

/** A network with the structure and the weights of the file at `path`; `make` puts it together. Throws ERR_FILE. */
export async function loadNetwork<N extends NamedNetwork>(
  path: string,
  options: LoadOptions,
  make: (parts: ModelParts, options: ModelOptions) => N,
): Promise<N> {
  checkOptions('load', options, ['backend'])
  return await withSafetensors(path, async (file) => {
    const parts = partsOf(file)
    const backend = options.backend ?? backendFor(path, parts)
    const network = inFile(path, () => {
      const made = make(parts, { seed: parts.seed, backend })
      requireOrder(made, parts)
      return made
    })
    build(file, network, parts)
    network.preprocessing = preprocessingOf(file)
    await loadTensors(file, network, {})
    return network
  })
}

/** Copies the tensors of the file at `path` into `network`; `requireFree` may still refuse when they have been read. */
export async function loadWeights(
  path: string,
  network: Network,
  options: LoadStateOptions,
  requireFree: () => void,
): Promise<LoadedState> {
  return await withSafetensors(path, (file) => loadTensors(file, network, options, requireFree))
}

async function loadTensors(
  file: OpenSafetensors,
  network: Network,
  options: LoadStateOptions,
  requireFree: () => void = () => {},
): Promise<LoadedState> {
  const sealed = network.requireSealed()
  const states = savedTensors(sealed.graph)
  const result = checkState(states, shapesOf(file), options, (problem) => fileError(file.path, problem))
  const names = new Set(states.map(({ name }) => name))
  const tensors = new Map<string, Tensor>()
  for (const entry of file.entries) {
    if (names.has(entry.name)) tensors.set(entry.name, await file.readTensor(entry))
  }
  requireFree()
  writeState(sealed, states, tensors)
  return result
}

/** The tensors of a graph, all of which `file` has, in their shapes; throws ERR_FILE otherwise. */
export function requireTensors(file: OpenSafetensors, { graph }: { readonly graph: Graph }): readonly SavedTensor[] {
  const states = savedTensors(graph)
  checkState(states, shapesOf(file), {}, (problem) => fileError(file.path, problem))
  return states
}

/** Of the model's tensors: a checkpoint has others as well. */
const shapesOf = ({ entries }: OpenSafetensors): ReadonlyMap<string, Shape> =>
  new Map(entries.filter(({ name }) => !name.startsWith(trainingPrefix)).map(({ name, shape }) => [name, shape]))

function partsOf({ path, metadata }: OpenSafetensors): ModelParts {
  const text = metadata.get(structureKey)
  if (text === undefined) {
    throw fileError(
      path,
      'has tensors, but not the structure of a netwright model. Make the model, then load only its weights: ' +
        'await model.loadWeights(path)',
    )
  }
  return inFile(path, () => decodeStructure(text))
}

function preprocessingOf({ path, metadata }: OpenSafetensors): Preprocessing | undefined {
  const text = metadata.get(preprocessingKey)
  if (text === undefined) return undefined
  try {
    return Preprocessing.fromJSON(parseJson(text, deepestPreprocessing))
  } catch (error) {
    throw fileError(path, `its preprocessing cannot be read: ${(error as Error).message}`, error)
  }
}

/** Numbers are rounded only where a backend is named that does so. */
function backendFor(path: string, { real }: ModelParts): Backend {
  const backend = defaultBackend()
  if (real === 'float32' || backend.real === 'float64') return backend
  throw netwrightError(
    'ERR_ARGUMENT',
    `${path} has a float64 model, and the default backend computes in float32. Name one: ` +
      "{ backend: reference({ dtype: 'float64' }) } keeps its numbers, { backend: native() } rounds them",
  )
}

/** Tensors are named by places, which the graph orders itself. */
function requireOrder(network: Network, { inputs, layers }: ModelParts): void {
  const { places } = network.graphFor(inputs.map(({ shape }) => shape))
  const same = places.length === layers.length && places.every(({ node }, i) => node.layer === layers[i])
  if (!same) throw new Error('its places are not all needed for its output, or not in order of computation')
}

/**
 * Makes the tensors of the layers, one layer after the other, each held to what the file has: a file of a few bytes
 * can announce a layer of any size.
 */
function build(file: OpenSafetensors, network: Network, { inputs }: ModelParts): void {
  const { path } = file
  const shapes = inputs.map(({ shape }) => shape)
  const graph = network.graphFor(shapes)
  const sizes = new Map<string, number>()
  for (const { name, shape } of file.entries) {
    const place = name.slice(0, Math.max(0, name.indexOf('.')))
    sizes.set(place, (sizes.get(place) ?? 0) + sizeOf(shape))
  }
  const { real } = network.backend
  inFile(path, () => {
    for (const [i, { node, path: place }] of graph.places.entries()) {
      const most = sizes.get(String(i)) ?? 0
      const beforeLoading = (shape: Shape): void => {
        if (sizeOf(shape) <= most) return
        throw new Error(`${place} has a tensor ${shapeText(shape)}, and the file only ${most} numbers for this layer`)
      }
      const context = { real, random: new Random(network.seed, `layer ${i}`), beforeLoading }
      node.layer.ensureBuilt(
        node.inputs.map(({ shape }) => shape),
        () => context,
      )
    }
  })
  requireTensors(file, { graph })
  network.seal(shapes)
}

/** Whatever is wrong with the structure is wrong with the file. */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw fileError(path, `the model that it describes cannot be made: ${(error as Error).message}`, error)
  }
}
