// The public API: everything that `import … from 'netwright'` offers, by name.

export { Dataset, type DatasetOptions } from './data/dataset.js'
export { readIdx } from './data/idx.js'
export { type MnistOptions, mnist } from './data/mnist.js'
export { type SpiralOptions, spiral } from './data/spiral.js'
export type { ErrorCode } from './errors.js'
export type { Backend } from './kernels/backend.js'
export { defaultBackend } from './kernels/default-backend.js'
export { type HostFunction, type Kernels, type Scalar, StepValue } from './kernels/kernels.js'
export { availableIsas, type NativeOptions, native } from './kernels/native/index.js'
export { type ReferenceOptions, reference } from './kernels/reference/backend.js'
export { Add } from './layers/add.js'
export { constant, type Initialiser, normal, torchUniform } from './layers/initialisers.js'
export { type BuildContext, Layer } from './layers/layer.js'
export { Linear, type LinearOptions } from './layers/linear.js'
export type { Node } from './layers/node.js'
export { Parameter } from './layers/parameter.js'
export { ReLU } from './layers/relu.js'
export { Sigmoid } from './layers/sigmoid.js'
export { input, type Value } from './layers/value.js'
export { crossEntropy } from './losses/cross-entropy.js'
export { Loss, type TargetKind } from './losses/loss.js'
export { add, dot, matmul, mul } from './math.js'
export type { ModelOptions } from './model/network.js'
export { Model } from './model.js'
export { Optimizer, type ParameterRange } from './optim/optimizer.js'
export { SGD, type SGDOptions } from './optim/sgd.js'
export { Random } from './random/random.js'
export { Sequential } from './sequential.js'
export { arange, full, ones, type TensorLike, tensor, zeros } from './tensor/create.js'
export type { Shape } from './tensor/shape.js'
export { Tensor } from './tensor/tensor.js'
export { type EpochLogs, History } from './train/history.js'
export type {
  Callback,
  EvaluateOptions,
  Evaluation,
  FitOptions,
  TrainingProgress,
} from './train/options.js'
