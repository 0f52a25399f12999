// One memory and the kernels that work in it. A memory has its size from the beginning, since growing one would detach
// the views that tensors are; pages that nobody has touched cost nothing.

import { netwrightError } from '../../errors.js'
import { type WebAssemblyModule, webAssembly } from './webassembly.js'

/** What native/wasm/exports.cc exports. */
interface Exports {
  readonly __heap_base: { readonly value: number }
  units(kernel: number, args: number): number
  run(kernel: number, args: number, begin: number, end: number): number
  failureRow(): number
  failureValue(): number
  burstFma(iterations: number): number
  fingerprint(): number
}

const pageBytes = 65536
/** As tensors in arenas do, blocks begin on a cache line. */
const lineBytes = 64
/** Of an ordinary memory. */
const ordinaryBytes = 2 ** 30
/** A block above this announces others of its size, as parameters do gradients: their memory is the largest there is. */
const largeBlock = ordinaryBytes / 8
/** 32-bit addresses. */
const mostBytes = 2 ** 32 - pageBytes

interface Block {
  readonly start: number
  readonly bytes: number
}

const instances = new WeakMap<ArrayBufferLike, KernelInstance>()

export class KernelInstance {
  readonly exports: Exports
  readonly buffer: ArrayBuffer
  /** Where the memory that was never handed out begins. */
  #end: number
  #free: Block[] = []

  /** A memory with room for `bytes` beside what the kernels need themselves; ERR_MEMORY where it cannot be had. */
  constructor(module: WebAssemblyModule, bytes: number) {
    const memory = createMemory(bytes)
    this.buffer = memory.buffer
    this.exports = new webAssembly.Instance(module, { env: { memory } }).exports as Exports
    this.#end = roundUp(this.exports.__heap_base.value)
    instances.set(this.buffer, this)
  }

  /** The instance whose memory `buffer` is, where there is one. */
  static of(buffer: ArrayBufferLike): KernelInstance | undefined {
    return instances.get(buffer)
  }

  /** Bytes that are free, in pieces. */
  get room(): number {
    return this.#free.reduce((sum, { bytes }) => sum + bytes, this.buffer.byteLength - this.#end)
  }

  /** The start of a block of so many zeroed bytes; undefined where there is no room. */
  allocate(bytes: number): number | undefined {
    const size = roundUp(bytes)
    const i = this.#free.findIndex((block) => block.bytes >= size)
    const block = this.#free[i]
    if (block !== undefined) {
      const rest = { start: block.start + size, bytes: block.bytes - size }
      this.#free.splice(i, 1, ...(rest.bytes > 0 ? [rest] : []))
      new Uint8Array(this.buffer, block.start, size).fill(0)
      return block.start
    }
    if (this.#end + size > this.buffer.byteLength) return undefined
    this.#end += size
    return this.#end - size
  }

  /** Takes a block back that `allocate` gave. */
  free(start: number, bytes: number): void {
    if (bytes === 0) return
    const blocks = [...this.#free, { start, bytes: roundUp(bytes) }].sort((a, b) => a.start - b.start)
    this.#free = []
    for (const block of blocks) {
      const last = this.#free.at(-1)
      if (last !== undefined && last.start + last.bytes === block.start) {
        this.#free[this.#free.length - 1] = { start: last.start, bytes: last.bytes + block.bytes }
      } else this.#free.push(block)
    }
  }
}

const roundUp = (bytes: number): number => Math.ceil(bytes / lineBytes) * lineBytes

function createMemory(bytes: number): { readonly buffer: ArrayBuffer } {
  // The kernels' own data, stack and workspace take about 5 MiB.
  const needed = bytes + 8 * 2 ** 20
  const larger = bytes > largeBlock ? [mostBytes, Math.max(ordinaryBytes, roundToPages(2 * needed))] : [ordinaryBytes]
  for (const size of [...larger, roundToPages(needed)]) {
    if (size < needed || size > mostBytes) continue
    try {
      const pages = size / pageBytes
      return new webAssembly.Memory({ initial: pages, maximum: pages })
    } catch {}
  }
  throw netwrightError(
    'ERR_MEMORY',
    `${Math.ceil(bytes / 2 ** 20)} MiB are not to be had for WebAssembly, which has at most 4 GiB for a model and ` +
      'reserves 10 GiB of addresses. A smaller batch size needs less.',
    'RangeError',
  )
}

const roundToPages = (bytes: number): number => Math.ceil(bytes / pageBytes) * pageBytes

/** The text that says which declarations the kernels were built from. */
export function readFingerprint({ exports, buffer }: KernelInstance): string {
  const bytes = new Uint8Array(buffer, exports.fingerprint())
  return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)))
}
