// Which number of a failed step first was not finite: the step is computed again, by hand. Changes nothing of the
// model; its gradients are put aside meanwhile.

import { Node, Pass } from '../layers/node.js'
import type { Loss } from '../losses/loss.js'
import type { Augmentation } from '../model/augment.js'
import { type ForwardPass, type Graph, type Place, usedOutputs } from '../model/graph.js'
import type { Network } from '../model/network.js'
import { Tensor } from '../tensor/tensor.js'
import { type Batch, gatherBatch } from './batch.js'
import type { DataPart } from './data-parts.js'
import { adviceOn, largestOf, type Suspicion } from './diagnosis-advice.js'
import { indexOfNotFinite, WatchedKernels } from './watched-kernels.js'

/** The step that failed. */
export interface FailedTrainingStep {
  readonly network: Network
  readonly graph: Graph
  /** The part of the data that the batch is from. */
  readonly part: DataPart
  readonly loss: Loss
  /** Counted from 0, as in callbacks. */
  readonly epoch: number
  readonly step: number
  /** Numbers of the batch's samples within the part, in its order. */
  readonly samples: Int32Array
  /** Counts the model's training steps: dropout drops what it dropped. */
  readonly modelStep: number
  /** What changed the samples, and the model's epochs, from which that followed. */
  readonly augmentation?: Augmentation | undefined
  readonly modelEpoch: number
  /** Losses of the steps before, the last one last. */
  readonly lastLosses: readonly number[]
}

/** Where a training step stopped being finite: the property `diagnosis` of an ERR_NOT_FINITE of `fit`. */
export interface Diagnosis {
  /** Counted from 0, as in callbacks; so is `step`, within the epoch. Messages count from 1. */
  readonly epoch: number
  readonly step: number
  /**
   * Numbers of the batch's samples in the training data, in the order of the batch; with `validationSplit`, in the part
   * of the data that is trained on.
   */
  readonly samples: readonly number[]
  /** Place and kind of the layer, `2.Linear`; undefined for the data and for the loss. */
  readonly layer?: string
  /**
   * `input` or `target` of the data (`input 1` where there are several); `weight`, `bias` or another parameter of the
   * layer; its `output`, or what it checks besides, such as the `variance` of a batch; `loss`; `gradient of loss`,
   * `gradient of weight`, …, `gradient of input`.
   */
  readonly tensor: string
  /** The sample that the number belongs to, the first of several; undefined for what all samples share. */
  readonly sample?: number
  /** NaN, Infinity or -Infinity. */
  readonly value: number
  /** Mean losses of the last whole steps, at most 8, the last one last. */
  readonly lastLosses: readonly number[]
  /** What is likely to be wrong, and what to do about it. */
  readonly advice: string
}

/** undefined where the step, computed again, is finite: plain JavaScript in a layer may answer something else now. */
export function diagnose(failed: FailedTrainingStep): Diagnosis | undefined {
  const { network, graph, part, epoch, step, lastLosses } = failed
  const { augmentation, modelEpoch, loss } = failed
  const classes = loss.labelCount(graph.output.shape)
  const change = augmentation && { augmentation, epoch: modelEpoch, classes }
  const batch = gatherBatch(network.backend.kernels, part, failed.samples, change)
  const found = findInData(batch) ?? findInParameters(graph) ?? findInPass(failed, batch) ?? findInGradients(graph)
  if (found === undefined) return undefined
  const { row, suspicion, ...place } = found
  const samples = Array.from(failed.samples, (sample) => part.first + sample)
  return {
    epoch,
    step,
    samples,
    ...place,
    ...(row === undefined ? {} : { sample: samples[row] as number }),
    lastLosses,
    advice: adviceOn(suspicion, { inputs: batch.inputs, graph, lastLosses }),
  }
}

interface Found {
  readonly layer?: string
  readonly tensor: string
  readonly value: number
  /** Row of the batch. */
  readonly row?: number
  readonly suspicion: Suspicion
}

/** The first number of a tensor that is not finite; `batched`: its rows are those of the batch. */
function findIn({ data, shape }: Tensor, batched: boolean): Pick<Found, 'value' | 'row'> | undefined {
  const at = indexOfNotFinite(data)
  if (at < 0) return undefined
  const rowSize = data.length / (shape[0] as number)
  return { value: data[at] as number, ...(batched ? { row: Math.floor(at / rowSize) } : {}) }
}

