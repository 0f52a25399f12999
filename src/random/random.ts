// Random: a seeded stream of random numbers, the same on every machine and Node version. Not for cryptography.

import { describe, netwrightError } from '../errors.js'
import { naturalLog } from './logarithm.js'
import { highWord, philox4x32 } from './philox.js'

const words32 = 0x1_0000_0000

// The fourth counter word tells the uses of one seed apart. Kernels keep it below 2^21 (the high word of a step).
const numberedStream = 0x8000_0000
const namedStream = 0x8000_0001

/** Throws ERR_ARGUMENT unless `seed` is a whole number from 0 to 2^53 - 1. */
export function checkSeed(where: string, seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: seed is ${describe(seed)}, expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
    'RangeError',
  )
}

/**
 * Random numbers from (seed, stream): streams of one seed are independent of each other, whatever is drawn from them.
 * `seed`: an integer from 0 to 2^53 - 1. `stream`: a name, or an integer from 0 (default) to 2^32 - 1, of which those
 * from 2^31 on are what permutation.ts shuffles with.
 *
 * Philox4x32-10 with counter (block low, block high, stream, use) and the seed as key.
 */
export class Random {
  readonly seed: number
  readonly #stream: number
  readonly #use: number
  readonly #words = new Uint32Array(4)
  #block = 0
  #position = 4
  #spareNormal: number | undefined

  constructor(seed: number, stream: number | string = 0) {
    checkSeed('Random', seed)
    if (typeof stream === 'number' && !(Number.isInteger(stream) && stream >= 0 && stream < words32)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Random: stream is ${describe(stream)}, expected a name or an integer from 0 to ${words32 - 1}`,
        'RangeError',
      )
    }
    this.seed = seed
    this.#stream = typeof stream === 'number' ? stream : hash(stream)
    this.#use = typeof stream === 'number' ? numberedStream : namedStream
  }

  /** The next 32 random bits, as an integer from 0 to 2^32 - 1. */
  bits(): number {
    if (this.#position === 4) {
      const block = this.#block++
      const { seed } = this
      philox4x32(this.#words, block, highWord(block), this.#stream, this.#use, seed, highWord(seed))
      this.#position = 0
    }
    return this.#words[this.#position++] as number
  }

  /** Uniform in [low, high), by default [0, 1), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.bits() >>> 5) * 0x400_0000 + (this.bits() >>> 6)) / 0x20_0000_0000_0000
    return low + (high - low) * unit
  }

  /** Normally distributed with `mean` (default 0) and standard deviation `std` (default 1). */
  normal(mean = 0, std = 1): number {
    const spare = this.#spareNormal
    if (spare !== undefined) {
      this.#spareNormal = undefined
      return mean + std * spare
    }
    // Marsaglia's polar method: a point in the unit disc gives two normals with one logarithm and one root, and the
    // root is exact in IEEE 754.
    for (;;) {
      const u = 2 * this.uniform() - 1
      const v = 2 * this.uniform() - 1
      const s = u * u + v * v
      if (s >= 1 || s === 0) continue
      const factor = Math.sqrt((-2 * naturalLog(s)) / s)
      this.#spareNormal = v * factor
      return mean + std * (u * factor)
    }
  }

  /** A whole number from 0 below `n` (1 to 2^32), every one equally likely. Throws ERR_ARGUMENT for another `n`. */
  below(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= words32)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Random.below: n is ${describe(n)}, expected an integer from 1 to ${words32}`,
        'RangeError',
      )
    }
    // Draws beyond the last whole multiple of n would favour small remainders.
    const limit = words32 - (words32 % n)
    for (;;) {
      const draw = this.bits()
      if (draw < limit) return draw % n
    }
  }
}

/** FNV-1a over UTF-16 units: spreads stream names over 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
