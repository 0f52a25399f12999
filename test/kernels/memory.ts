// Memory for kernel tests: views at any misalignment inside a larger buffer whose other bytes carry a pattern.

import { arrayTypes, Tensor, type TensorData, type TensorElement } from '../../src/tensor/tensor.js'

/** Elements before and after each view: more than one AVX-512 vector of floats. */
const guard = 24
/** A NaN with a payload, as float32 and as both halves of a float64; an odd number as int32 or bytes. */
const pattern = 0x7fc5a5a5

/** A tensor of given values inside guarded memory. */
export interface Placed {
  readonly tensor: Tensor
  /** Bits of the whole buffer as they were placed. */
  readonly before: Uint8Array
  /** Bytes [begin, end) of the view in its buffer. */
  readonly begin: number
  readonly end: number
}

/** Places `values` (all pattern, where undefined) `offset` elements past an aligned address. */
export function place(
  element: TensorElement,
  length: number,
  offset: number,
  values: ((i: number) => number) | undefined,
): Placed {
  const Type = arrayTypes[element]
  const bytesPer = Type.BYTES_PER_ELEMENT
  const begin = (guard + offset) * bytesPer
  const end = begin + length * bytesPer
  const buffer = new ArrayBuffer(Math.ceil((end + guard * bytesPer) / 8) * 8)
  new Uint32Array(buffer).fill(pattern)
  const data: TensorData = new Type(buffer, begin, length)
  if (values !== undefined) for (let i = 0; i < length; i++) data[i] = values(i)
  return { tensor: new Tensor(data, [length]), before: new Uint8Array(buffer.slice(0)), begin, end }
}

/** The first changed byte outside the view, or inside it too where the kernel may not write, as text. */
export function changedByte({ tensor, before, begin, end }: Placed, writable: boolean): string | undefined {
  const after = new Uint8Array(tensor.data.buffer)
  for (let i = 0; i < after.length; i++) {
    if (writable && i === begin) i = end
    if (i < after.length && after[i] !== before[i]) {
      const at = Math.floor((i - begin) / tensor.data.BYTES_PER_ELEMENT)
      return `element ${at} of ${tensor.size} was overwritten`
    }
  }
  return undefined
}

/** The first element whose bits differ, or -1. */
export function firstDifferentBits(a: TensorData, b: TensorData): number {
  const bits = (data: TensorData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const [bitsA, bitsB] = [bits(a), bits(b)]
  const at = bitsA.findIndex((byte, i) => byte !== bitsB[i])
  return at < 0 ? -1 : Math.floor(at / a.BYTES_PER_ELEMENT)
}
