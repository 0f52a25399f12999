// Holds layers, those of users above all, to what they promise.

import { describe, netwrightError } from '../errors.js'
import { type Shape, sameShape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { Layer } from './layer.js'
import type { Node } from './node.js'

/** Holds a layer to what its outputShapes promised: kernels take larger tensors than they need without a word. */
export function checkOutputs(layer: Layer, { path, inputs }: Node, outputs: unknown): readonly Tensor[] {
  const rows = inputs[0]?.shape[0] as number
  const promised: unknown = layer.outputShapes(inputs.map(({ shape }) => shape.slice(1)))
  if (!Array.isArray(promised) || !promised.every(Array.isArray)) {
    throw netwrightError(
      'ERR_SHAPE',
      `${path}: outputShapes() returned ${describe(promised)}, expected a list of shapes such as [[10]]`,
      'TypeError',
    )
  }
  const expected = promised.map((shape: Shape) => [rows, ...shape])
  const isList = Array.isArray(outputs) && outputs.every((output) => output instanceof Tensor)
  const fits =
    isList &&
    outputs.length === expected.length &&
    outputs.every(({ shape }, i) => sameShape(shape, expected[i] as Shape))
  if (fits) return outputs
  const got = isList ? outputs.map(({ shape }) => shapeText(shape)).join(', ') : describe(outputs)
  throw netwrightError(
    'ERR_SHAPE',
    `${path}: compute() returned ${got}, expected a list of tensors of shape ${expected.map(shapeText).join(', ')}`,
    'RangeError',
  )
}

/** And to the shapes of its inputs: a gradient has the shape of what it is the gradient of. */
export function checkGradients({ path, inputs }: Node, gradients: unknown): readonly (Tensor | undefined)[] {
  const isList = Array.isArray(gradients) && gradients.length === inputs.length
  const fits =
    isList &&
    inputs.every(({ shape }, i) => {
      const gradient: unknown = gradients[i]
      return gradient === undefined || (gradient instanceof Tensor && sameShape(gradient.shape, shape))
    })
  if (fits) return gradients
  const got = Array.isArray(gradients)
    ? gradients
        .map((gradient) => (gradient instanceof Tensor ? shapeText(gradient.shape) : describe(gradient)))
        .join(', ')
    : describe(gradients)
  throw netwrightError(
    'ERR_SHAPE',
    `${path}: differentiate() returned ${got || 'nothing'}, expected a list of tensors of shape ` +
      inputs.map(({ shape }) => shapeText(shape)).join(', '),
    'RangeError',
  )
}
