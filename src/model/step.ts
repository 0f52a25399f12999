// Records a model's steps: training, evaluation, prediction. What happens in a step is written here, once.

import type { Kernels, Scalar } from '../kernels/kernels.js'
import { StepValue } from '../kernels/kernels.js'
import { updateColumn } from '../kernels/program.js'
import { type Recorder, type Recording, type Region, record } from '../kernels/recorder.js'
import { Node, Pass } from '../layers/node.js'
import type { Loss, TargetKind } from '../losses/loss.js'
import type { Meter } from '../metrics/meter.js'
import { type Optimizer, type ParameterRange, scaledValue } from '../optim/optimizer.js'
import type { Shape } from '../tensor/shape.js'
import { sizeOf } from '../tensor/shape.js'
import type { Tensor, TensorElement } from '../tensor/tensor.js'
import { type Augmentation, mixRows } from './augment.js'
import { type ClipOptions, recordClipping } from './clip.js'
import type { Graph } from './graph.js'
import type { TrainedRange } from './parameter-store.js'

/** The samples of one input of the model. */
export interface InputSpec {
  readonly shape: Shape
  readonly element: TensorElement
  /** A stored element e stands for e · scale. */
  readonly scale: number
}

/** The data that a recorded step reads: what decides the kernels, not how many samples there are. */
export interface DataSpec {
  readonly inputs: readonly InputSpec[]
  readonly targets: TargetKind
  /** Shape of one target; () for a label. */
  readonly targetShape: Shape
}

/** Columns of the step table after `rows`, for steps that read a data set. */
const dataColumns = [
  // Where the batch is in the part of the data that is in memory, and the part's sizes.
  'cursor',
  'samples',
  'length',
  // The same in the whole pass; `firstSample` is the number of the part's first sample.
  'firstSample',
  'place',
  'places',
  // The step's place among those of a job.
  'at',
  'ringLength',
] as const

/** Names the check of the gradients among a step's calls. */
export const gradientsOwner = 'gradients'

const step = (name: string): StepValue => new StepValue(name)

/** Counts the model's training steps: random numbers of a step follow from it. */
export const stepColumn = 'step'

/** The model's epochs so far: what augmentation draws follows from it. */
export const epochColumn = 'epoch'

/** What training makes small: the loss and, where `l2` is not 0, l2 / 2 · Σ w² over the weights (not biases). */
export interface Objective {
  readonly loss: Loss
  readonly l2: number
  /** All of the model's parameters. */
  readonly ranges: readonly ParameterRange[]
  /** What is measured besides. */
  readonly meter?: Meter | undefined
}

/** The slot of the samples of input `i`; targets are in `y`. */
export const inputSlot = (i: number): string => `x${i}`

/** Where a batch is gathered from: slots and step values of a recording, or arrays and numbers by hand. */
export interface BatchSource {
  readonly kernels: Kernels
  readonly rows: number
  slot(name: string, element: TensorElement): Tensor
  /**
   * `samples` and `length`, the sizes of data set and order, and `cursor`; where samples are augmented also the number of
   * the data set's first sample and the epoch.
   */
  number(name: 'samples' | 'length' | 'cursor' | 'firstSample' | typeof epochColumn): Scalar
}

/** The inputs and targets of some samples. */
export interface Gathered {
  readonly inputs: readonly Tensor[]
  readonly target: Tensor
}

/** Where a batch's samples stand in an order of them. */
function orderOf(source: BatchSource) {
  return {
    order: source.slot('order', 'int32'),
    rows: source.rows,
    samples: source.number('samples'),
    length: source.number('length'),
    cursor: source.number('cursor'),
  }
}

