// The options of each layer that stands in a chain, by which model files in JSON are checked before a layer is made.

interface LayerOptions {
  readonly required?: readonly string[]
  readonly optional?: readonly string[]
}

const weights = ['bias', 'init', 'biasInit'] as const
const window = ['stride', 'padding'] as const

export const layerOptions: Readonly<Record<string, LayerOptions>> = {
  AvgPool2d: { required: ['kernel'], optional: [...window, 'countPadding'] },
  BatchNorm: { optional: ['features', 'eps', 'momentum', 'affine'] },
  Conv2d: { required: ['outChannels', 'kernel'], optional: ['inChannels', ...window, ...weights] },
  Dropout: { optional: ['p', 'seed'] },
  ELU: { optional: ['alpha'] },
  Flatten: {},
  GELU: {},
  GlobalAvgPool2d: {},
  Identity: {},
  LeakyReLU: { optional: ['slope'] },
  Linear: { required: ['outFeatures'], optional: ['inFeatures', ...weights] },
  LogSoftmax: {},
  MaxPool2d: { required: ['kernel'], optional: window },
  ReLU: {},
  Repeat: { required: ['count'], optional: ['axis'] },
  SiLU: {},
  Sigmoid: {},
  Softmax: {},
  Sum: { optional: ['axis'] },
  Tanh: {},
}
