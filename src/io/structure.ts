// A model's structure as JSON, and back: layers with their settings, and the graph that they stand in. No weights.

import { describe } from '../errors.js'
import type { Layer } from '../layers/layer.js'
import { applyLayer, input, type Value } from '../layers/value.js'
import type { Graph } from '../model/graph.js'
import { inputShapes } from '../model/graph.js'
import type { Network } from '../model/network.js'
import type { Shape } from '../tensor/shape.js'
import { describeLayer, type LayerDescription, layerClass } from './registry.js'

/** The version of this description; readers refuse later ones. */
const version = 1

/** A value of the graph: an input of the model, or an output of the layer at an earlier place. */
type Source = { readonly input: number } | { readonly place: number; readonly output: number }

/** What a file says about the model, version 1. */
interface Structure {
  readonly version: typeof version
  readonly kind: ModelKind
  readonly real: 'float32' | 'float64'
  readonly seed: number
  /** Shapes of the inputs, without the batch axis. */
  readonly inputs: readonly Shape[]
  /** Each layer once, however often it is used. */
  readonly layers: readonly LayerDescription[]
  /** Uses of layers in order of computation: which layer, on what. */
  readonly places: readonly { readonly layer: number; readonly inputs: readonly Source[] }[]
  readonly output: Source
}

export type ModelKind = 'Sequential' | 'Model'

/** What a model is made of again. */
export interface ModelParts {
  readonly kind: ModelKind
  readonly real: 'float32' | 'float64'
  readonly seed: number
  readonly inputs: readonly Value[]
  readonly output: Value
  /** The layer of each place, in order: a Sequential's list. */
  readonly layers: readonly Layer[]
}

/** The structure of a sealed model. Throws ERR_ARGUMENT for a layer that files cannot name or make again. */
export function encodeStructure(kind: ModelKind, { seed, backend }: Network, graph: Graph): string {
  const { layers, places } = graph
  const nodes = places.map(({ node }) => node)
  const sourceOf = (value: Value): Source =>
    value.node === undefined
      ? { input: graph.inputs.indexOf(value) }
      : { place: nodes.indexOf(value.node), output: value.output }
  const structure: Structure = {
    version,
    kind,
    real: backend.real,
    seed,
    inputs: inputShapes(graph),
    layers: layers.map((layer) => {
      const { path } = places.find(({ node }) => node.layer === layer) as { path: string }
      return describeLayer(path, layer)
    }),
    places: nodes.map((node) => ({ layer: layers.indexOf(node.layer), inputs: node.inputs.map(sourceOf) })),
    output: sourceOf(graph.output),
  }
  return JSON.stringify(structure)
}

/** Makes the layers of a structure and applies them. Throws an error that says what of it is wrong. */
export function decodeStructure(text: string): ModelParts {
  const structure = objectOf('it', JSON.parse(text))
  const found = structure.version
  if (found !== version) {
    throw new Error(
      typeof found === 'number' && found > version
        ? `it has version ${found}, written by a later netwright; this one reads ${version}`
        : `version is ${describe(found)}, expected ${version}`,
    )
  }
  const { kind, real, seed } = structure
  if (kind !== 'Sequential' && kind !== 'Model') {
    throw new Error(`kind is ${describe(kind)}, expected 'Sequential' or 'Model'`)
  }
  if (real !== 'float32' && real !== 'float64') {
    throw new Error(`real is ${describe(real)}, expected 'float32' or 'float64'`)
  }
  const inputs = listOf('inputs', structure.inputs).map((shape) => input(shape as Shape))
  const layers = listOf('layers', structure.layers).map(makeLayer)
  const outputs: (readonly Value[])[] = []
  const sourceValue = (where: string, value: unknown): Value => {
    const source = objectOf(where, value)
    const result = at(inputs, source.input) ?? at(at(outputs, source.place) ?? [], source.output)
    if (result !== undefined) return result
    throw new Error(`${where} is ${JSON.stringify(source)}, expected an input or an earlier place`)
  }
  const placed = listOf('places', structure.places).map((value, i) => {
    const place = objectOf(`places[${i}]`, value)
    const layer = at(layers, place.layer)
    if (layer === undefined) {
      throw new Error(`places[${i}].layer is ${describe(place.layer)}, expected one of ${layers.length} layers`)
    }
    const values = listOf(`places[${i}].inputs`, place.inputs).map((source, j) =>
      sourceValue(`places[${i}].inputs[${j}]`, source),
    )
    outputs.push(about(`places[${i}]`, () => applyLayer(layer, values)))
    return layer
  })
  const output = sourceValue('output', structure.output)
  return { kind, real, seed: seed as number, inputs, output, layers: placed }
}

function makeLayer(value: unknown, i: number): Layer {
  const where = `layers[${i}]`
  const { type, config } = objectOf(where, value)
  const found = typeof type === 'string' ? layerClass(type) : undefined
  if (found === undefined) {
    throw new Error(
      `${where} is of type ${describe(type)}, which is not known here. If it is a layer of your own, register its ` +
        `class before loading: registerLayer(${typeof type === 'string' && /^[A-Za-z_$][\w$]*$/.test(type) ? type : 'TheClass'})`,
    )
  }
  return about(`${where} (${type})`, () => found.fromConfig(objectOf('config', config)))
}

/** `value` if it is an object; else throws an error that names it `where`, as the others here. */
export function objectOf(where: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${where} is ${describe(value)}, expected an object`)
}

export function listOf(where: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value
  throw new Error(`${where} is ${describe(value)}, expected a list that is not empty`)
}

/** Only numbers are places: lists have other names as well. */
const at = <T>(list: readonly T[], index: unknown): T | undefined =>
  typeof index === 'number' ? list[index] : undefined

function about<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw Object.assign(new Error(`${where}: ${(error as Error).message}`), { cause: error })
  }
}
