// The networks that the command line trains by name.

import type { Backend } from '../kernels/backend.js'
import { constant, normal } from '../layers/initialisers.js'
import { Linear } from '../layers/linear.js'
import { ReLU } from '../layers/relu.js'
import { Sequential } from '../sequential.js'

export interface PresetOptions {
  /** Width of the hidden layer. */
  readonly hidden: number
  readonly seed: number
  readonly backend: Backend
}

export interface Preset {
  /** Layer widths, for the summary. */
  describe(options: PresetOptions): string
  create(options: PresetOptions): Sequential
}

// The book's beginning of weights and biases, not the library's default.
const book = { init: normal(0.01), biasInit: constant(0) }

export const presets = {
  /** The book's two-layer network: 784 → hidden → 10. */
  mlp: {
    describe: ({ hidden }) => `784-${hidden}-10`,
    create: ({ hidden, seed, backend }) =>
      new Sequential([new Linear(784, hidden, book), new ReLU(), new Linear(hidden, 10, book)], { seed, backend }),
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as PresetName[]