/** Gathers a batch: samples order[cursor … cursor + rows) of the data set. */
export function gatherFrom(source: BatchSource, spec: DataSpec, position = orderOf(source)): Gathered {
  const { kernels, rows } = source
  const gatherRows = (slot: string, shape: Shape, element: TensorElement, scale: number): Tensor => {
    const y = kernels.empty([rows, ...shape])
    const args = { y, data: source.slot(slot, element), ...position, cols: sizeOf(shape), scale }
    if (element === 'uint8') kernels.gatherBytes(args)
    else kernels.gatherReals(args)
    return y
  }
  const inputs = spec.inputs.map(({ shape, element, scale }, i) => gatherRows(inputSlot(i), shape, element, scale))
  if (spec.targets === 'dense') return { inputs, target: gatherRows('y', spec.targetShape, kernels.real, 1) }
  const target = kernels.empty([rows], 'int32')
  kernels.gatherLabels({ y: target, data: source.slot('y', 'int32'), ...position })
  return { inputs, target }
}

/** A batch to train on: `target` is what is learned, `own` that of the samples before they were mixed. */
export interface TrainingBatch extends Gathered {
  readonly own: Tensor
}

/**
 * A batch as `augmentation` changes it. A sample is mixed with another one as that is changed in this epoch; labels below
 * `classes` become rows.
 */
export function gatherAugmented(
  source: BatchSource,
  spec: DataSpec,
  augmentation: Augmentation,
  classes: number,
): TrainingBatch {
  const { kernels, rows } = source
  const batch = { kernels, rows, epoch: source.number(epochColumn) }
  const changed = (position: ReturnType<typeof orderOf>) => {
    const numbers = kernels.empty([rows], 'int32')
    kernels.sampleNumbers({ y: numbers, ...position, first: source.number('firstSample') })
    const { inputs, target } = gatherFrom(source, spec, position)
    return { numbers, input: augmentation.change(batch, inputs[0] as Tensor, numbers), target }
  }
  const position = orderOf(source)
  const { numbers, input, target } = changed(position)
  if (!augmentation.mixes) return { inputs: [input], target, own: target }
  const { partners, shares } = augmentation.partners(batch, numbers, position.samples)
  const other = changed({ ...position, order: partners, length: rows, cursor: 0 })
  return {
    inputs: [mixRows(kernels, rows, input, other.input, shares)],
    target: mixTargets(kernels, target, other.target, shares, classes),
    own: target,
  }
}

function mixTargets(kernels: Kernels, own: Tensor, other: Tensor, shares: Tensor, classes: number): Tensor {
  const [rows] = shares.shape as [number]
  if (own.element !== 'int32') return mixRows(kernels, rows, own, other, shares)
  const y = kernels.empty([rows, classes])
  kernels.mixLabels({ y, labels: own, others: other, shares, rows, classes })
  return y
}

/** Where a recorded step gathers its batch from. */
function batchOf(recorder: Recorder): BatchSource {
  const { kernels, rows } = recorder
  recorder.owner = 'batch'
  return { kernels, rows, slot: (name, element) => recorder.slot(name, element), number: step }
}

function trainingBatch(recorder: Recorder, { graph, data, objective, augmentation }: TrainingStep): TrainingBatch {
  const source = batchOf(recorder)
  if (augmentation !== undefined) {
    return gatherAugmented(source, data, augmentation, objective.loss.labelCount(graph.output.shape))
  }
  const gathered = gatherFrom(source, data)
  return { ...gathered, own: gathered.target }
}

/**
 * Writes the step's loss and number of correct predictions to place `at` of slots `losses` and `correct`, and what the
 * metrics need to the samples' places in the meter's slots.
 */
function measure(
  recorder: Recorder,
  { loss, l2, ranges, meter }: Objective,
  losses: Tensor,
  prediction: Tensor,
  target: Tensor,
): void {
  const { kernels, rows } = recorder
  recorder.owner = 'metrics'
  const ring = { at: step('at'), length: step('ringLength') }
  const sums = recorder.slot('losses', kernels.real)
  kernels.sum({ sums, x: losses, n: rows, divisor: rows, ...ring })
  for (const { value } of l2 === 0 ? [] : ranges.filter(({ decay }) => decay)) {
    kernels.sumSquares({ sums, x: value, n: value.size, factor: l2 / 2, beta: 1, ...ring })
  }
  meter?.record(recorder, prediction, target, { cursor: step('place'), length: step('places') })
  if (!loss.classifies) return
  const classes = sizeOf(prediction.shape.slice(1))
  const labels = target.rank === 1 ? target : labelsOf(kernels, target, rows, classes)
  const counts = recorder.slot('correct', kernels.real)
  kernels.countCorrect({ counts, scores: prediction, labels, rows, classes, ignore: loss.ignoreIndex, ...ring })
}

