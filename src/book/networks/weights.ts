// Where the networks' parameters begin.

import { checkOptions, describe, netwrightError, requireNumber, requireWhole } from '../../errors.js'
import { initialWeights } from '../../layers/initial-values.js'
import type { Fans } from '../../layers/initialisers.js'
import { normal } from '../../layers/initialisers.js'
import { checkSeed, Random } from '../../random/random.js'
import { full } from '../../tensor/create.js'
import { type Shape, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Dtype } from '../array.js'
import { Affine } from '../layers/affine.js'

/** What all networks take. */
export interface NetworkOptions {
  /** Float type of the parameters and of all computation; float64 runs on the plain TypeScript kernels. */
  readonly dtype?: Dtype
  /** Same seed, same weights and dropout; default 0. Each parameter has its own random numbers, by its name. */
  readonly seed?: number
}

/** A standard deviation, or the name of a rule: He's for ReLU, what the book calls Xavier's for sigmoid. */
export type WeightInitStd = number | 'relu' | 'he' | 'sigmoid' | 'xavier'

/**
 * The standard deviation of weights with `fanIn` inputs an output: √(2 / fanIn) for 'relu' and 'he', 1/√fanIn for
 * 'sigmoid' and 'xavier' (rows 78 to 80). PyTorch and Keras call something else Xavier or Glorot, with the outputs in it
 * as well; the library's name for the book's is 'lecun'. For a filter fanIn is channels · height · width.
 */
export function initialStd(weightInitStd: WeightInitStd, fanIn: number): number {
  if (weightInitStd === 'relu' || weightInitStd === 'he') return Math.sqrt(2 / fanIn)
  if (weightInitStd === 'sigmoid' || weightInitStd === 'xavier') return 1 / Math.sqrt(fanIn)
  const expected = "a number from 0, 'relu' or 'he', 'sigmoid' or 'xavier'"
  return requireNumber('weightInitStd', weightInitStd, expected, (std) => std >= 0)
}

/**
 * Weights of network `where`, normal by `weightInitStd`; the random numbers are those of (seed, name). `shape` is that of
 * a matrix (I, O) or of filters (FN, C, FH, FW). Warns, once in a process, about weights that are all 0 (row 76).
 */
export function initialTensor(
  where: string,
  name: string,
  shape: Shape,
  weightInitStd: WeightInitStd,
  { seed, dtype }: Required<NetworkOptions>,
): Tensor {
  const fans = fansOf(shape)
  const std = initialStd(weightInitStd, fans.fanIn)
  return initialWeights(where, normal(std), shape, fans, { real: dtype, random: new Random(seed, name) })
}

/** Inputs of one output and outputs of one input: of a matrix its sides, of filters also times their area. */
function fansOf(shape: Shape): Fans {
  const [first = 1, second = 1] = shape
  if (shape.length === 2) return { fanIn: first, fanOut: second }
  const area = sizeOf(shape.slice(2))
  return { fanIn: second * area, fanOut: first * area }
}

/** An Affine layer, the `place`-th of its network: W normal by `weightInitStd`, b zeros. */
export function affineLayer(
  where: string,
  place: number,
  [inputs, outputs]: readonly [number, number],
  weightInitStd: WeightInitStd,
  options: Required<NetworkOptions>,
): Affine {
  requireWhole(`${where}: number of inputs of layer ${place}`, inputs)
  requireWhole(`${where}: number of outputs of layer ${place}`, outputs)
  const W = initialTensor(where, `W${place}`, [inputs, outputs], weightInitStd, options)
  return new Affine(W, constantTensor([outputs], 0, options.dtype))
}

export function constantTensor(shape: Shape, value: number, dtype: Dtype): Tensor {
  return full(shape, value, { element: dtype })
}

/** `options` with defaults. Throws ERR_ARGUMENT for a name that is neither `dtype`, `seed` nor one of `others`. */
export function networkOptions(
  where: string,
  options: NetworkOptions,
  others: readonly string[],
  standard: Dtype = 'float32',
): Required<NetworkOptions> {
  checkOptions(where, options, [...others, 'dtype', 'seed'])
  const { dtype = standard, seed = 0 } = options
  checkDtype(where, dtype)
  checkSeed(where, seed)
  return { dtype, seed }
}

export function checkDtype(where: string, dtype: unknown): void {
  if (dtype === 'float32' || dtype === 'float64') return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: dtype is ${describe(dtype)}, expected 'float32' or 'float64'`,
    'TypeError',
  )
}
