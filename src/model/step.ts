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

/** The data that a recorded step reads: what decides the kernels, not how many samples there are. */
export interface DataSpec {
  readonly sampleShape: Shape
  readonly element: TensorElement
  /** A stored element e stands for e · scale. */
  readonly scale: number
  readonly targets: TargetKind
  /** Shape of one target; () for a label. */
  readonly targetShape: Shape
}

/** Columns of the step table after `rows`, for steps that read a data set. */
const dataColumns = ['cursor', 'samples', 'length', 'at', 'ringLength'] as const

/** Names the check of the gradients among a step's calls. */
export const gradientsOwner = 'gradients'

const step = (name: string): StepValue => new StepValue(name)

/** Gathers a batch: samples order[cursor … cursor + rows) of the data set in slots `x` and `y`. */
function gather(recorder: Recorder, spec: DataSpec): { x: Tensor; target: Tensor } {
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
  const x = gatherRows('x', spec.sampleShape, spec.element, spec.scale)
  if (spec.targets === 'dense') return { x, target: gatherRows('y', spec.targetShape, kernels.real, 1) }
  const target = kernels.empty([rows], 'int32')
  kernels.gatherLabels({ y: target, data: recorder.slot('y', 'int32'), ...position })
  return { x, target }
}

/** Writes the step's loss and number of correct predictions to place `at` of slots `losses` and `correct`. */
function measure(recorder: Recorder, loss: Loss, losses: Tensor, prediction: Tensor, target: Tensor): void {
  const { kernels, rows } = recorder
  recorder.owner = 'metrics'
  const ring = { at: step('at'), length: step('ringLength') }
  kernels.sum({ sums: recorder.slot('losses', kernels.real), x: losses, n: rows, divisor: rows, ...ring })
  if (!loss.classifies) return
  const classes = sizeOf(prediction.shape.slice(1))
  const labels = target.rank === 1 ? target : labelsOf(kernels, target, rows, classes)
  kernels.countCorrect({
    counts: recorder.slot('correct', kernels.real),
    scores: prediction,
    labels,
    rows,
    classes,
    ...ring,
  })
}

function labelsOf(kernels: Kernels, dense: Tensor, rows: number, cols: number): Tensor {
  const labels = kernels.empty([rows], 'int32')
  kernels.argMax({ y: labels, x: dense, rows, cols })
  return labels
}

/** One training step: gather, forward, loss, backward, finite check; then, as a commit, the optimizer. */
export function recordTrainingStep(
  graph: Graph,
  spec: DataSpec,
  loss: Loss,
  optimizer: Optimizer,
  ranges: readonly ParameterRange[],
  real: 'float32' | 'float64',
  regions: readonly Region[],
): Recording {
  return record(real, [...dataColumns, ...optimizer.stepValues], regions, (recorder) => {
    const { kernels, rows } = recorder
    const { x, target } = gather(recorder, spec)
    const pass = new Pass(kernels, true)
    const announce = (path: string): void => {
      recorder.owner = path
    }
    const forward = graph.forward(pass, [x], announce)
    announce(loss.name)
    const lossNode = new Node(pass, loss.name, [true])
    const losses = loss.compute(lossNode, forward.output, target)
    kernels.checkFinite({ x: losses, n: rows })
    measure(recorder, loss, losses, forward.output, target)

    announce(loss.name)
    const gradients = kernels.empty([rows])
    kernels.fill({ y: gradients, n: rows, value: 1, divisor: rows })
    forward.backward(loss.differentiate(lossNode, gradients))
    announce(gradientsOwner)
    for (const { gradient } of ranges) kernels.checkFinite({ x: gradient, n: gradient.size })

    recorder.phase = 'commit'
    announce('optimizer')
    const values = Object.fromEntries(optimizer.stepValues.map((name) => [name, step(name)]))
    for (const range of ranges) optimizer.apply(kernels, range, values)
  })
}

/** One evaluation step: gather, forward, loss and metrics. */
export function recordEvaluationStep(
  graph: Graph,
  spec: DataSpec,
  loss: Loss,
  real: 'float32' | 'float64',
  regions: readonly Region[],
): Recording {
  return record(real, dataColumns, regions, (recorder) => {
    const { x, target } = gather(recorder, spec)
    const pass = new Pass(recorder.kernels, false)
    const { output } = graph.forward(pass, [x], (path) => {
      recorder.owner = path
    })
    recorder.owner = loss.name
    const losses = loss.compute(new Node(pass, loss.name, [false]), output, target)
    measure(recorder, loss, losses, output, target)
  })
}

/** A prediction, and where in the plan's memory its inputs are put and its output is found. */
export interface PredictionRecording {
  readonly recording: Recording
  readonly inputs: readonly number[]
  readonly output: number
}

/** One prediction: forward only, from inputs that the caller writes into the plan's memory. */
export function recordPrediction(
  graph: Graph,
  real: 'float32' | 'float64',
  regions: readonly Region[],
): PredictionRecording {
  let inputs: readonly number[] = []
  let output = 0
  const recording = record(real, [], regions, (recorder) => {
    const { kernels, rows } = recorder
    const tensors = graph.inputs.map(({ shape }) => kernels.empty([rows, ...shape]))
    inputs = tensors.map((tensor) => recorder.keep(tensor))
    const forward = graph.forward(new Pass(kernels, false), tensors, (path) => {
      recorder.owner = path
    })
    output = recorder.keep(forward.output)
  })
  return { recording, inputs, output }
}
