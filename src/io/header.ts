// The header of a safetensors file: 8 bytes with its length, little-endian; then JSON, which names every tensor with
// its type, shape and place in the bytes behind it. Here it is made, and checked before anything else is believed.

import { describe } from '../errors.js'
import { fileError } from '../files/file-error.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import { type Dtype, dtypes } from './dtypes.js'
import { parseJson } from './json.js'

/** A tensor of the file. */
export interface Entry {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: Shape
  /** Its bytes, counted from the header's end. */
  readonly begin: number
  readonly end: number
}

export interface Header {
  /** In the order of their bytes. */
  readonly entries: readonly Entry[]
  readonly metadata: ReadonlyMap<string, string>
}

/** The format's own limit. */
export const longestHeader = 100_000_000
export const lengthBytes = 8
const metadataKey = '__metadata__'

/** The header as the file begins with it, length included, padded with spaces so that tensors begin at 8 bytes. */
export function encodeHeader({ entries, metadata }: Header): Uint8Array {
  const object = Object.fromEntries<unknown>([
    [metadataKey, Object.fromEntries(metadata)],
    ...entries.map(({ name, dtype, shape, begin, end }): [string, unknown] => [
      name,
      { dtype: dtype.name, shape, data_offsets: [begin, end] },
    ]),
  ])
  const text = new TextEncoder().encode(JSON.stringify(object))
  const length = Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(lengthBytes + length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(text, lengthBytes)
  return bytes
}

/** The header's length from the first 8 bytes of a file of `size` bytes. */
export function headerLength(path: string, bytes: Uint8Array, size: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true)
  if (length > BigInt(longestHeader)) {
    throw fileError(
      path,
      `its first 8 bytes announce a header of ${length} bytes, expected at most ${longestHeader}: no safetensors file`,
    )
  }
  if (lengthBytes + Number(length) > size) {
    throw fileError(
      path,
      `announces a header of ${length} bytes, expected a file of at least ${lengthBytes + Number(length)} bytes, ` +
        `got ${size}: truncated`,
    )
  }
  return Number(length)
}

/**
 * Reads and checks the header's JSON; `dataBytes` is what the file has behind it. Every byte there must belong to
 * exactly one tensor. Throws ERR_FILE.
 */
export function decodeHeader(path: string, bytes: Uint8Array, dataBytes: number): Header {
  const object = parse(path, bytes)
  const metadata = metadataOf(path, object.get(metadataKey))
  object.delete(metadataKey)
  const entries = [...object].map(([name, value]) => entryOf(path, name, value))
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw fileError(
        path,
        `tensor ${describe(entry.name)} begins at byte ${entry.begin}, expected ${end}, where the one before it ends: ` +
          (entry.begin < end ? 'they overlap' : 'a hole'),
      )
    }
    end = entry.end
  }
  if (end !== dataBytes) {
    throw fileError(
      path,
      `its tensors take ${end} bytes, the file has ${dataBytes} behind its header: ` +
        (end > dataBytes ? 'truncated' : 'oversized'),
    )
  }
  return { entries, metadata }
}

function parse(path: string, bytes: Uint8Array): Map<string, unknown> {
  let value: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = parseJson(text, deepest)
  } catch (error) {
    throw fileError(path, `its header is no JSON as safetensors files have it (${(error as Error).message})`, error)
  }
  if (!isObject(value)) throw fileError(path, `its header is ${describe(value)}, expected a JSON object`)
  return new Map(Object.entries(value))
}

/** Deepest: { tensor: { shape: [ … ] } }. */
const deepest = 3

function metadataOf(path: string, value: unknown): ReadonlyMap<string, string> {
  if (value === undefined) return new Map()
  const pairs = isObject(value) ? Object.entries(value) : undefined
  if (pairs?.every((pair): pair is [string, string] => typeof pair[1] === 'string')) return new Map(pairs)
  throw fileError(path, `${metadataKey} is ${describe(value)}, expected an object of texts`)
}

function entryOf(path: string, name: string, value: unknown): Entry {
  const fail = (problem: string): never => {
    throw fileError(path, `tensor ${describe(name)} ${problem}`)
  }
  if (!isObject(value)) return fail(`is ${describe(value)}, expected an object with dtype, shape and data_offsets`)
  const { dtype: dtypeName, shape, data_offsets: offsets, ...others } = value
  const [other] = Object.keys(others)
  if (other !== undefined) fail(`has ${describe(other)}, expected dtype, shape and data_offsets only`)
  const dtype = typeof dtypeName === 'string' ? dtypes.get(dtypeName) : undefined
  if (dtype === undefined) {
    return fail(`has elements of type ${describe(dtypeName)}, which netwright cannot read; it reads ${knownDtypes}`)
  }
  if (!isCounts(shape)) return fail(`has shape ${describe(shape)}, expected whole numbers from 0`)
  if (shape.length > mostAxes) fail(`has ${shape.length} axes, expected at most ${mostAxes}`)
  const bytes = sizeOf(shape) * dtype.bytes
  // Also for a product that is no exact number, or, as 0 · ∞, none at all.
  if (!Number.isSafeInteger(bytes)) fail(`has shape ${describe(shape)}, more elements than any file holds`)
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`has data_offsets ${describe(offsets)}, expected two whole numbers from 0`)
  }
  const [begin, end] = offsets as [number, number]
  if (end - begin !== bytes) {
    fail(`has data_offsets ${begin} to ${end}, expected ${bytes} bytes for ${dtype.name} ${shapeText(shape)}`)
  }
  return { name, dtype, shape, begin, end }
}

/** As many as NumPy has. */
const mostAxes = 64
const knownDtypes = [...dtypes.keys()].join(', ')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((number) => Number.isSafeInteger(number) && number >= 0)
