// The reference backend as a Backend: ordinary memory, one thread, float32 or float64.

import { checkOptions, describe, netwrightError } from '../../errors.js'
import type { Backend } from '../backend.js'
import type { KernelName } from '../declarations.js'
import { type CallRunner, SequentialExecutor } from '../sequential-executor.js'
import { type LoopArguments, loopArguments, referenceKernels, runLoop } from './index.js'

/** Options of {@link reference}. */
export interface ReferenceOptions {
  /** Float type of everything real. Default `'float32'`; `'float64'` is for gradient checks. */
  readonly dtype?: 'float32' | 'float64'
}

class LoopRunner implements CallRunner {
  readonly #calls: { kernel: KernelName; args: LoopArguments<KernelName> }[] = []

  prepare(call: number, kernel: KernelName, values: Parameters<CallRunner['prepare']>[2]): void {
    this.#calls[call] = { kernel, args: loopArguments(kernel, values) }
  }

  run(call: number): ReturnType<CallRunner['run']> {
    const { kernel, args } = this.#calls[call] as { kernel: KernelName; args: LoopArguments<KernelName> }
    return runLoop(kernel, args)
  }
}

/** The plain TypeScript backend: slow, everywhere available, and the oracle that native kernels are held to. */
export function reference(options: ReferenceOptions = {}): Backend {
  checkOptions('reference', options, ['dtype'])
  const { dtype = 'float32' } = options
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw netwrightError('ERR_ARGUMENT', `reference: dtype is ${describe(dtype)}, expected 'float32' or 'float64'`)
  }
  const backend: Backend = {
    name: 'reference',
    isa: 'js',
    threads: 1,
    runsChains: false,
    real: dtype,
    kernels: referenceKernels(dtype),
    allocate: (bytes) => new Uint8Array(bytes),
    release: () => {},
    // JavaScript runs one thing at a time, and the executor gives way only outside of commit phases.
    createLock: () => ({ acquire() {}, release() {} }),
    compile: (program) => new SequentialExecutor(program, dtype, new LoopRunner()),
    withThreads: (threads) => {
      if (threads === 1) return backend
      throw netwrightError(
        'ERR_ARGUMENT',
        `threads is ${describe(threads)}, but the reference backend has one thread`,
        'RangeError',
      )
    },
  }
  return backend
}