/** The first answer of `find` over `items` that is one. */
function firstOf<T>(items: Iterable<T>, find: (item: T) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

const numbered = (name: string, i: number, count: number): string => (count === 1 ? name : `${name} ${i}`)

function findInData({ inputs, target }: Batch): Found | undefined {
  const named = inputs.map((tensor, i) => ({ name: numbered('input', i, inputs.length), tensor }))
  return firstOf([...named, { name: 'target', tensor: target }], ({ name, tensor }) => {
    const found = findIn(tensor, true)
    return found && { tensor: name, ...found, suspicion: { kind: 'data' } }
  })
}

/** Each layer at its first place. */
function firstPlaces({ places }: Graph): readonly Place[] {
  return places.filter(({ node }, i) => places.findIndex((other) => other.node.layer === node.layer) === i)
}

function findInParameters(graph: Graph): Found | undefined {
  return firstOf(firstPlaces(graph), ({ node, path }) =>
    firstOf(node.layer.parameters, ({ name, value }) => {
      const found = findIn(value, false)
      return found && { layer: path, tensor: name, ...found, suspicion: { kind: 'parameter' } }
    }),
  )
}

/** The gradients as the failed step left them: sums over several batches are made there only. */
function findInGradients(graph: Graph): Found | undefined {
  return firstOf(firstPlaces(graph), ({ node, path }) =>
    firstOf(node.layer.parameters, ({ name, gradient }) => {
      const found = findIn(gradient, false)
      return found && { layer: path, tensor: `gradient of ${name}`, ...found, suspicion: { kind: 'gradient' } }
    }),
  )
}

function findInPass(failed: FailedTrainingStep, batch: Batch): Found | undefined {
  const { network, graph, modelStep } = failed
  const watched = new WatchedKernels(network.backend.kernels)
  const pass = new Pass(watched.kernels, true, { seed: network.seed, step: modelStep })
  const forward = graph.forward(pass, batch.inputs, (path) => {
    watched.owner = path
  })
  return (
    firstOf(graph.places, (place) => findInOutputs(place, graph, forward, watched)) ??
    findInLossAndBackward(failed, batch, pass, forward, watched)
  )
}

function findInOutputs({ node, path }: Place, graph: Graph, forward: ForwardPass, watched: WatchedKernels) {
  const largest = largestOf(node.inputs.map((value) => forward.valueOf(value)))
  const suspicion = { kind: 'output', largest } as const
  const check = watched.failedChecks.get(path)
  if (check !== undefined) return { layer: path, ...check, suspicion }
  return firstOf(usedOutputs(graph, node), (value) => {
    const found = findIn(forward.valueOf(value), true)
    return found && { layer: path, tensor: 'output', ...found, suspicion }
  })
}

function findInLossAndBackward(
  { graph, loss, samples }: FailedTrainingStep,
  batch: Batch,
  pass: Pass,
  forward: ForwardPass,
  watched: WatchedKernels,
): Found | undefined {
  const { kernels } = pass
  watched.owner = loss.name
  const node = new Node(pass, loss.name, [true])
  const suspicion = { kind: 'loss', largest: largestOf([forward.output]) } as const
  const inLosses = findIn(loss.compute(node, forward.output, batch.target), true)
  if (inLosses !== undefined) return { tensor: 'loss', ...inLosses, suspicion }

  const rows = samples.length
  const seeds = kernels.empty([rows])
  kernels.fill({ y: seeds, n: rows, value: 1, divisor: loss.seedDivisor(rows) })
  const gradient = loss.differentiate(node, seeds)
  const inGradient = findIn(gradient, true)
  if (inGradient !== undefined) return { tensor: 'gradient of loss', ...inGradient, suspicion }
  return withGradientsAside(graph, () => findInBackward(graph, forward, gradient, watched))
}

/** Backwards through the layers: of each its parameters' gradients, then those of its inputs. */
function findInBackward(
  graph: Graph,
  forward: ForwardPass,
  gradient: Tensor,
  watched: WatchedKernels,
): Found | undefined {
  watched.forget()
  const { gradientOf } = forward.backward(gradient)
  const suspicion = { kind: 'gradient' } as const
  return firstOf([...graph.places].reverse(), ({ node, path }) => {
    const check = watched.failedChecks.get(path)
    if (check !== undefined) return { layer: path, ...check, suspicion }
    // Gradients of a shared layer, or of a value used twice, are sums: somebody else may have spoilt them.
    if (!watched.writers.has(path)) return undefined
    const { inputs, layer } = node
    return (
      firstOf(layer.parameters, (parameter) => {
        const found = findIn(parameter.gradient, false)
        return found && { layer: path, tensor: `gradient of ${parameter.name}`, ...found, suspicion }
      }) ??
      firstOf(inputs.entries(), ([i, value]) => {
        const arrived = gradientOf(value)
        const found = arrived && findIn(arrived, true)
        const name = numbered('input', i, inputs.length)
        return found && { layer: path, tensor: `gradient of ${name}`, ...found, suspicion }
      })
    )
  })
}

/** Runs `work` on gradients of its own. */
function withGradientsAside<T>(graph: Graph, work: () => T): T {
  const restore = graph.layers
    .flatMap(({ parameters }) => parameters)
    .map((parameter) => {
      const { value, gradient } = parameter
      return parameter.substitute(value, new Tensor(gradient.data.slice(), gradient.shape))
    })
  try {
    return work()
  } finally {
    for (const undo of restore) undo()
  }
}
