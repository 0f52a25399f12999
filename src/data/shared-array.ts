// Typed arrays in shared memory, where data sets live: the training thread reads them, and no transfer or resize can
// pull the memory away under it.

import { arrayTypes, type TensorData, type TensorElement } from '../tensor/tensor.js'

/**
 * V8 does not count shared memory as garbage pressure: 100 dropped arrays of 20 MB held 2 GB. So each comes with an
 * ordinary buffer of the same size, which is counted, is dropped with it, and, never touched, takes address space only
 * (the same 100 arrays: below 300 MB).
 */
const counted = new WeakMap<SharedArrayBuffer, ArrayBuffer>()
/** Smaller ones do not matter. */
const countedFrom = 1 << 16

/** Pages have none unless they are isolated from other sites; where there is none, there is no training thread either. */
const hasShared = typeof SharedArrayBuffer !== 'undefined'

/** `length` zeros of type `element`. */
export function sharedArray(element: TensorElement, length: number): TensorData {
  const type: new (buffer: ArrayBufferLike) => TensorData = arrayTypes[element]
  const bytes = length * arrayTypes[element].BYTES_PER_ELEMENT
  if (!hasShared) return new type(new ArrayBuffer(bytes))
  const buffer = new SharedArrayBuffer(bytes)
  if (bytes >= countedFrom) counted.set(buffer, new ArrayBuffer(bytes))
  return new type(buffer)
}

export function isShared(data: TensorData): boolean {
  return hasShared && data.buffer instanceof SharedArrayBuffer
}
