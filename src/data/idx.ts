// Reader for IDX files, the format of MNIST: 00 00, element type, rank, one big-endian uint32 per axis, the elements
// in big-endian order. Plain or gzipped, told apart by content. Reads straight into shared memory, chunk by chunk, and
// allocates only once header and file size agree.

import { netwrightError } from '../errors.js'
import { type Shape, shapeText } from '../tensor/shape.js'
import { Tensor, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { bytesOf, inspectDataFile } from './data-file.js'
import { sharedArray } from './shared-array.js'

interface ElementType {
  readonly name: string
  readonly bytes: number
  readonly element: TensorElement
  readonly read: (view: DataView, at: number) => number
}

const elementTypes: Readonly<Record<number, ElementType>> = {
  8: { name: 'unsigned byte', bytes: 1, element: 'uint8', read: (view, at) => view.getUint8(at) },
  9: { name: 'signed byte', bytes: 1, element: 'int32', read: (view, at) => view.getInt8(at) },
  11: { name: 'short', bytes: 2, element: 'int32', read: (view, at) => view.getInt16(at) },
  12: { name: 'int', bytes: 4, element: 'int32', read: (view, at) => view.getInt32(at) },
  13: { name: 'float', bytes: 4, element: 'float32', read: (view, at) => view.getFloat32(at) },
  14: { name: 'double', bytes: 8, element: 'float64', read: (view, at) => view.getFloat64(at) },
}

interface Header {
  readonly type: ElementType
  readonly shape: Shape
  readonly length: number
  /** Bytes of the header itself, and of the elements behind it. */
  readonly headerBytes: number
  readonly dataBytes: number
}

export interface IdxOptions {
  /** Refuse files with more bytes of elements than this; default 2 GiB. */
  readonly maxBytes?: number
}

/**
 * Reads the IDX file at `path` (plain or gzipped, any rank) into a tensor in shared memory. Unsigned bytes become
 * uint8; signed bytes, shorts and ints int32; floats float32; doubles float64.
 *
 * Throws ERR_DATA, naming the file, what was expected and what came: a missing or unreadable file, a wrong magic
 * number, dimensions beyond `maxBytes`, fewer or more bytes than the header announces, a damaged gzip stream.
 */
export async function readIdx(path: string, options: IdxOptions = {}): Promise<Tensor> {
  const maxBytes = options.maxBytes ?? 2 ** 31
  const file = await inspectDataFile(path, 'an IDX file')
  const reader = new IdxReader(path, maxBytes, file.gzipped ? file : { size: file.size })
  for await (const chunk of bytesOf(file)) reader.write(chunk)
  return reader.finish()
}

/** DEFLATE expands at most 1032 times (RFC 1951: 258 bytes from 2 bits). */
const maximumExpansion = 1032

/** Takes the file's bytes in order and fills the tensor. */
class IdxReader {
  readonly #path: string
  readonly #maxBytes: number
  readonly #source: { readonly size: number; readonly gzipped?: boolean }
  /** The longest header: 4 bytes and 255 axes. */
  readonly #head = new Uint8Array(4 + 4 * 255)
  #headLength = 0
  #header: Header | undefined
  #data: TensorData = new Uint8Array(0)
  /** Bytes of elements taken so far. */
  #received = 0
  /** The first bytes of an element whose rest is in the next chunk. */
  readonly #partial = new Uint8Array(8)

  constructor(path: string, maxBytes: number, source: { readonly size: number; readonly gzipped?: boolean }) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#source = source
  }

  write(chunk: Uint8Array): void {
    let at = 0
    while (this.#header === undefined && at < chunk.length) {
      this.#head[this.#headLength++] = chunk[at++] as number
      this.#header = this.#parseHeader()
    }
    const header = this.#header
    if (header === undefined || at === chunk.length) return
    const rest = chunk.length - at
    if (this.#received + rest > header.dataBytes) {
      this.#fail(`${this.#announced(header)}, got at least ${header.headerBytes + this.#received + rest}: oversized`)
    }
    if (header.type.bytes === 1 && header.type.element === 'uint8') this.#data.set(chunk.subarray(at), this.#received)
    else this.#convert(header.type, chunk, at)
    this.#received += rest
  }

  finish(): Tensor {
    const header = this.#header
    if (header === undefined) {
      return this.#fail(`ends within the header, after ${this.#headLength} bytes; expected an IDX file`)
    }
    if (this.#received !== header.dataBytes) {
      this.#fail(`${this.#announced(header)}, got ${header.headerBytes + this.#received}: truncated`)
    }
    return new Tensor(this.#data, header.shape)
  }

  /** Elements of more than one byte, or signed: through a DataView, as they are big-endian and may be unaligned. */
  #convert(type: ElementType, chunk: Uint8Array, start: number): void {
    let at = start
    let index = Math.floor(this.#received / type.bytes)
    let pending = this.#received % type.bytes
    const partial = new DataView(this.#partial.buffer)
    while (pending > 0 && at < chunk.length) {
      this.#partial[pending++] = chunk[at++] as number
      if (pending === type.bytes) {
        this.#data[index++] = type.read(partial, 0)
        pending = 0
      }
    }
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (; at + type.bytes <= chunk.length; at += type.bytes) this.#data[index++] = type.read(view, at)
    if (at < chunk.length) this.#partial.set(chunk.subarray(at))
  }

  /** The header once its last byte is there; checks every byte as soon as it comes, and allocates the elements. */
  #parseHeader(): Header | undefined {
    const head = this.#head
    if (this.#headLength < 4) return undefined
    const typeCode = head[2] as number
    const type = elementTypes[typeCode]
    if (head[0] !== 0 || head[1] !== 0 || type === undefined) {
      const magic = [...head.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
      return this.#fail(
        `wrong magic number ${magic}; an IDX file starts with 00 00, an element type ` +
          `(08, 09, 0b, 0c, 0d or 0e) and the number of axes`,
      )
    }
    const headerBytes = 4 + 4 * (head[3] as number)
    if (this.#headLength < headerBytes) return undefined
    const view = new DataView(head.buffer)
    const shape = Array.from({ length: head[3] as number }, (_, axis) => view.getUint32(4 + 4 * axis))
    // A product of doubles grows past the limit long before it loses whole numbers.
    let length = 1
    for (const dimension of shape) length *= dimension
    const stored = Math.max(type.bytes, type.element === 'int32' ? 4 : 0)
    if (!(length * stored <= this.#maxBytes)) {
      this.#fail(
        `header announces shape ${shapeText(shape)} of ${type.name} elements, ${length * stored} bytes in memory; ` +
          `expected at most ${this.#maxBytes}`,
      )
    }
    const header = { type, shape, length, headerBytes, dataBytes: length * type.bytes }
    this.#checkFileSize(header)
    this.#data = sharedArray(type.element, length)
    return header
  }

  #checkFileSize(header: Header): void {
    const { size, gzipped } = this.#source
    const expected = header.headerBytes + header.dataBytes
    if (gzipped) {
      if (expected > size * maximumExpansion) {
        this.#fail(`${this.#announced(header)}, more than ${size} gzipped bytes can hold: truncated`)
      }
    } else if (size !== expected) {
      this.#fail(`${this.#announced(header)}, got ${size}: ${size < expected ? 'truncated' : 'oversized'}`)
    }
  }

  #announced(header: Header): string {
    const expected = header.headerBytes + header.dataBytes
    return `header announces shape ${shapeText(header.shape)} of ${header.type.name} elements: expected ${expected} bytes`
  }

  #fail(problem: string): never {
    throw netwrightError('ERR_DATA', `${this.#path}: ${problem}`)
  }
}
