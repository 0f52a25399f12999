// The reference backend: plain loops over typed arrays. The oracle of the tests (float64), the fallback where there is
// no addon, and the pure TypeScript side of the benchmark.

import { sizeOf } from '../../tensor/shape.js'
import { arrayTypes, Tensor, type TensorData } from '../../tensor/tensor.js'
import {
  bindArguments,
  checkArguments,
  type Failure,
  failureError,
  namedNumbers,
  parameterNames,
  refuseStepValues,
  writesNothing,
} from '../check.js'
import { type KernelName, kernelNames } from '../declarations.js'
import type { KernelArguments, Kernels } from '../kernels.js'
import * as activation from './activation.js'
import * as augmentation from './augmentation.js'
import * as clipping from './clipping.js'
import * as columns from './columns.js'
import * as convolution from './convolution.js'
import * as data from './data.js'
import * as elementwise from './elementwise.js'
import * as gemm from './gemm.js'
import type { Loop, LoopArguments } from './loop.js'
import * as loss from './loss.js'
import * as metrics from './metrics.js'
import * as normalisation from './normalisation.js'
import * as optim from './optim.js'
import * as pooling from './pooling.js'
import * as random from './random.js'
import * as reduce from './reduce.js'
import * as rowLoss from './row-loss.js'
import * as softmax from './softmax.js'

export type { Loop, LoopArguments } from './loop.js'

/** Every kernel as a raw loop; a kernel without one does not compile. Arguments are trusted, see loopArguments. */
const referenceLoops: { readonly [K in KernelName]: Loop<K> } = {
  ...activation,
  ...augmentation,
  ...clipping,
  ...columns,
  ...convolution,
  ...data,
  ...elementwise,
  ...gemm,
  ...loss,
  ...metrics,
  ...normalisation,
  ...optim,
  ...pooling,
  ...random,
  ...reduce,
  ...rowLoss,
  ...softmax,
}

/** Positional values, already checked, as the named arguments of a loop. */
export function loopArguments<K extends KernelName>(
  kernel: K,
  values: readonly (TensorData | number | null)[],
): LoopArguments<K> {
  const args: Record<string, TensorData | number | null> = {}
  parameterNames(kernel).forEach((name, place) => {
    args[name] = values[place] ?? null
  })
  return args as LoopArguments<K>
}

/** Runs the loop of `kernel` on arguments from loopArguments. */
export function runLoop<K extends KernelName>(kernel: K, args: LoopArguments<K>): Failure | undefined {
  if (writesNothing(kernel, args as unknown as Readonly<Record<string, number>>)) return undefined
  return referenceLoops[kernel](args)
}

/** The eager reference backend with float type `real`: checks the arguments, then computes at once. */
export function referenceKernels(real: 'float32' | 'float64'): Kernels {
  const call = <K extends KernelName>(kernel: K, named: KernelArguments<K>): void => {
    const values = refuseStepValues(kernel, bindArguments(kernel, named))
    checkArguments(kernel, values, real)
    const raw = values.map((value) => (value instanceof Tensor ? value.data : value))
    const failure = runLoop(kernel, loopArguments(kernel, raw))
    if (failure !== undefined) throw failureError(kernel, failure, namedNumbers(kernel, values))
  }
  const eager = Object.fromEntries(
    kernelNames.map((kernel) => [kernel, (named: KernelArguments<typeof kernel>) => call(kernel, named)]),
  ) as { [K in KernelName]: (named: KernelArguments<K>) => void }
  return {
    ...eager,
    real,
    empty: (shape, element = 'real') =>
      new Tensor(new arrayTypes[element === 'real' ? real : element](sizeOf(shape)), shape),
    host: (fn, outputs, inputs) => fn(outputs, inputs),
  }
}
