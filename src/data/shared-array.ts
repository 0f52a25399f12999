// Typed arrays in shared memory, where data sets live: the training thread reads them, and no transfer or resize can
// pull the memory away under it.

import { arrayTypes, type TensorData, type TensorElement } from '../tensor/tensor.js'

/** `length` zeros of type `element`. */
export function sharedArray(element: TensorElement, length: number): TensorData {
  const type: new (buffer: SharedArrayBuffer) => TensorData = arrayTypes[element]
  return new type(new SharedArrayBuffer(length * arrayTypes[element].BYTES_PER_ELEMENT))
}

export function isShared(data: TensorData): boolean {
  return data.buffer instanceof SharedArrayBuffer
}
