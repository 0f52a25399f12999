// netwright/book: the names and signatures of 'Deep Learning from Scratch', over the library's kernels. Numbers and
// nested arrays compute in float64, as in NumPy; tensors keep their type; networks are float32 unless told.

export { Random } from '../random/random.js'
export type { Dtype, Params } from './array.js'
export {
  dot,
  identityFunction,
  ndindex,
  relu,
  sigmoid,
  softmax,
  softmaxNaive,
  stepFunction,
} from './functions.js'
export { imgShow } from './img-show.js'
export { Relu, Sigmoid } from './layers/activations.js'
export { Affine, MatMul } from './layers/affine.js'
export { BatchNormalization, type BatchNormalizationOptions } from './layers/batch-normalization.js'
export { Convolution } from './layers/convolution.js'
export { Dropout, type DropoutOptions } from './layers/dropout.js'
export type { BookLayer } from './layers/layer.js'
export { IdentityWithLoss, SoftmaxWithLoss } from './layers/loss-layers.js'
export { Pooling } from './layers/pooling.js'
export { col2im, convOutputSize, im2col } from './layers/window.js'
export { crossEntropyError, meanSquaredError } from './losses.js'
export { getMiniBatch } from './mini-batch.js'
export { getData, type LoadMnistOptions, loadMnist } from './mnist.js'
export { DeepConvNet, type DeepConvNetOptions } from './networks/deep-conv-net.js'
export type { ConvParam } from './networks/image-stack.js'
export { LayeredNetwork } from './networks/layered-network.js'
export {
  MultiLayerNet,
  MultiLayerNetExtend,
  type MultiLayerNetExtendOptions,
  type MultiLayerNetOptions,
} from './networks/multi-layer-net.js'
export { SimpleConvNet, type SimpleConvNetOptions } from './networks/simple-conv-net.js'
export { SimpleNet, type SimpleNetOptions } from './networks/simple-net.js'
export { TwoLayerNet, type TwoLayerNetOptions } from './networks/two-layer-net.js'
export { TwoLayerNetwork } from './networks/two-layer-network.js'
export { initialStd, type NetworkOptions, type WeightInitStd } from './networks/weights.js'
export { AddLayer, Branch, MulLayer, Repeat, Sum } from './nodes.js'
export { gradientDescent, numericalDiff, numericalGradient, numericalGradient2d } from './numeric.js'
export { AdaGrad, Adam, BookOptimizer, Momentum, Nesterov, RMSprop, SGD, type Values } from './optimizers.js'
export { loadParams, saveParams } from './params-file.js'
export { forward, type InitNetworkOptions, initNetwork, predict } from './three-layer.js'
export { Trainer, type TrainerOptions } from './trainer.js'
