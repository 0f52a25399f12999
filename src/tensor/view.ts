// Typed views of raw memory.

import { arrayTypes, type TensorData, type TensorElement } from './tensor.js'

/** `length` elements of `buffer` from byte `byteOffset` on. */
export function viewOf(
  element: TensorElement,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TensorData {
  const ArrayType = arrayTypes[element] as new (b: ArrayBufferLike, byteOffset: number, length: number) => TensorData
  return new ArrayType(buffer, byteOffset, length)
}