function labelsOf(kernels: Kernels, dense: Tensor, rows: number, cols: number): Tensor {
  const labels = kernels.empty([rows], 'int32')
  kernels.argMax({ y: labels, x: dense, rows, cols })
  return labels
}

/** Columns of the step table beside the data's and the optimizer's, where a training step has them. */
export const updateColumns = {
  /** What the gradient of the batch counts for among those of its update: accumulation of gradients. */
  share: 'share',
  /** Not 0 in the last batch of an update. */
  update: updateColumn,
  /** What the average takes of the parameters after an update. */
  averageShare: 'averageShare',
} as const

/** What a training step is made of. */
export interface TrainingStep extends ClipOptions {
  readonly graph: Graph
  readonly data: DataSpec
  readonly objective: Objective
  readonly optimizer: Optimizer
  /** What is trained; with `accumulated` the optimizer moves it once for several batches, with `average` it is averaged. */
  readonly trained: readonly TrainedRange[]
  readonly seed: number
  readonly real: 'float32' | 'float64'
  readonly regions: readonly Region[]
  /** Changes the samples, where that is wanted. */
  readonly augmentation?: Augmentation | undefined
}

/**
 * One training step: gather, augment, forward, loss, backward, finite check, clipping; then, as a commit, the optimizer and the
 * average. Where gradients are accumulated the commit adds the step's to them; clipping, the optimizer and the average
 * are calls of the phase `update`.
 */
export function recordTrainingStep(training: TrainingStep): Recording {
  const { graph, objective, optimizer, trained, seed, real, regions, augmentation } = training
  const { loss, l2 } = objective
  const accumulates = trained.some(({ accumulated }) => accumulated !== undefined)
  const averages = trained.some(({ average }) => average !== undefined)
  const columns = [
    ...dataColumns,
    stepColumn,
    ...(augmentation === undefined ? [] : [epochColumn]),
    ...optimizerColumns(optimizer, trained),
    ...(accumulates ? [updateColumns.share, updateColumns.update] : []),
    ...(averages ? [updateColumns.averageShare] : []),
  ]
  return record(real, columns, regions, (recorder) => {
    const { kernels, rows } = recorder
    const { inputs, target, own } = trainingBatch(recorder, training)
    const pass = new Pass(kernels, true, { seed, step: step(stepColumn) })
    const announce = (path: string): void => {
      recorder.owner = path
    }
    const forward = graph.forward(pass, inputs, announce)
    announce(loss.name)
    const lossNode = new Node(pass, loss.name, [true])
    const losses = loss.compute(lossNode, forward.output, target)
    kernels.checkFinite({ x: losses, n: rows })
    measure(recorder, objective, losses, forward.output, own)

    announce(loss.name)
    const gradients = kernels.empty([rows])
    kernels.fill({ y: gradients, n: rows, value: 1, divisor: loss.seedDivisor(rows) })
    forward.backward(loss.differentiate(lossNode, gradients))
    announce(gradientsOwner)
    for (const { value, gradient } of l2 === 0 ? [] : trained.filter(({ isWeight }) => isWeight)) {
      kernels.addScaled({ y: gradient, x: value, n: value.size, alpha: l2 })
    }
    for (const { gradient } of trained) kernels.checkFinite({ x: gradient, n: gradient.size })
    const moved = trained.map(({ gradient, accumulated }) => accumulated ?? gradient)
    if (!accumulates) recordClipping(recorder, moved, training)

    recorder.phase = 'commit'
    announce('running statistics')
    pass.commit()
    if (accumulates) {
      announce(gradientsOwner)
      trained.forEach(({ gradient }, i) => {
        kernels.addScaled({ y: moved[i] as Tensor, x: gradient, n: gradient.size, alpha: step(updateColumns.share) })
      })
      recorder.phase = 'update'
      recordClipping(recorder, moved, training)
    }
    announce('optimizer')
    trained.forEach((range, i) => {
      optimizer.apply(kernels, { ...range, gradient: moved[i] as Tensor }, optimizerValues(optimizer, range))
    })
    announce('average')
    for (const { average, value } of trained) {
      if (average === undefined) continue
      const share = step(updateColumns.averageShare)
      kernels.averageStep({ averages: average, parameters: value, n: value.size, share })
    }
    announce(gradientsOwner)
    for (const { accumulated } of trained) {
      if (accumulated !== undefined) kernels.fill({ y: accumulated, n: accumulated.size, value: 0 })
    }
  })
}

