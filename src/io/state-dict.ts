// State dictionaries: all that a model has learned, as tensors by name, in PyTorch's names and layout.

import { checkOptions, describe, type ErrorCode, netwrightError, requireFlag } from '../errors.js'
import { withLock } from '../kernels/backend.js'
import type { StateTensor } from '../layers/state-tensor.js'
import type { Graph } from '../model/graph.js'
import { namedState } from '../model/named-state.js'
import type { Sealed } from '../model/network.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { type Shape, sameShape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'

/** Options of loading. */
export interface LoadStateOptions {
  /** Whether names that the model or the dictionary lacks are an error. Default true. */
  readonly strict?: boolean
}

/** Throws ERR_ARGUMENT for options of loading that are unknown or of the wrong type. */
export function checkLoadOptions(where: string, options: LoadStateOptions): void {
  checkOptions(where, options, ['strict'])
  requireFlag(`${where}: strict`, options.strict ?? true)
}

/** What `strict: false` let pass. */
export interface LoadedState {
  /** Names of the model's tensors that were not there; they stay as they are. */
  readonly missing: readonly string[]
  /** Names that the model does not have. */
  readonly unexpected: readonly string[]
}

/** Where a tensor of a state dictionary lives in a model. */
export interface SavedTensor {
  readonly name: string
  readonly state: StateTensor
  /** Its shape in the dictionary. */
  readonly shape: Shape
  readonly transposed: boolean
}

/** Parameters, then buffers, of a built graph. Throws ERR_ARGUMENT for a layer with two tensors of one name. */
export function savedTensors(graph: Graph): readonly SavedTensor[] {
  const { parameters, buffers } = namedState(graph)
  const saved = [
    ...parameters.map(({ name, parameter }) => ({ name, state: parameter, transposed: parameter.savedTransposed })),
    ...buffers.map(({ name, buffer }) => ({ name, state: buffer, transposed: false })),
  ]
  const names = new Set<string>()
  return saved.map(({ name, state, transposed }) => {
    if (names.has(name)) {
      throw netwrightError('ERR_ARGUMENT', `The model has two tensors with the name '${name}', expected one`)
    }
    names.add(name)
    return { name, state, shape: transposed ? state.shape.toReversed() : state.shape, transposed }
  })
}

/** Copies of the model's tensors, as of the end of a step, in ordinary memory. */
export function readState({ graph, lock }: Sealed): ReadonlyMap<string, Tensor> {
  const saved = savedTensors(graph)
  const copies = withLock(lock, () => saved.map(({ state }) => new Tensor(state.value.data.slice(), state.shape)))
  return new Map(
    saved.map(({ name, transposed }, i) => {
      const copy = copies[i] as Tensor
      return [name, transposed ? copy.transpose() : copy]
    }),
  )
}

/**
 * Throws, with `code`, unless `given` has the tensors of `states` in their shapes. With `strict` false only shapes are
 * held against it.
 */
export function checkState(
  states: readonly SavedTensor[],
  given: ReadonlyMap<string, Shape>,
  { strict = true }: LoadStateOptions,
  fail: (problem: string, code: ErrorCode) => Error,
): LoadedState {
  const names = new Set(states.map(({ name }) => name))
  const missing = [...names].filter((name) => !given.has(name))
  const unexpected = [...given.keys()].filter((name) => !names.has(name) && !isBatchCount(name, names))
  if (strict && missing.length + unexpected.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`missing ${listed(missing)}`] : []),
      ...(unexpected.length > 0 ? [`unexpected ${listed(unexpected)}`] : []),
    ]
    throw fail(
      `names do not match the model's: ${parts.join('; ')}. Expected <place of the layer>.<name of the tensor>`,
      'ERR_ARGUMENT',
    )
  }
  for (const { name, shape, transposed } of states) {
    const got = given.get(name)
    if (got === undefined || sameShape(got, shape)) continue
    const remedy =
      transposed && sameShape(got, shape.toReversed())
        ? '. It is transposed: weights of Linear are saved as (out, in), as in PyTorch'
        : ''
    throw fail(`'${name}' has shape ${shapeText(got)}, expected ${shapeText(shape)}${remedy}`, 'ERR_SHAPE')
  }
  return { missing, unexpected }
}

/** PyTorch's batch normalisation also counts its batches, and does without the number when it loads. */
const isBatchCount = (name: string, names: ReadonlySet<string>): boolean =>
  name.endsWith('.num_batches_tracked') && names.has(name.replace(/num_batches_tracked$/, 'running_mean'))

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 4).map(describe)
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '')
}

/** Copies `tensors`, which checkState() has let pass, into the model, between two steps. */
export function writeState(
  { lock }: Sealed,
  states: readonly SavedTensor[],
  tensors: ReadonlyMap<string, Tensor>,
): void {
  // Everything that may fail comes first.
  const copies = states.flatMap(({ name, state, transposed }) => {
    const given = tensors.get(name)
    if (given === undefined) return []
    const converted = toParameterType(name, given, state.value)
    return [{ to: state.value.data, from: (transposed ? converted.transpose() : converted).data }]
  })
  withLock(lock, () => {
    for (const { to, from } of copies) to.set(from)
  })
}

/** Refuses what would become infinite: a float64 beyond float32. */
function toParameterType(name: string, given: Tensor, { element }: Tensor): Tensor {
  const converted = toReal(given, element as 'float32' | 'float64')
  if (given.element !== 'float64' || element === 'float64') return converted
  const lost = converted.data.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(given.data[i]))
  if (lost < 0) return converted
  throw netwrightError('ERR_NOT_FINITE', `${name}[${lost}] is ${given.data[lost]}, too large for this float32 model`)
}

/** Model.loadStateDict: checks all, then copies all. */
export function loadState(
  sealed: Sealed,
  dictionary: Readonly<Record<string, TensorLike>>,
  options: LoadStateOptions,
): LoadedState {
  if (typeof dictionary !== 'object' || dictionary === null) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `loadStateDict: got ${describe(dictionary)}, expected an object of tensors by name`,
      'TypeError',
    )
  }
  const states = savedTensors(sealed.graph)
  const tensors = new Map(
    Object.entries(dictionary).map(([name, value]) => [
      name,
      value instanceof Tensor ? value : tensor(value, undefined, { element: 'float64' }),
    ]),
  )
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
  const result = checkState(states, shapes, options, (problem, code) =>
    netwrightError(code, `loadStateDict: ${problem}`, code === 'ERR_SHAPE' ? 'RangeError' : 'Error'),
  )
  writeState(sealed, states, tensors)
  return result
}
