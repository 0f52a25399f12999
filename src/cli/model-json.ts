// Model files in JSON, written by people: the shape of a sample and a chain of layers with their options.
//
//     { "input": [1, 28, 28], "layers": [{ "type": "Conv2d", "outChannels": 16, "kernel": 5 }, { "type": "ReLU" }] }

import { readFileSync, statSync } from 'node:fs'
import { suggestion } from '../closest.js'
import { describe } from '../errors.js'
import { systemProblem } from '../files/file-error.js'
import { parseJson } from '../io/json.js'
import { layerClass } from '../io/registry.js'
import { listOf, objectOf } from '../io/structure.js'
import type { Layer, LayerConfig } from '../layers/layer.js'
import { applyLayer, input, type Value } from '../layers/value.js'
import type { Shape } from '../tensor/shape.js'
import { UsageError } from './errors.js'
import { layerOptions } from './layer-options.js'

export interface ModelDescription {
  /** Of a sample, without the batch axis. */
  readonly inputShape: Shape
  readonly layers: readonly Layer[]
}

/** { layers: [{ padding: [ … ] }] }. */
const deepest = 4
const longest = 1_000_000

/** The model that the file at `path` describes. Throws a UsageError that names the file, the place and the mistake. */
export function readModelJson(path: string): ModelDescription {
  try {
    return describedBy(parseJson(readText(path), deepest))
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`)
  }
}

function readText(path: string): string {
  try {
    // Before it is opened: a pipe would wait for its writer.
    const info = statSync(path)
    if (!info.isFile()) throw new Error('it is no regular file')
    if (info.size > longest) throw new Error(`it has ${info.size} bytes, expected a model in at most ${longest}`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    throw new Error(`cannot be read (${systemProblem(error)})`)
  }
}

function describedBy(value: unknown): ModelDescription {
  const { input: inputShape, layers, ...others } = objectOf('the model', value)
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Error(`${other}: there is no such entry, expected input and layers`)
  if (!isShape(inputShape)) {
    throw new Error(`input is ${describe(inputShape)}, expected the shape of a sample, such as [784] or [1, 28, 28]`)
  }
  let at: Value = input(inputShape)
  const made = listOf('layers', layers).map((description, i) => {
    const layer = layerOf(`layers[${i}]`, description)
    at = appliedAt(`layers[${i}]`, layer, at)
    return layer
  })
  return { inputShape, layers: made }
}

const isShape = (value: unknown): value is Shape =>
  Array.isArray(value) && value.length > 0 && value.every((size) => Number.isSafeInteger(size) && size > 0)

function layerOf(where: string, value: unknown): Layer {
  const { type, ...config } = objectOf(where, value)
  const names = Object.keys(layerOptions)
  const options = typeof type === 'string' && Object.hasOwn(layerOptions, type) ? layerOptions[type] : undefined
  if (options === undefined) {
    const near = typeof type === 'string' ? suggestion(type, names) : ''
    throw new Error(`${where}.type is ${describe(type)}, expected ${names.join(', ')}.${near}`)
  }
  const { required = [], optional = [] } = options
  const known = [...required, ...optional]
  for (const name of Object.keys(config)) {
    if (known.includes(name)) continue
    const expected = known.length === 0 ? 'nothing but its type' : known.join(', ')
    throw new Error(`${where}.${name}: ${type} has no such option, expected ${expected}.${suggestion(name, known)}`)
  }
  const missing = required.find((name) => config[name] === undefined)
  if (missing !== undefined) throw new Error(`${where}.${missing} is missing: a ${type} needs ${required.join(', ')}`)
  return placed(where, type as string, known, () => layerClassOf(type as string, config))
}

const layerClassOf = (type: string, config: LayerConfig): Layer => {
  const found = layerClass(type)
  if (found === undefined) throw new Error('is not known here')
  return found.fromConfig(config)
}

const appliedAt = (where: string, layer: Layer, at: Value): Value =>
  placed(where, layer.kind, [], () => applyLayer(layer, [at])[0] as Value)

/** Layers say of an error `Conv2d: kernel is …`: here it is of `layers[2].kernel`. */
function placed<T>(where: string, type: string, options: readonly string[], work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { message } = error as Error
    const [, option, rest] = /^\w+: (\w+) (.*)$/s.exec(message) ?? []
    if (option !== undefined && options.includes(option)) throw new Error(`${where}.${option} ${rest}`)
    throw new Error(`${where}: ${message.startsWith(`${type}: `) ? message : `${type}: ${message}`}`)
  }
}
