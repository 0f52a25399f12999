// netwright/book/vol2: chapter 1 of the second volume. Its layers and optimizers are the first volume's, which have
// params and grads as well; the network keeps its layers and parameters in lists.

export { Random } from '../../random/random.js'
export { sigmoid, softmax } from '../functions.js'
export { Sigmoid } from '../layers/activations.js'
export { Affine, MatMul } from '../layers/affine.js'
export type { BookLayer } from '../layers/layer.js'
export { SoftmaxWithLoss } from '../layers/loss-layers.js'
export { crossEntropyError } from '../losses.js'
export { getMiniBatch } from '../mini-batch.js'
export { Branch, Repeat, Sum } from '../nodes.js'
export { SGD } from '../optimizers.js'
export { TwoLayerNet } from './two-layer-net.js'
