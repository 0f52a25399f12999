// NumPy's files: .npy, one array, and .npz, a zip archive of several. Arrays of Python objects are refused: reading them
// would run what they say.

import { readFile, stat } from 'node:fs/promises'
import { checkOptions, describe, netwrightError, requireWhole, withRemedies } from '../errors.js'
import { systemProblem } from '../files/file-error.js'
import { zipEntries } from '../files/zip.js'
import { isLittleEndian } from '../tensor/byte-order.js'
import { fromHalf } from '../tensor/half.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import { copyStrided } from '../tensor/strided.js'
import { arrayTypes, Tensor, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { sharedArray } from './shared-array.js'

export interface NpyOptions {
  /** Refuse files whose arrays take more bytes in memory than this, before they are allocated; default 2 GiB. */
  readonly maxBytes?: number
}

interface Dtype {
  readonly bytes: number
  readonly element: TensorElement
  /** The elements, in the host's byte order; not given where tensors have the type itself. */
  readonly decode?: (data: ArrayBuffer) => ArrayLike<number>
}

/** By the kind and the bytes in a file's `descr`. */
const dtypes: Readonly<Record<string, Dtype>> = {
  f8: { bytes: 8, element: 'float64' },
  f4: { bytes: 4, element: 'float32' },
  f2: { bytes: 2, element: 'float32', decode: (data) => fromHalf(new Uint16Array(data)) },
  i8: { bytes: 8, element: 'float64', decode: (data) => exactly(new BigInt64Array(data)) },
  u8: { bytes: 8, element: 'float64', decode: (data) => exactly(new BigUint64Array(data)) },
  i4: { bytes: 4, element: 'int32' },
  u4: { bytes: 4, element: 'float64', decode: (data) => new Uint32Array(data) },
  i2: { bytes: 2, element: 'int32', decode: (data) => new Int16Array(data) },
  u2: { bytes: 2, element: 'int32', decode: (data) => new Uint16Array(data) },
  i1: { bytes: 1, element: 'int32', decode: (data) => new Int8Array(data) },
  u1: { bytes: 1, element: 'uint8' },
  b1: { bytes: 1, element: 'uint8' },
}

/**
 * The array in the NumPy file at `path`, written by `numpy.save`, format versions 1 to 3, any byte order, C or Fortran
 * order, in shared memory. f4, f8, i4 and u1 come as they are; b1 as uint8; f2 as float32; i1, i2 and u2 as int32; u4, i8
 * and u8 as float64.
 *
 *     const data = new Dataset(await readNpy('x.npy'), await readNpy('y.npy'))
 *
 * Throws ERR_DATA, naming the file: missing, no .npy file, truncated or with bytes behind its end, elements of another
 * type (texts, records, Python objects, which are never unpickled, complex numbers), whole numbers beyond 2^53, more than
 * `maxBytes`.
 */
export async function readNpy(path: string, options: NpyOptions = {}): Promise<Tensor> {
  const bytes = await readBytes('readNpy', path, options, 'a NumPy file (.npy)')
  return decodeNpy(path, bytes, limitOf(options))
}

/**
 * The arrays in the NumPy archive at `path`, written by `numpy.savez` or `savez_compressed`, by name, each as `readNpy`
 * reads it. Files in it that are no .npy are left out.
 *
 *     const { x, y } = await readNpz('digits.npz')
 *
 * Throws ERR_DATA as `readNpy`, and for a damaged archive: every file's checksum is compared. `maxBytes` holds for all
 * arrays together, and for what they unpack to.
 */
export async function readNpz(path: string, options: NpyOptions = {}): Promise<Record<string, Tensor>> {
  const bytes = await readBytes('readNpz', path, options, 'a NumPy archive (.npz)')
  const entries = inFile(path, () => zipEntries(bytes)).filter(({ name }) => name.endsWith('.npy'))
  const tensors = new Map<string, Tensor>()
  let left = limitOf(options)
  for (const entry of entries) {
    const name = entry.name.slice(0, -'.npy'.length)
    const where = `${path}: ${describe(name)}`
    if (entry.size > left + longestHeader) throw tooLarge(`${where}:`, entry.size, left)
    if (tensors.has(name)) throw netwrightError('ERR_DATA', `${where} is there twice`)
    const data = await entry.read().catch((error: Error) => {
      throw netwrightError('ERR_DATA', `${where} ${error.message}`)
    })
    const tensor = decodeNpy(where, data, left)
    left -= tensor.data.byteLength
    tensors.set(name, tensor)
  }
  if (tensors.size === 0)
    throw netwrightError('ERR_DATA', `${path}: the archive has no arrays (files that end in .npy)`)
  return Object.fromEntries(tensors)
}

const limitOf = ({ maxBytes = 2 ** 31 }: NpyOptions): number => maxBytes

async function readBytes(where: string, path: string, options: NpyOptions, expected: string): Promise<Uint8Array> {
  checkOptions(where, options, ['maxBytes'])
  if (options.maxBytes !== undefined) requireWhole(`${where}: maxBytes`, options.maxBytes)
  if (typeof path !== 'string') {
    throw netwrightError('ERR_ARGUMENT', `${where}: path is ${describe(path)}, expected a file's path`, 'TypeError')
  }
  const limit = limitOf(options)
  try {
    // Before it is opened: a pipe would wait for its writer.
    const info = await stat(path)
    if (!info.isFile()) throw new Error('not a regular file')
    if (info.size > limit + longestHeader) throw tooLarge(`${path}:`, info.size, limit)
    return await readFile(path)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_DATA') throw error
    throw netwrightError('ERR_DATA', `${path}: cannot be read (${systemProblem(error)}); expected ${expected}`)
  }
}

const tooLarge = (what: string, bytes: number, most: number): Error =>
  withRemedies(netwrightError('ERR_DATA', `${what} ${bytes} bytes, expected at most ${most}`), {
    maxBytes: 'maxBytes allows more',
  })

/** What `work` answers; its errors, but for those that name the file already, as ERR_DATA of the file at `path`. */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_DATA') throw error
    throw netwrightError('ERR_DATA', `${path}: ${(error as Error).message}`)
  }
}

