// Clipping of gradients in a recorded step.

import type { Recorder } from '../kernels/recorder.js'
import type { Tensor } from '../tensor/tensor.js'

/** How large gradients may be; by value first, where both are given. */
export interface ClipOptions {
  /** The largest L2 norm of all gradients together: larger ones are scaled down to it. */
  readonly clipNorm?: number | undefined
  /** The largest size of a single element. */
  readonly clipValue?: number | undefined
}

/** Elements that are added up together: a unit of the kernels' splits. */
const blockSize = 4096

/** Makes the calls that clip `gradients`, all of what is trained, in place. */
export function recordClipping(
  { kernels }: Recorder,
  gradients: readonly Tensor[],
  { clipNorm, clipValue }: ClipOptions,
): void {
  if (clipValue !== undefined) {
    for (const x of gradients) kernels.clipByValue({ x, n: x.size, limit: clipValue })
  }
  if (clipNorm === undefined) return
  const length = gradients.reduce((sum, { size }) => sum + Math.ceil(size / blockSize), 0)
  const roots = kernels.empty([length])
  let at = 0
  for (const gradient of gradients) {
    const rows = Math.floor(gradient.size / blockSize)
    const rest = gradient.size % blockSize
    const common = { roots, divisor: blockSize, length }
    if (rows > 0) kernels.rootMeanSquares({ ...common, x: gradient, rows, cols: blockSize, at })
    at += rows
    if (rest === 0) continue
    kernels.rootMeanSquares({ ...common, x: gradient.slice(rows * blockSize), rows: 1, cols: rest, at })
    at++
  }
  for (const x of gradients) {
    kernels.clipByNorm({ x, roots, n: x.size, count: length, divisor: blockSize, limit: clipNorm })
  }
}
