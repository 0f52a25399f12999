// Records a model's steps: training, evaluation, prediction. What happens in a step is written here, once.

import type { Kernels } from '../kernels/kernels.js'
import { StepValue } from '../kernels/kernels.js'
import { type Recorder, type Recording, type Region, record } from '../kernels/recorder.js'
import { Node, Pass } from '../layers/node.js'
import type { Loss, TargetKind } from '../losses/loss.js'
import type { Optimizer, ParameterRange } from '../optim/optimizer.js'
import type { Shape } from '../tensor/shape.js'
import { sizeOf } from '../tensor/shape.js'
import type { Tensor, TensorElement } from '../tensor/tensor.js'
import type { Graph } from './graph.js'

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
const dataColumns = ['cursor', 'samples', 'length', 'at', 'ringLength'] as const

/** Names the check of the gradients among a step's calls. */
export const gradientsOwner = 'gradients'

const step = (name: string): StepValue => new StepValue(name)

/** Counts the model's training steps: random numbers of a step follow from it. */
export const stepColumn = 'step'

/** What training makes small: the loss and, where `l2` is not 0, l2 / 2 · Σ w² over the weights (not biases). */
export interface Objective {
  readonly loss: Loss
  readonly l2: number
  /** The model's parameters. */
  readonly ranges: readonly ParameterRange[]
}

/** The slot of the samples of input `i`; targets are in `y`. */
export const inputSlot = (i: number): string => `x${i}`

/** Gathers a batch: samples order[cursor … cursor + rows) of the data set. */
function gather(recorder: Recorder, spec: DataSpec): { inputs: readonly Tensor[]; target: Tensor } {
  const { kernels, rows } = recorder
  recorder.owner = 'batch'
  const position = {
    order: recorder.slot('order', 'int32'),
    rows,
    samples: step('samples'),
    length: step('length'),
    cursor: step('cursor'),
  }
  const gatherRows = (slot: string, shape: Shape, element: TensorElement, scale: number): Tensor => {
    const y = kernels.empty([rows, ...shape])
    const args = { y, data: recorder.slot(slot, element), ...position, cols: sizeOf(shape), scale }
    if (element === 'uint8') kernels.gatherBytes(args)
    else kernels.gatherReals(args)
    return y
  }
  const inputs = spec.inputs.map(({ shape, element, scale }, i) => gatherRows(inputSlot(i), shape, element, scale))
  if (spec.targets === 'dense') return { inputs, target: gatherRows('y', spec.targetShape, kernels.real, 1) }
  const target = kernels.empty([rows], 'int32')
  kernels.gatherLabels({ y: target, data: recorder.slot('y', 'int32'), ...position })
  return { inputs, target }
}

/** Writes the step's loss and number of correct predictions to place `at` of slots `losses` and `correct`. */
function measure(
  recorder: Recorder,
  { loss, l2, ranges }: Objective,
  losses: Tensor,
  prediction: Tensor,
  target: Tensor,
): void {
  const { kernels, rows } = recorder
  recorder.owner = 'metrics'
  const ring = { at: step('at'), length: step('ringLength') }
  const sums = recorder.slot('losses', kernels.real)
  kernels.sum({ sums, x: losses, n: rows, divisor: rows, ...ring })
  for (const { value } of penalised(l2, ranges)) {
    kernels.sumSquares({ sums, x: value, n: value.size, factor: l2 / 2, beta: 1, ...ring })
  }
  if (!loss.classifies) return
  const classes = sizeOf(prediction.shape.slice(1))
  const labels = target.rank === 1 ? target : labelsOf(kernels, target, rows, classes)
  const counts = recorder.slot('correct', kernels.real)
  kernels.countCorrect({ counts, scores: prediction, labels, rows, classes, ignore: loss.ignoreIndex, ...ring })
}

const penalised = (l2: number, ranges: readonly ParameterRange[]): readonly ParameterRange[] =>
  l2 === 0 ? [] : ranges.filter(({ decay }) => decay)

function labelsOf(kernels: Kernels, dense: Tensor, rows: number, cols: number): Tensor {
  const labels = kernels.empty([rows], 'int32')
  kernels.argMax({ y: labels, x: dense, rows, cols })
  return labels
}

/** One training step: gather, forward, loss, backward, finite check; then, as a commit, the optimizer. */
export function recordTrainingStep(
  graph: Graph,
  spec: DataSpec,
  objective: Objective,
  optimizer: Optimizer,
  seed: number,
  real: 'float32' | 'float64',
  regions: readonly Region[],
): Recording {
  const { loss, l2, ranges } = objective
  return record(real, [...dataColumns, stepColumn, ...optimizer.stepValues], regions, (recorder) => {
    const { kernels, rows } = recorder
    const { inputs, target } = gather(recorder, spec)
    const pass = new Pass(kernels, true, { seed, step: step(stepColumn) })
    const announce = (path: string): void => {
      recorder.owner = path
    }
    const forward = graph.forward(pass, inputs, announce)
    announce(loss.name)
    const lossNode = new Node(pass, loss.name, [true])
    const losses = loss.compute(lossNode, forward.output, target)
    kernels.checkFinite({ x: losses, n: rows })
    measure(recorder, objective, losses, forward.output, target)

    announce(loss.name)
    const gradients = kernels.empty([rows])
    kernels.fill({ y: gradients, n: rows, value: 1, divisor: loss.seedDivisor(rows) })
    forward.backward(loss.differentiate(lossNode, gradients))
    announce(gradientsOwner)
    for (const { value, gradient } of penalised(l2, ranges)) {
      kernels.addScaled({ y: gradient, x: value, n: value.size, alpha: l2 })
    }
    for (const { gradient } of ranges) kernels.checkFinite({ x: gradient, n: gradient.size })

    recorder.phase = 'commit'
    announce('running statistics')
    pass.commit()
    announce('optimizer')
    const values = Object.fromEntries(optimizer.stepValues.map((name) => [name, step(name)]))
    for (const range of ranges) optimizer.apply(kernels, range, values)
  })
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
    const { inputs, target } = gather(recorder, spec)
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
