// mlp50 and simpleconv as ONNX models, written from netwright's weights.

import { load } from './serve.mjs'

const attribute = (name, value) =>
  Array.isArray(value) ? { name, type: 'INTS', ints: value } : { name, type: 'INT', i: value }

/** Layers as ONNX operators; a name for the parameters is their place in the network. */
const networks = {
  mlp50: [dense(0), relu(), dense(2)],
  simpleconv: [
    { op: 'Conv', place: 0, attributes: { kernel_shape: [5, 5] } },
    relu(),
    { op: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Flatten' },
    dense(4),
    relu(),
    dense(6),
  ],
}

function dense(place) {
  return { op: 'Gemm', place, attributes: { transB: 1 } }
}

function relu() {
  return { op: 'Relu' }
}

/** The model's bytes; its input is `x` (rows, …), its output `y` (rows, 10). */
export function onnxModel(network, weights, inputShape) {
  const { onnx } = load('onnx-proto').library
  const { FLOAT } = onnx.TensorProto.DataType
  const { INT, INTS } = onnx.AttributeProto.AttributeType
  const tensorType = (shape) => ({
    tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } },
  })
  const layers = networks[network]
  const node = layers.map(({ op, place, attributes = {} }, i) => ({
    opType: op,
    input: [i === 0 ? 'x' : `${i}`, ...(place === undefined ? [] : [`${place}.weight`, `${place}.bias`])],
    output: [i === layers.length - 1 ? 'y' : `${i + 1}`],
    attribute: Object.entries(attributes)
      .map(([name, value]) => attribute(name, value))
      .map((one) => ({ ...one, type: one.type === 'INTS' ? INTS : INT })),
  }))
  const graph = {
    name: network,
    node,
    initializer: Object.entries(weights).map(([name, { shape, data }]) => ({
      name,
      dims: shape,
      dataType: FLOAT,
      rawData: new Uint8Array(data.buffer),
    })),
    input: [{ name: 'x', type: tensorType(inputShape) }],
    output: [{ name: 'y', type: tensorType([inputShape[0], 10]) }],
  }
  const model = { irVersion: 7, opsetImport: [{ domain: '', version: 13 }], graph }
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish()
}
