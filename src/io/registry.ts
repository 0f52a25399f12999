// Layers by name: what a saved file calls them, and which class that is.

import { describe, netwrightError } from '../errors.js'
import { Add } from '../layers/add.js'
import { AvgPool2d, GlobalAvgPool2d } from '../layers/avg-pool2d.js'
import { BatchNorm } from '../layers/batch-norm.js'
import { Concat } from '../layers/concat.js'
import { Conv2d } from '../layers/conv2d.js'
import { Dropout } from '../layers/dropout.js'
import { ELU } from '../layers/elu.js'
import { GELU } from '../layers/gelu.js'
import { Layer, type LayerConfig } from '../layers/layer.js'
import { LeakyReLU } from '../layers/leaky-relu.js'
import { Linear } from '../layers/linear.js'
import { MatMul } from '../layers/mat-mul.js'
import { MaxPool2d } from '../layers/max-pool2d.js'
import { Mul } from '../layers/mul.js'
import { ReLU } from '../layers/relu.js'
import { Repeat, Sum } from '../layers/repeat.js'
import { Flatten, Identity } from '../layers/reshape.js'
import { Sigmoid } from '../layers/sigmoid.js'
import { SiLU } from '../layers/silu.js'
import { LogSoftmax, Softmax } from '../layers/softmax.js'
import { Tanh } from '../layers/tanh.js'

/** A class of layers. */
export interface LayerClass {
  readonly name: string
  readonly prototype: Layer
  new (...args: never[]): Layer
  fromConfig(config: LayerConfig): Layer
}

// An object and not the classes' own names, which bundlers may shorten.
const builtIn: Readonly<Record<string, LayerClass>> = {
  Add,
  AvgPool2d,
  BatchNorm,
  Concat,
  Conv2d,
  Dropout,
  ELU,
  Flatten,
  GELU,
  GlobalAvgPool2d,
  Identity,
  LeakyReLU,
  Linear,
  LogSoftmax,
  MatMul,
  MaxPool2d,
  Mul,
  ReLU,
  Repeat,
  SiLU,
  Sigmoid,
  Softmax,
  Sum,
  Tanh,
}

const registered = new Map<string, LayerClass>()

/** Known names with their classes: netwright's own layers, then those of the program. */
function* known(): Iterable<readonly [name: string, type: LayerClass]> {
  yield* Object.entries(builtIn)
  yield* registered
}

/**
 * Makes a layer of your own known, so that models with it can be saved and loaded: `registerLayer(Swish)`. Every
 * program that loads the file registers it as well, under the same name; by default the class's.
 *
 * A class whose constructor takes arguments also has `get config()`, which answers them as JSON, and
 * `static fromConfig(config)`, which makes a layer of them.
 *
 * Throws ERR_ARGUMENT for what is no class of layers, or a name that another class has.
 */
export function registerLayer(type: LayerClass, name: string = type?.name): void {
  if (typeof type !== 'function' || !(type.prototype instanceof Layer)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `registerLayer: got ${describe(type)}, expected a class that extends Layer`,
      'TypeError',
    )
  }
  if (typeof name !== 'string' || name === '') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `registerLayer: name is ${describe(name)}, expected a text: registerLayer(type, 'Swish')`,
      'TypeError',
    )
  }
  const other = layerClass(name)
  if (other !== undefined && other !== type) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `registerLayer: '${name}' is the name of another class already. Name this one otherwise: ` +
        `registerLayer(${type.name}, 'My${name}')`,
    )
  }
  registered.set(name, type)
}

/** The class that files call `name`, or undefined. */
export function layerClass(name: string): LayerClass | undefined {
  return Object.hasOwn(builtIn, name) ? builtIn[name] : registered.get(name)
}

/** What a file says of `layer`. */
export interface LayerDescription {
  readonly type: string
  readonly config: LayerConfig
}

/** The name and config of `layer`, checked to make such a layer again. Throws ERR_ARGUMENT, naming it `path`. */
export function describeLayer(path: string, layer: Layer): LayerDescription {
  const type = layer.constructor as unknown as LayerClass
  const fail = (problem: string, cause?: unknown): never => {
    const error = netwrightError('ERR_ARGUMENT', `save: ${path}: ${problem}`)
    throw cause === undefined ? error : Object.assign(error, { cause })
  }
  for (const [name, candidate] of known()) {
    if (candidate !== type) continue
    const text = jsonOf(layer.config, fail)
    const config = JSON.parse(text) as LayerConfig
    if (type.fromConfig === Layer.fromConfig && type.length > 0) {
      fail(
        `the constructor of ${type.name} takes arguments, which the file must have. Add to the class: ` +
          `get config() { return { … } } and static fromConfig(config) { return new ${type.name}(…) }`,
      )
    }
    const again = makeAgain(type, config, fail)
    if (again.constructor !== type) {
      fail(
        `${type.name}.fromConfig makes ${describe(again)}, expected a ${type.name}. Add to the class: ` +
          `static fromConfig(config) { return new ${type.name}(…) }`,
      )
    }
    const second = jsonOf(again.config, fail)
    if (second !== text) {
      fail(`${type.name}.fromConfig makes a layer with config ${second} from config ${text}, expected the same`)
    }
    if (type.fromConfig === Layer.fromConfig) requireSameFields(layer, again, fail)
    return { type: name, config }
  }
  return fail(
    `files have no name for the class ${type.name} yet. Register it, before saving and before loading: ` +
      `registerLayer(${type.name})`,
  )
}

/**
 * Arguments with defaults are not counted by `constructor.length`: what the class keeps of them shows in the layer's own
 * fields. What only building makes is not there in the other one.
 */
function requireSameFields(layer: Layer, again: Layer, fail: (problem: string) => never): void {
  const fields = (of: Layer) =>
    Object.entries(of).filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value))
  const own = new Map<string, unknown>(fields(layer))
  for (const [name, value] of fields(again)) {
    if (!own.has(name) || Object.is(own.get(name), value)) continue
    fail(
      `its ${name} is ${describe(own.get(name))}, and ${describe(value)} in a layer made without arguments, as loading would ` +
        `make it. Add to the class: get config() { return { ${name}: this.${name}, … } } and static fromConfig(config) { … }`,
    )
  }
}

function makeAgain(type: LayerClass, config: LayerConfig, fail: (problem: string, cause?: unknown) => never): Layer {
  try {
    return type.fromConfig(config)
  } catch (error) {
    return fail(`${type.name}.fromConfig does not take the layer's own config: ${(error as Error).message}`, error)
  }
}

function jsonOf(config: LayerConfig, fail: (problem: string, cause?: unknown) => never): string {
  try {
    // undefined is left out, as an option that was not given.
    return JSON.stringify(config, (key, value: unknown) => {
      const isOther = typeof value === 'function' || typeof value === 'symbol' || ArrayBuffer.isView(value)
      if (isOther || (typeof value === 'number' && !Number.isFinite(value))) {
        throw new Error(`${key} is ${describe(value)}`)
      }
      return value
    })
  } catch (error) {
    return fail(`its config cannot be written as JSON: ${(error as Error).message}`, error)
  }
}