/** What NumPy writes has 128 bytes or little more. */
const longestHeader = 1 << 20
/** NumPy's own limit. */
const mostAxes = 64
/** \x93NUMPY. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

interface Header {
  readonly dtype: Dtype
  readonly swapped: boolean
  readonly fortran: boolean
  readonly shape: Shape
  /** Where the elements begin. */
  readonly start: number
}

/** The array in `bytes`, a .npy file that errors call `name`. Throws ERR_DATA. */
export function decodeNpy(name: string, bytes: Uint8Array, maxBytes: number): Tensor {
  return inFile(name, () => {
    const { dtype, swapped, fortran, shape, start } = readHeader(bytes)
    // A product of doubles grows past the limit long before it loses whole numbers.
    const length = sizeOf(shape)
    const stored = length * Math.max(dtype.bytes, arrayTypes[dtype.element].BYTES_PER_ELEMENT)
    if (!(stored <= maxBytes)) {
      throw tooLarge(`${name}: shape ${shapeText(shape)} takes`, stored, maxBytes)
    }
    const expected = start + length * dtype.bytes
    if (bytes.length !== expected) {
      const what = bytes.length < expected ? 'truncated' : 'oversized'
      throw new Error(
        `the header announces shape ${shapeText(shape)}: expected ${expected} bytes, got ${bytes.length}: ${what}`,
      )
    }
    const data = sharedArray(dtype.element, length)
    const raw = bytes.subarray(start)
    if (dtype.decode === undefined && !(fortran && shape.length > 1)) {
      copyBytes(data.buffer, raw, dtype, swapped)
      return new Tensor(data, shape)
    }
    const copy = new ArrayBuffer(raw.length)
    copyBytes(copy, raw, dtype, swapped)
    const elements = dtype.decode === undefined ? new arrayTypes[dtype.element](copy) : dtype.decode(copy)
    if (fortran) {
      const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
      copyStrided(data, elements as TensorData, shape, strides)
    } else {
      data.set(elements)
    }
    return new Tensor(data, shape)
  })
}

/** Copies a file's elements, into the host's byte order. */
function copyBytes(to: ArrayBufferLike, raw: Uint8Array, { bytes }: Dtype, swapped: boolean): void {
  const buffer = Buffer.from(to)
  buffer.set(raw)
  if (swapped) swap(buffer, bytes)
}

function swap(buffer: Buffer, bytes: number): void {
  if (bytes === 2) buffer.swap16()
  else if (bytes === 4) buffer.swap32()
  else if (bytes === 8) buffer.swap64()
}

function exactly(values: BigInt64Array | BigUint64Array): Float64Array {
  return Float64Array.from(values as BigInt64Array, (value, i) => {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw new Error(`element ${i} is ${value}, beyond the whole numbers that float64 holds (2^53)`)
  })
}

/** The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. */
function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 10 || !magic.every((byte, i) => bytes[i] === byte)) {
    throw new Error(`is no NumPy file (.npy): it ${bytes.length === 0 ? 'is empty' : 'does not begin with \\x93NUMPY'}`)
  }
  const version = bytes[6] as number
  if (version < 1 || version > 3) throw new Error(`format version ${version}, expected 1, 2 or 3`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const textStart = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : bytes.length < 12 ? 0 : view.getUint32(8, true)
  const start = textStart + length
  if (length > longestHeader || start > bytes.length) {
    throw new Error(`the header has ${length} bytes, the file ${bytes.length}: truncated or damaged`)
  }
  const text = Buffer.from(bytes.subarray(textStart, start))
    .toString(version === 3 ? 'utf8' : 'latin1')
    .trim()
  return { ...parseHeader(text), start }
}

function parseHeader(text: string): Omit<Header, 'start'> {
  const [, descr] = /'descr'\s*:\s*('[^']*'|\[.*\])/s.exec(text) ?? []
  const [, order] = /'fortran_order'\s*:\s*(True|False)\s*[,}]/.exec(text) ?? []
  const [, axes] = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text) ?? []
  if (!/^\{.*\}$/s.test(text) || descr === undefined || order === undefined || axes === undefined) {
    throw new Error(`the header is ${describe(text)}, expected a dictionary with descr, fortran_order and shape`)
  }
  const shape = (axes.match(/\d+/g) ?? []).map(Number)
  if (shape.length > mostAxes || !shape.every(Number.isSafeInteger)) {
    throw new Error(`shape (${axes.slice(0, 40)}), expected at most ${mostAxes} axes of whole numbers`)
  }
  return { ...parseDtype(descr), fortran: order === 'True', shape }
}

function parseDtype(descr: string): { readonly dtype: Dtype; readonly swapped: boolean } {
  const [, order, type] = /^'([<>|])([a-zA-Z]\d+)'$/.exec(descr) ?? []
  const dtype = type !== undefined && Object.hasOwn(dtypes, type) ? dtypes[type] : undefined
  if (dtype === undefined || (order === '|') !== (dtype.bytes === 1)) {
    const objects = descr.includes('O') ? ', which is of Python objects and is not unpickled' : ''
    throw new Error(`elements of type ${descr.slice(0, 60)}${objects}; expected ${Object.keys(dtypes).join(', ')}`)
  }
  return { dtype, swapped: order === (isLittleEndian ? '>' : '<') }
}
