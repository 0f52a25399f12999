// Random mini-batches, chapter 4.2.3.

import { netwrightError, requireWhole } from '../errors.js'
import { eagerKernels } from '../kernels/default-backend.js'
import { Random } from '../random/random.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { shapeText, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'

const sharedRandom = new Random(0)

/**
 * `batchSize` samples of x (N, …) with their targets of t (N) or (N, C), drawn with replacement by `random`, as
 * `np.random.choice` draws (row 85): a batch may hold a sample twice, and 600 batches of 100 miss a third of 60,000. For
 * whole epochs use the library's `fit`. Labels stay int32, all else becomes float, bytes normalised. Calls without
 * `random` draw from one `Random(0)` that they share, so that a program gets the same batches every time it runs.
 */
export function getMiniBatch(
  x: TensorLike,
  t: TensorLike,
  batchSize: number,
  random: Random = sharedRandom,
): [x: Tensor, t: Tensor] {
  const [samples, targets] = [asTensor(x), asTensor(t)]
  const [length] = samples.shape
  if (length === undefined || length === 0 || targets.shape[0] !== length) {
    throw netwrightError(
      'ERR_SHAPE',
      `getMiniBatch: x has shape ${shapeText(samples.shape)} and t ${shapeText(targets.shape)}, expected as many ` +
        'samples, at least one',
      'RangeError',
    )
  }
  requireWhole('getMiniBatch: batchSize', batchSize)
  const order = new Tensor(
    Int32Array.from({ length: batchSize }, () => random.below(length)),
    [batchSize],
  )
  return [gather(samples, order), gather(targets, order)]
}

/** The rows of `source` that `order` names: labels as they are, anything else as floats. */
function gather(source: Tensor, order: Tensor): Tensor {
  const [length = 0, ...shape] = source.shape
  const [rows, cols] = [order.size, sizeOf(shape)]
  const kernels = eagerKernels(source.element === 'float64' ? 'float64' : 'float32')
  const sizes = { order, rows, samples: length, length: rows, cursor: 0 }
  if (source.element === 'int32' && source.rank === 1) {
    const y = kernels.empty([rows], 'int32')
    kernels.gatherLabels({ y, data: source, ...sizes })
    return y
  }
  const y = kernels.empty([rows, ...shape])
  if (source.element === 'uint8') kernels.gatherBytes({ y, data: source, ...sizes, cols, scale: source.scale })
  else kernels.gatherReals({ y, data: toReal(source, kernels.real), ...sizes, cols })
  return y
}

function asTensor(value: TensorLike): Tensor {
  return value instanceof Tensor ? value : tensor(value, undefined, { element: 'float64' })
}
