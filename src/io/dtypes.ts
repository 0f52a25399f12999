// The element types of safetensors files, and what they become here: conversions are exact, but for 64-bit integers.

import { isLittleEndian } from '../tensor/byte-order.js'
import { fromHalf } from '../tensor/half.js'
import type { TensorData, TensorElement } from '../tensor/tensor.js'

/** An element type of the format. */
export interface Dtype {
  readonly name: string
  /** Bytes of one element in the file. */
  readonly bytes: number
  /** The elements in the host's byte order, as a tensor holds them; without a copy where it has the type itself. */
  readonly decode: (data: ArrayBuffer) => TensorData
}

/** Integers that tensors have no type for become int32 where they fit, else float64 (exact up to 2^53). */
const list: readonly Dtype[] = [
  { name: 'F64', bytes: 8, decode: (data) => new Float64Array(data) },
  { name: 'F32', bytes: 4, decode: (data) => new Float32Array(data) },
  { name: 'F16', bytes: 2, decode: (data) => fromHalf(new Uint16Array(data)) },
  { name: 'BF16', bytes: 2, decode: (data) => fromBrainFloat(new Uint16Array(data)) },
  { name: 'I64', bytes: 8, decode: (data) => Float64Array.from(new BigInt64Array(data), Number) },
  { name: 'U64', bytes: 8, decode: (data) => Float64Array.from(new BigUint64Array(data), Number) },
  { name: 'I32', bytes: 4, decode: (data) => new Int32Array(data) },
  { name: 'U32', bytes: 4, decode: (data) => Float64Array.from(new Uint32Array(data)) },
  { name: 'I16', bytes: 2, decode: (data) => Int32Array.from(new Int16Array(data)) },
  { name: 'U16', bytes: 2, decode: (data) => Int32Array.from(new Uint16Array(data)) },
  { name: 'I8', bytes: 1, decode: (data) => Int32Array.from(new Int8Array(data)) },
  { name: 'U8', bytes: 1, decode: (data) => new Uint8Array(data) },
  { name: 'BOOL', bytes: 1, decode: (data) => new Uint8Array(data) },
]

export const dtypes: ReadonlyMap<string, Dtype> = new Map(list.map((dtype) => [dtype.name, dtype]))

const written: Readonly<Record<TensorElement, string>> = { float64: 'F64', float32: 'F32', int32: 'I32', uint8: 'U8' }

/** The type in which tensors of `element` are written: their own. */
export const dtypeOf = (element: TensorElement): Dtype => dtypes.get(written[element]) as Dtype

/** Swaps bytes in place where the host is not little-endian, as files are. */
export function swapToLittleEndian(data: Uint8Array, bytes: number): void {
  if (isLittleEndian || bytes === 1) return
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (bytes === 2) buffer.swap16()
  else if (bytes === 4) buffer.swap32()
  else buffer.swap64()
}

/** The upper half of a float32. */
const fromBrainFloat = (bits: Uint16Array): Float32Array =>
  new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer)
