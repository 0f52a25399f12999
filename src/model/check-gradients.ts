// checkGradients: a model's gradients against central differences, in float64 on the reference.

import { isListOfTensors, type SamplesLike } from '../data/dataset.js'
import { checkOptions, describe, netwrightError, requireFlag, requireNumber, requireWhole } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import { eagerKernels } from '../kernels/default-backend.js'
import type { Kernels } from '../kernels/kernels.js'
import { Pass } from '../layers/node.js'
import { type Loss, requireLoss } from '../losses/loss.js'
import { Random } from '../random/random.js'
import type { TensorLike } from '../tensor/create.js'
import type { Shape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { textTable } from '../text-table.js'
import type { Graph } from './graph.js'
import { namedState } from './named-state.js'
import type { Network } from './network.js'

/** Options of {@link checkGradients}. */
export interface CheckGradientsOptions {
  /** How far each element is moved up and down. Default 1e-5. */
  readonly step?: number
  /** Largest error, relative to 1e-3 + |gradient|, that is right. Default 1e-5. */
  readonly tolerance?: number
  /** Check every element of large tensors as well, not 64 of them. Default false. */
  readonly all?: boolean
  /** Which elements of large tensors are checked, and dropout's choice. Default 0. */
  readonly seed?: number
}

/** What was found about one parameter. */
export interface ParameterCheck {
  /** As in stateDict: `0.weight`. */
  readonly name: string
  readonly shape: Shape
  /** Elements that were checked, kinks among them. */
  readonly checked: number
  /**
   * Elements at a kink (of ReLU, max pooling, |x|): the loss has different slopes on the two sides, the gradient is one
   * of them or lies between. They are no errors.
   */
  readonly kinks: number
  /** The largest and the mean |gradient - difference quotient|, and the largest relative to 1e-3 + |gradient|. */
  readonly largestError: number
  readonly meanError: number
  readonly relativeError: number
  readonly ok: boolean
}

export interface GradientReport {
  readonly ok: boolean
  readonly parameters: readonly ParameterCheck[]
  /** A table for the terminal; console.log prints it as well. */
  toString(): string
}

const mostChecked = 2000
const sampled = 64

/**
 * Compares the gradient of every parameter of `network` with central differences of the loss on one batch, in float64
 * on the reference backend, whatever the model's own backend and type; the model stays as it is. The pass is a training
 * pass with one choice of dropout. Frozen layers have no gradients and are left out. Tensors of more than 2,000 elements are sampled: 64 seeded elements.
 *
 * `x`: a batch, or a list of tensors for several inputs; `loss` as for `fit`; `target` as for the loss.
 * Throws ERR_SHAPE where they do not fit, ERR_DATA for an empty batch.
 */
export function checkGradients(
  network: Network,
  batch: { readonly x: SamplesLike; readonly y: TensorLike; readonly loss: Loss },
  options: CheckGradientsOptions = {},
): GradientReport {
  checkOptions('checkGradients', options, ['step', 'tolerance', 'all', 'seed'])
  const isPositive = (value: number): boolean => value > 0
  const step = requireNumber('checkGradients: step', options.step ?? 1e-5, 'a number above 0', isPositive)
  const tolerance = requireNumber('checkGradients: tolerance', options.tolerance ?? 1e-5, 'above 0', isPositive)
  const all = requireFlag('checkGradients: all', options.all ?? false)
  const seed = requireWhole('checkGradients: seed', options.seed ?? 0, 0)
  if (typeof batch !== 'object' || batch === null) {
    throw netwrightError('ERR_ARGUMENT', `checkGradients: got ${describe(batch)}, expected { x, y, loss }`, 'TypeError')
  }
  const { x, y } = batch
  const loss = requireLoss('checkGradients', batch.loss)
  const inputs = (isListOfTensors(x) ? x : [x]).map((input) => toReal(input, 'float64'))
  if (!inputs.every(({ size, rank }) => size > 0 && rank > 1)) {
    throw netwrightError('ERR_DATA', `checkGradients: x is ${describe(x)}, expected a batch of samples`, 'RangeError')
  }
  const { graph } = network.seal(inputs.map(({ shape }) => shape.slice(1)))
  const kernels = eagerKernels('float64')

  const state = namedState(graph)
  const double = (tensor: Tensor): Tensor => new Tensor(Float64Array.from(tensor.data), tensor.shape)
  const parameters = state.parameters.map(({ name, parameter }) => {
    const value = double(parameter.value)
    const gradient = new Tensor(new Float64Array(value.size), value.shape)
    return { name, parameter, value, gradient }
  })
  const restore = [
    ...parameters.map(({ parameter, value, gradient }) => parameter.substitute(value, gradient)),
    ...state.buffers.map(({ buffer }) => buffer.substitute(double(buffer.value))),
  ]
  try {
    const measure = lossOn(graph, kernels, inputs, y, loss, seed)
    measure.backward()
    const random = new Random(seed, 'checkGradients')
    const learning = parameters.filter(({ parameter }) => !parameter.frozen)
    const checks = learning.map(({ name, value, gradient }) => {
      const exact = Float64Array.from(gradient.data)
      const places = placesToCheck(value.size, all, random)
      return { name, shape: value.shape, ...compare(measure.loss, value.data, exact, places, step, tolerance) }
    })
    const text = (): string => tableText(checks)
    const report = { ok: checks.every(({ ok }) => ok), parameters: checks, toString: text, [inspectCustom]: text }
    return report
  } finally {
    for (const undo of restore) undo()
  }
}

/** The loss of the batch as a function of the parameters as they are when it is called, and its gradient. */
function lossOn(
  graph: Graph,
  kernels: Kernels,
  inputs: readonly Tensor[],
  y: TensorLike,
  loss: Loss,
  seed: number,
): { loss: () => number; backward: () => void } {
  const forward = () => graph.forward(new Pass(kernels, true, { seed, step: 0 }), inputs)
  return {
    loss: () => loss.forward(forward().output, y),
    backward: () => {
      const pass = forward()
      loss.forward(pass.output, y)
      pass.backward(loss.backward())
    },
  }
}

/** All places of a small tensor, or 64 of a large one, in ascending order. */
function placesToCheck(size: number, all: boolean, random: Random): readonly number[] {
  if (all || size <= mostChecked) return Array.from({ length: size }, (_, i) => i)
  const chosen = new Set<number>()
  while (chosen.size < sampled) chosen.add(Math.floor(random.uniform() * size))
  return [...chosen].sort((a, b) => a - b)
}

function compare(
  f: () => number,
  values: Tensor['data'],
  gradient: Float64Array,
  places: readonly number[],
  step: number,
  tolerance: number,
): Omit<ParameterCheck, 'name' | 'shape'> {
  let [kinks, largestError, total, relativeError] = [0, 0, 0, 0]
  const middle = f()
  for (const place of places) {
    const value = values[place] as number
    const at = (moved: number): number => {
      values[place] = moved
      return f()
    }
    const slopes = (h: number): Slopes => {
      const [above, below] = [at(value + h), at(value - h)]
      values[place] = value
      return { left: (middle - below) / h, right: (above - middle) / h, mean: (above - below) / (2 * h) }
    }
    const exact = gradient[place] as number
    const wide = slopes(step)
    const error = Math.abs(exact - wide.mean)
    const scale = 1e-3 + Math.abs(exact)
    if (error / scale > tolerance && isKink(exact, wide, slopes(step / 10), tolerance * scale)) {
      kinks++
      continue
    }
    total += error
    largestError = Math.max(largestError, error)
    // Also where it is NaN.
    relativeError = error / scale <= relativeError ? relativeError : error / scale
  }
  const checked = places.length
  const meanError = checked > kinks ? total / (checked - kinks) : 0
  return { checked, kinks, largestError, meanError, relativeError, ok: relativeError <= tolerance }
}

/** One-sided difference quotients, and the central one. */
interface Slopes {
  readonly left: number
  readonly right: number
  readonly mean: number
}

/**
 * `near` has a tenth of the step of `wide`. A smooth loss bends in proportion to the step: its two one-sided slopes come
 * ten times closer. At a kink they stay apart, and the gradient is one of them or lies between; behind one, the nearer
 * points no longer see it.
 */
function isKink(exact: number, wide: Slopes, near: Slopes, tolerance: number): boolean {
  if (Math.abs(exact - near.mean) <= tolerance) return true
  const [wideGap, gap] = [wide, near].map(({ left, right }) => Math.abs(right - left)) as [number, number]
  const slack = 1e-2 * gap
  const between = exact >= Math.min(near.left, near.right) - slack && exact <= Math.max(near.left, near.right) + slack
  return gap > wideGap / 3 && between
}

function tableText(checks: readonly ParameterCheck[]): string {
  const rows = [
    ['parameter', 'checked', 'kinks', 'mean error', 'largest', 'relative', ''],
    ...checks.map(({ name, checked, kinks, meanError, largestError, relativeError, ok }) => [
      name,
      String(checked),
      String(kinks),
      meanError.toExponential(1),
      largestError.toExponential(1),
      relativeError.toExponential(1),
      ok ? 'ok' : 'WRONG',
    ]),
  ]
  return textTable(rows).join('\n')
}