/** The optimizer's numbers, and once more for each factor of a group's rate. */
function optimizerColumns(optimizer: Optimizer, trained: readonly TrainedRange[]): readonly string[] {
  const scaled = trained.flatMap(({ lrFactor }) => optimizer.rateValues.map((name) => scaledValue(name, lrFactor)))
  return [...new Set([...optimizer.stepValues, ...scaled])]
}

function optimizerValues(optimizer: Optimizer, { lrFactor }: TrainedRange): Readonly<Record<string, StepValue>> {
  const columnOf = (name: string): string => (optimizer.rateValues.includes(name) ? scaledValue(name, lrFactor) : name)
  return Object.fromEntries(optimizer.stepValues.map((name) => [name, step(columnOf(name))]))
}

/** One evaluation step: gather, forward, loss and metrics. */
export function recordEvaluationStep(
  graph: Graph,
  spec: DataSpec,
  objective: Objective,
  real: 'float32' | 'float64',
  regions: readonly Region[],
): Recording {
  const { loss } = objective
  return record(real, dataColumns, regions, (recorder) => {
    const { inputs, target } = gatherFrom(batchOf(recorder), spec)
    const pass = new Pass(recorder.kernels, false)
    const { output } = graph.forward(pass, inputs, (path) => {
      recorder.owner = path
    })
    recorder.owner = loss.name
    const losses = loss.compute(new Node(pass, loss.name, [false]), output, target)
    measure(recorder, objective, losses, output, target)
  })
}

/** A prediction, and where in the plan's memory its output is found. */
export interface PredictionRecording {
  readonly recording: Recording
  readonly output: number
}

/** One prediction: forward only, from inputs that each run brings along, real or bytes. */
export function recordPrediction(
  graph: Graph,
  specs: readonly InputSpec[],
  real: 'float32' | 'float64',
  regions: readonly Region[],
): PredictionRecording {
  let output = 0
  const recording = record(real, [], regions, (recorder) => {
    const { kernels, rows } = recorder
    recorder.owner = 'batch'
    const tensors = specs.map(({ shape, element, scale }) => {
      const given = recorder.input([rows, ...shape], element)
      return element === real ? given : realRows(recorder, given, scale)
    })
    const forward = graph.forward(new Pass(kernels, false), tensors, (path) => {
      recorder.owner = path
    })
    output = recorder.keep(ownMemory(recorder, forward.output))
  })
  return { recording, output }
}

/** `x` itself, or a copy where it is the model's input: layers may pass that on as it is. */
function ownMemory({ kernels, rows }: Recorder, x: Tensor): Tensor {
  if (typeof x.placeholder?.memory === 'number') return x
  const y = kernels.empty(x.shape)
  const cols = x.size / rows
  kernels.copyColumns({ y, x, rows, cols, yStride: cols, xStride: cols })
  return y
}

/** The slot of the numbers 0, 1, 2, …: all rows of a batch in their order. */
export const rowsSlot = 'rows'

function realRows({ kernels, rows, slot }: Recorder, bytes: Tensor, scale: number): Tensor {
  const x = kernels.empty(bytes.shape)
  const order = slot(rowsSlot, 'int32')
  const all = { order, rows, samples: rows, length: rows, cursor: 0, cols: bytes.size / rows }
  // As toReal does: a scale is a float32.
  kernels.gatherBytes({ y: x, data: bytes, ...all, scale: Math.fround(scale) })
  return x
}
