// The WebAssembly backend: the native kernels' sources, built for SIMD128. One thread; for where no addon fits.

import { checkOptions, describe, netwrightError } from '../../errors.js'
import { sizeOf } from '../../tensor/shape.js'
import { arrayTypes, elementOf, Tensor, type TensorData } from '../../tensor/tensor.js'
import { viewOf } from '../../tensor/view.js'
import type { Backend, Memory, SplitBackend } from '../backend.js'
import { bindArguments, checkArguments, failureError, namedNumbers, refuseStepValues } from '../check.js'
import type { Declaration } from '../declaration.js'
import { declarations, type KernelName, kernelNames } from '../declarations.js'
import type { KernelArguments, Kernels } from '../kernels.js'
import { argumentBytes, isWritten, type WasmCall, writeArguments } from './arguments.js'
import { runCall, WasmExecutor } from './executor.js'
import { KernelInstance } from './kernel-instance.js'
import { tryModule } from './load.js'
import type { WebAssemblyModule } from './webassembly.js'

export { tryModule } from './load.js'

export interface WasmBackend extends Backend, SplitBackend {
  readonly name: 'wasm'
}

type UnitRange = readonly [begin: number, end: number]

/** The instance that new arenas go to; the garbage collector takes one with the last view of its memory. */
let current: WeakRef<KernelInstance> | undefined

/**
 * A program's tensors and all that it is bound to must lie in one memory, so a quarter of each is left for what comes
 * later: copies of data, and what others who have dropped their models have not given back yet.
 */
function allocate(module: WebAssemblyModule, bytes: number): Memory {
  const known = current?.deref()
  const hasRoom = known !== undefined && known.room - bytes >= known.buffer.byteLength / 4
  const start = hasRoom ? known.allocate(bytes) : undefined
  if (known !== undefined && start !== undefined) return new Uint8Array(known.buffer, start, bytes)
  const instance = new KernelInstance(module, bytes)
  current = new WeakRef(instance)
  return new Uint8Array(instance.buffer, instance.allocate(bytes) as number, bytes)
}

/** Runs `work` on a call whose tensors are copied to the memory, and what the kernel writes is copied back. */
function withCall<T>(instance: KernelInstance, kernel: KernelName, named: object, work: (call: WasmCall) => T): T {
  const values = refuseStepValues(kernel, bindArguments(kernel, named))
  checkArguments(kernel, values, 'float32')
  const { parameters } = declarations[kernel] as Declaration
  const blocks: { readonly start: number; readonly bytes: number }[] = []
  const allocateBlock = (bytes: number): number => {
    const start = instance.allocate(bytes)
    if (start === undefined) {
      throw netwrightError('ERR_MEMORY', `${kernel}: its tensors do not fit into 1 GiB`, 'RangeError')
    }
    blocks.push({ start, bytes })
    return start
  }
  const copies: { readonly data: TensorData; readonly copy: TensorData }[] = []
  const copyOf = (data: TensorData): TensorData => {
    // A tensor at two places, where the kernel works in place, has one copy.
    const same = ({ data: other }: { readonly data: TensorData }): boolean =>
      other.buffer === data.buffer && other.byteOffset === data.byteOffset && other.length === data.length
    const known = copies.find(same)
    if (known !== undefined) return known.copy
    const copy = viewOf(elementOf(data), instance.buffer, allocateBlock(data.byteLength), data.length)
    copy.set(data)
    copies.push({ data, copy })
    return copy
  }
  try {
    const inside = values.map((value) => (value instanceof Tensor ? copyOf(value.data) : value))
    const call = writeArguments(instance, allocateBlock(argumentBytes(kernel)), kernel, inside)
    const result = work(call)
    values.forEach((value, i) => {
      if (value instanceof Tensor && isWritten(parameters[i])) value.data.set(inside[i] as TensorData)
    })
    return result
  } finally {
    for (const { start, bytes } of blocks) instance.free(start, bytes)
  }
}

/**
 * The WebAssembly backend: several times as fast as the reference, with one thread. Throws ERR_BACKEND, with the cause
 * and the cure, where the module is missing or was built from other sources.
 */
export function wasm(options: Record<string, never> = {}): WasmBackend {
  checkOptions('wasm', options, [])
  const module = tryModule()
  if (module instanceof Error) throw module
  // Memory for calls by hand, apart from models', which come and go.
  let byHand: KernelInstance | undefined
  const handInstance = (): KernelInstance => {
    byHand ??= new KernelInstance(module, 0)
    return byHand
  }
  const run = (kernel: KernelName, named: object, ranges?: readonly UnitRange[]): void => {
    const instance = handInstance()
    withCall(instance, kernel, named, (call) => {
      for (const range of ranges ?? [[0, call.units] as const]) {
        const failure = runCall(instance, call, range)
        if (failure !== undefined) {
          throw failureError(kernel, failure, namedNumbers(kernel, bindArguments(kernel, named)))
        }
      }
    })
  }
  const eager = Object.fromEntries(
    kernelNames.map((kernel) => [kernel, (named: KernelArguments<typeof kernel>) => run(kernel, named)]),
  ) as { [K in KernelName]: (named: KernelArguments<K>) => void }
  const kernels: Kernels = {
    ...eager,
    real: 'float32',
    empty: (shape, element = 'real') =>
      new Tensor(new arrayTypes[element === 'real' ? 'float32' : element](sizeOf(shape)), shape),
    host: (fn, outputs, inputs) => fn(outputs, inputs),
  }
  const backend: WasmBackend = {
    name: 'wasm',
    isa: 'simd128',
    threads: 1,
    runsChains: false,
    real: 'float32',
    kernels,
    allocate: (bytes) => allocate(module, bytes),
    release: ({ buffer, byteOffset, byteLength }) => KernelInstance.of(buffer)?.free(byteOffset, byteLength),
    createLock: () => ({ acquire() {}, release() {} }),
    compile: (program) => new WasmExecutor(program),
    withThreads: (threads) => {
      if (threads === 1) return backend
      throw netwrightError(
        'ERR_ARGUMENT',
        `threads is ${describe(threads)}, but the WebAssembly backend has one thread`,
        'RangeError',
      )
    },
    burstFma: (iterations) => handInstance().exports.burstFma(iterations),
    units: (kernel, args) => withCall(handInstance(), kernel, args, ({ units }) => units),
    partition: run,
  }
  return backend
}
