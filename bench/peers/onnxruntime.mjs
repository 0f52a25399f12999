// onnxruntime-node: predictions. `session.run` is asynchronous and is awaited, as its users must; netwright's predict is
// synchronous.

import { onnxModel } from './onnx-model.mjs'
import { load, readDigits, readWeights, serve } from './serve.mjs'

const [workload, threads, folder] = process.argv.slice(2)
const [, network, rows] = /^(\w+)-predict-(\d+)$/.exec(workload)
const { library: runtime, version } = load('onnxruntime-node')

const shape = [Number(rows), ...(network === 'mlp50' ? [784] : [1, 28, 28])]
const model = onnxModel(network, readWeights(folder, network), shape)
const session = await runtime.InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
})
const x = new runtime.Tensor('float32', readDigits(folder).images.slice(0, Number(rows) * 784), shape)

serve({ version, setting: '' }, async (count) => {
  let result
  for (let call = 0; call < count; call++) result = await session.run({ x })
  const { data } = result.y
  return data.reduce((sum, value) => sum + Math.abs(value), 0) / data.length
})
