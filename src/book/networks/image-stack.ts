// Builds the layers of a network on images, and follows the images' shape through them.

import { requireWhole } from '../../errors.js'
import { Window } from '../../layers/window.js'
import { type Shape, sizeOf } from '../../tensor/shape.js'
import { Relu } from '../layers/activations.js'
import { Affine } from '../layers/affine.js'
import { Convolution } from '../layers/convolution.js'
import { Dropout } from '../layers/dropout.js'
import { Pooling } from '../layers/pooling.js'
import type { NamedLayer } from './layered-network.js'
import { constantTensor, initialTensor, type NetworkOptions, type WeightInitStd } from './weights.js'

/** A convolution of `filterNum` square filters. */
export interface ConvParam {
  readonly filterNum: number
  /** Height and width of a filter. */
  readonly filterSize: number
  readonly pad: number
  readonly stride: number
}

/** Layers one after the other; parameters are numbered W1, b1, W2, … in the order in which they are added. */
export class ImageStack {
  readonly layers: NamedLayer[] = []
  readonly #where: string
  readonly #weightInitStd: WeightInitStd
  readonly #options: Required<NetworkOptions>
  readonly #counts = new Map<string, number>()
  /** Shape of a sample after the layers so far. */
  #shape: Shape
  #weights = 0

  constructor(where: string, inputDim: Shape, weightInitStd: WeightInitStd, options: Required<NetworkOptions>) {
    this.#where = where
    this.#shape = inputDim
    this.#weightInitStd = weightInitStd
    this.#options = options
  }

  conv({ filterNum, filterSize, pad, stride }: ConvParam): this {
    requireWhole(`${this.#where}: filterNum`, filterNum)
    const [channels, rows, columns] = this.#slide('Conv', filterSize, stride, pad)
    const [W, b, params] = this.#parameters([filterNum, channels, filterSize, filterSize], filterNum)
    this.#shape = [filterNum, rows, columns]
    return this.#add('Conv', new Convolution(W, b, stride, pad), params)
  }

  relu(): this {
    return this.#add('Relu', new Relu())
  }

  /** Maxima of windows of 2 by 2, side by side. */
  pool(): this {
    this.#shape = this.#slide('Pool', 2, 2)
    return this.#add('Pool', new Pooling(2, 2, 2))
  }

  affine(outputs: number): this {
    requireWhole(`${this.#where}: size of a layer`, outputs)
    const [W, b, params] = this.#parameters([sizeOf(this.#shape), outputs], outputs)
    this.#shape = [outputs]
    return this.#add('Affine', new Affine(W, b), params)
  }

  dropout(ratio: number): this {
    const stream = this.#next('Dropout')
    return this.#add('Dropout', new Dropout(ratio, { seed: this.#options.seed, stream }))
  }

  /** The number of the next layer of a kind. */
  #next(kind: string): number {
    return (this.#counts.get(kind) ?? 0) + 1
  }

  /** Channels of the images so far, and rows and columns of places for the window of the next layer of a kind. */
  #slide(kind: string, filterSize: number, stride: number, padding = 0): readonly [number, number, number] {
    const window = new Window(`${this.#where}: ${kind}${this.#next(kind)}`, filterSize, { stride, padding })
    const { channels, outHeight, outWidth } = window.sizes(this.#shape as readonly [number, number, number])
    return [channels, outHeight, outWidth]
  }

  /** The next W and b with their names. */
  #parameters(shape: Shape, outputs: number) {
    const place = ++this.#weights
    const W = initialTensor(this.#where, `W${place}`, shape, this.#weightInitStd, this.#options)
    return [W, constantTensor([outputs], 0, this.#options.dtype), [`W${place}`, `b${place}`]] as const
  }

  #add(kind: string, layer: NamedLayer['layer'], params: readonly string[] = []): this {
    const count = this.#next(kind)
    this.#counts.set(kind, count)
    this.layers.push({ name: `${kind}${count}`, layer, params })
    return this
  }
}
