// Do a data set, a model and a loss fit together? Asked once, before training, with the answer in the user's terms.

import type { Dataset } from '../data/dataset.js'
import { netwrightError } from '../errors.js'
import { Sigmoid } from '../layers/sigmoid.js'
import { Softmax } from '../layers/softmax.js'
import type { Value } from '../layers/value.js'
import type { Loss } from '../losses/loss.js'
import { Meter } from '../metrics/meter.js'
import type { Metric, Task } from '../metrics/metric.js'
import type { Network, Sealed } from '../model/network.js'
import { type DataSpec, inputSlot } from '../model/step.js'
import { warn } from '../platform.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor, TensorData } from '../tensor/tensor.js'
import type { DataPart, DataParts } from './data-parts.js'

/** What a recorded step needs to know of a data set. */
export function dataSpec(dataset: Dataset): DataSpec {
  return {
    inputs: dataset.inputs.map(({ shape, element, scale }) => ({ shape: shape.slice(1), element, scale })),
    targets: dataset.targets,
    targetShape: dataset.y.shape.slice(1),
  }
}

/** The memory of `dataset`, by the slots that its steps gather from. */
export function dataSlots(dataset: Dataset): Readonly<Record<string, TensorData>> {
  return Object.fromEntries([...dataset.inputs.map(({ data }, i) => [inputSlot(i), data]), ['y', dataset.y.data]])
}

/** The meter of `metrics` for passes over `data`; undefined where there is nothing to measure. */
export function meterFor(
  { backend }: Network,
  { graph }: Sealed,
  { like, length }: DataParts,
  loss: Loss,
  metrics: readonly Metric[],
): Meter | undefined {
  if (metrics.length === 0) return undefined
  return new Meter(backend, metrics, taskOf(graph.output, like, loss), length)
}

/** What metrics know of training or evaluating with these data. */
function taskOf(output: Value, dataset: Dataset, loss: Loss): Task {
  return { loss, output: output.shape, targets: dataset.targets, target: dataset.y.shape.slice(1) }
}

/**
 * The model sealed for `dataset`, after checkTargets and the metrics' own checks: data that do not fit must not fix the
 * shapes of a model that infers them.
 */
export function sealFor(network: Network, dataset: Dataset, loss: Loss, metrics: readonly Metric[] = []): Sealed {
  const shapes = dataset.sampleShapes
  const { output } = network.graphFor(shapes)
  checkTargets(dataset, output.shape, loss)
  for (const metric of metrics) metric.check(taskOf(output, dataset, loss))
  warnAboutProbabilities(output, loss)
  return network.seal(shapes)
}

/** What sealFor asks of a data set, asked of the parts of a stream behind the first. Errors name the place in the pass. */
export function checkPart(network: Network, { dataset, first }: DataPart, loss: Loss): void {
  if (first === 0) return
  try {
    checkTargets(dataset, network.requireSealed().graph.output.shape, loss)
  } catch (error) {
    const samples = `samples ${first} to ${first + dataset.length - 1} of the stream, counted from ${first}`
    if (error instanceof Error) error.message = `In ${samples}: ${error.message}`
    throw error
  }
}

let warned = false

/** A loss on logits computes the softmax itself: after another one, gradients all but vanish. Said once. */
function warnAboutProbabilities({ node }: Value, loss: Loss): void {
  const { layer } = node ?? {}
  if (warned || !loss.takesLogits || !(layer instanceof Softmax || layer instanceof Sigmoid)) return
  warned = true
  warn(
    `The model ends in ${layer.kind}, but ${loss.name} takes logits and contains it already: training will be slow and ` +
      `poor. Leave the last ${layer.kind} out; apply it to what predict answers where you need probabilities.`,
    'NETWRIGHT_SOFTMAX_TWICE',
  )
}

/** Throws ERR_SHAPE where output and targets do not fit, ERR_LABEL for a label that the output has no place for. */
function checkTargets(dataset: Dataset, output: Shape, loss: Loss): void {
  loss.checkShapes(output, dataset.targets, dataset.y.shape.slice(1))
  if (dataset.targets === 'dense' && loss.classifies) checkProbabilities(dataset.y)
  if (dataset.targets === 'dense') checkRange(dataset.y, loss)
  const classes = loss.labelCount(output)
  if (dataset.targets !== 'labels' || dataset.classes <= classes) return
  const sample = dataset.y.data.findIndex((label) => label >= classes && label !== loss.ignoreIndex)
  if (sample < 0) return
  throw netwrightError(
    'ERR_LABEL',
    `Label ${dataset.y.data[sample]} of sample ${sample}: the model has ${output[0]} ` +
      `${output[0] === 1 ? 'output' : 'outputs'}, so labels must be whole numbers from 0 to ${classes - 1}`,
    'RangeError',
  )
}

function checkRange({ data, size, shape }: Tensor, { name, targetRange }: Loss): void {
  if (targetRange === undefined) return
  const [least, most] = targetRange
  const wrong = data.findIndex((value) => !(value >= least && value <= most))
  if (wrong < 0) return
  const sample = Math.floor(wrong / (size / (shape[0] as number)))
  throw netwrightError(
    'ERR_DATA',
    `A target of sample ${sample} is ${data[wrong]}, ${name} expects numbers from ${least} to ${most}`,
    'RangeError',
  )
}

/** One-hot rows and soft targets: from 0, with a sum of 1. */
function checkProbabilities({ data, shape }: Tensor): void {
  const [rows, cols] = shape as [number, number]
  for (let row = 0; row < rows; row++) {
    let [sum, least] = [0, 0]
    for (let col = 0; col < cols; col++) {
      const value = data[row * cols + col] as number
      sum += value
      least = Math.min(least, value)
    }
    if (least >= 0 && Math.abs(sum - 1) <= 1e-3) continue
    throw netwrightError(
      'ERR_DATA',
      `The target row of sample ${row} has a sum of ${sum}${least < 0 ? ` and a value of ${least}` : ''}: ` +
        'expected probabilities, from 0 and with a sum of 1 (one-hot rows are)',
      'RangeError',
    )
  }
}
