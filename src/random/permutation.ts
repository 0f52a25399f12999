// The order in which an epoch visits the samples.

import { describe, netwrightError } from '../errors.js'
import { checkSeed, Random } from './random.js'

const maximumLength = 2 ** 31 - 1

/**
 * The numbers 0 … n-1 in a random order that depends on (n, seed, epoch) and on nothing else: not on earlier epochs,
 * the backend or the thread count. Written into `into` when that is given (an Int32Array of length n), so that a
 * training loop need not allocate. Throws ERR_ARGUMENT for numbers out of range.
 */
export function permutation(n: number, seed: number, epoch: number, into: Int32Array = newOrder(n)): Int32Array {
  checkSeed('permutation', seed)
  if (into.length !== n) {
    throw netwrightError('ERR_ARGUMENT', `permutation: into has length ${into.length}, expected n = ${n}`, 'RangeError')
  }
  if (!Number.isInteger(epoch) || epoch < 0 || epoch >= 2 ** 31) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `permutation: epoch is ${describe(epoch)}, expected an integer from 0 to ${2 ** 31 - 1}`,
      'RangeError',
    )
  }
  // Numbered streams from 2^31 on are the epochs'.
  const random = new Random(seed, 2 ** 31 + epoch)
  for (let i = 0; i < n; i++) into[i] = i
  // Fisher-Yates: every order is equally likely.
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const held = into[i] as number
    into[i] = into[j] as number
    into[j] = held
  }
  return into
}

function newOrder(n: number): Int32Array {
  if (Number.isInteger(n) && n >= 0 && n <= maximumLength) return new Int32Array(n)
  throw netwrightError(
    'ERR_ARGUMENT',
    `permutation: n is ${describe(n)}, expected an integer from 0 to ${maximumLength}`,
    'RangeError',
  )
}
