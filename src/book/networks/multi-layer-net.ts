// MultiLayerNet and MultiLayerNetExtend, chapter 6: fully connected networks of any depth.

import { describe, netwrightError, requireNumber } from '../../errors.js'
import { Relu, Sigmoid } from '../layers/activations.js'
import { BatchNormalization } from '../layers/batch-normalization.js'
import { Dropout } from '../layers/dropout.js'
import { LayeredNetwork, type NamedLayer } from './layered-network.js'
import { affineLayer, constantTensor, type NetworkOptions, networkOptions, type WeightInitStd } from './weights.js'

/** Options of {@link MultiLayerNet}. */
export interface MultiLayerNetOptions extends NetworkOptions {
  /** After each hidden layer; default 'relu'. */
  readonly activation?: 'relu' | 'sigmoid'
  /** Standard deviation of the weights, or a rule; default 'relu', which is He's. Biases begin at 0. */
  readonly weightInitStd?: WeightInitStd
  /** λ of the loss's ½ λ Σ W² over the weights, not the biases; default 0. */
  readonly weightDecayLambda?: number
}

/** Options of {@link MultiLayerNetExtend}. */
export interface MultiLayerNetExtendOptions extends MultiLayerNetOptions {
  /** Batch normalisation between each hidden layer and its activation; default false. */
  readonly useBatchnorm?: boolean
  /** Dropout after each activation; default false. */
  readonly useDropout?: boolean
  /** Default 0.5. */
  readonly dropoutRatio?: number
}

const optionNames = ['activation', 'weightInitStd', 'weightDecayLambda']
const extendedNames = [...optionNames, 'useBatchnorm', 'useDropout', 'dropoutRatio']

/**
 * inputSize, the hidden sizes and outputSize (row 58): Affine and activation for each hidden layer, a last Affine, and
 * SoftmaxWithLoss. Parameters W1, b1 … Wn, bn, W of layer i (sizes[i-1], sizes[i]). Weight decay is in the loss and in
 * the gradient, which the notes' code lacks (row 82). dtype default float32.
 */
export class MultiLayerNet extends LayeredNetwork {
  constructor(
    inputSize: number,
    hiddenSizeList: readonly number[],
    outputSize: number,
    options: MultiLayerNetOptions = {},
  ) {
    const sizes = sizesOf('MultiLayerNet', inputSize, hiddenSizeList, outputSize)
    const common = networkOptions('MultiLayerNet', options, optionNames)
    super(layersOf('MultiLayerNet', sizes, options, common), {
      dtype: common.dtype,
      weightDecayLambda: decayOf('MultiLayerNet', options),
      inFloat64: () => new MultiLayerNet(inputSize, hiddenSizeList, outputSize, { ...options, dtype: 'float64' }),
    })
  }
}

/**
 * MultiLayerNet with batch normalisation (parameters gamma1, beta1 …, which begin at 1 and 0) and dropout for each hidden
 * layer: Affine, BatchNorm, activation, Dropout (rows 36 and 37).
 */
export class MultiLayerNetExtend extends LayeredNetwork {
  constructor(
    inputSize: number,
    hiddenSizeList: readonly number[],
    outputSize: number,
    options: MultiLayerNetExtendOptions = {},
  ) {
    const sizes = sizesOf('MultiLayerNetExtend', inputSize, hiddenSizeList, outputSize)
    const common = networkOptions('MultiLayerNetExtend', options, extendedNames)
    super(layersOf('MultiLayerNetExtend', sizes, options, common), {
      dtype: common.dtype,
      weightDecayLambda: decayOf('MultiLayerNetExtend', options),
      inFloat64: () => new MultiLayerNetExtend(inputSize, hiddenSizeList, outputSize, { ...options, dtype: 'float64' }),
    })
  }
}

function sizesOf(where: string, inputSize: number, hiddenSizeList: unknown, outputSize: number): readonly number[] {
  if (Array.isArray(hiddenSizeList)) return [inputSize, ...hiddenSizeList, outputSize]
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: hiddenSizeList is ${describe(hiddenSizeList)}, expected an array of the hidden layers' sizes, such as ` +
      '[100, 100]',
    'TypeError',
  )
}

function layersOf(
  where: string,
  sizes: readonly number[],
  options: MultiLayerNetExtendOptions,
  common: Required<NetworkOptions>,
): NamedLayer[] {
  const { activation = 'relu', weightInitStd = 'relu' } = options
  const { useBatchnorm = false, useDropout = false, dropoutRatio = 0.5 } = options
  if (activation !== 'relu' && activation !== 'sigmoid') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: activation is '${activation}', expected 'relu' or 'sigmoid'`,
      'TypeError',
    )
  }
  const layers: NamedLayer[] = []
  sizes.slice(1).forEach((outputs, i) => {
    const inputs = sizes[i] as number
    const place = i + 1
    const affine = affineLayer(where, place, [inputs, outputs], weightInitStd, common)
    layers.push({ name: `Affine${place}`, layer: affine, params: [`W${place}`, `b${place}`] })
    if (place === sizes.length - 1) return
    if (useBatchnorm) {
      const gamma = constantTensor([outputs], 1, common.dtype)
      const beta = constantTensor([outputs], 0, common.dtype)
      const layer = new BatchNormalization(gamma, beta)
      layers.push({ name: `BatchNorm${place}`, layer, params: [`gamma${place}`, `beta${place}`] })
    }
    layers.push({ name: `ActivationFunction${place}`, layer: activation === 'relu' ? new Relu() : new Sigmoid() })
    if (useDropout) {
      const layer = new Dropout(dropoutRatio, { seed: common.seed, stream: place })
      layers.push({ name: `Dropout${place}`, layer })
    }
  })
  return layers
}

function decayOf(where: string, { weightDecayLambda = 0 }: MultiLayerNetOptions): number {
  return requireNumber(`${where}: weightDecayLambda`, weightDecayLambda, 'a number from 0', (value) => value >= 0)
}
