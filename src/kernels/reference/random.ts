// Random numbers, each from its own place in a Philox stream.

import { highWord, philox4x32 } from '../../random/philox.js'
import type { LoopArguments } from './loop.js'

/** y[i] = word i mod 4 of Philox4x32-10 at counter (i div 4, stream, step), key seed: its upper 24 bits · 2^-24. */
export function randomUniform({ y, n, seed, stream, step }: LoopArguments<'randomUniform'>): undefined {
  const words = new Uint32Array(4)
  const [seedHigh, stepHigh] = [highWord(seed), highWord(step)]
  for (let i = 0; i < n; i += 4) {
    philox4x32(words, i / 4, stream, step, stepHigh, seed, seedHigh)
    for (let j = 0; j < 4 && i + j < n; j++) y[i + j] = (words[j] >>> 8) * 2 ** -24
  }
}

/** y[i] = scale · x[i] where element i of randomUniform is at least `probability`, else 0. Both sides compare exactly. */
export function dropout(args: LoopArguments<'dropout'>): undefined {
  const { y, x, n, seed, stream, step, probability, scale } = args
  const words = new Uint32Array(4)
  const [seedHigh, stepHigh] = [highWord(seed), highWord(step)]
  for (let i = 0; i < n; i += 4) {
    philox4x32(words, i / 4, stream, step, stepHigh, seed, seedHigh)
    for (let j = 0; j < 4 && i + j < n; j++) {
      y[i + j] = (words[j] >>> 8) * 2 ** -24 >= probability ? scale * x[i + j] : 0
    }
  }
}
