// The book's two-layer network as the library's model: 784-50-10, weights normal with standard deviation 0.01.

import type { Backend } from '../kernels/backend.js'
import { constant, normal } from '../layers/initialisers.js'
import { Linear } from '../layers/linear.js'
import { ReLU } from '../layers/relu.js'
import { Sequential } from '../sequential.js'

export function twoLayerModel(seed: number, backend: Backend): Sequential {
  const initial = { init: normal(0.01), biasInit: constant(0) }
  return new Sequential([new Linear(784, 50, initial), new ReLU(), new Linear(50, 10, initial)], { seed, backend })
}
