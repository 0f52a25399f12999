// Reading and writing safetensors files: named tensors with texts beside them. Models are made of them in model-file.ts.

import { type FileHandle, open, stat } from 'node:fs/promises'
import { describe, netwrightError } from '../errors.js'
import { fileError, systemProblem } from '../files/file-error.js'
import { writeFileAtomically } from '../files/write-file.js'
import { Tensor } from '../tensor/tensor.js'
import { dtypeOf, swapToLittleEndian } from './dtypes.js'
import {
  decodeHeader,
  type Entry,
  encodeHeader,
  type Header,
  headerLength,
  lengthBytes,
  longestHeader,
} from './header.js'

/** Where the bytes of a safetensors file are. */
export interface Source {
  /** Names it in errors. */
  readonly path: string
  readonly size: number
  /** Fills `into` from `position` on; throws ERR_FILE when there are fewer bytes. */
  read(into: Uint8Array, position: number): Promise<void>
}

/** A safetensors file whose header fits its size: its tensors can be read. */
export interface OpenSafetensors extends Header {
  readonly path: string
  readTensor(entry: Entry): Promise<Tensor>
}

/** Reads and checks the header; nothing larger than it is allocated before `readTensor`. Throws ERR_FILE. */
export async function readHeader(source: Source): Promise<OpenSafetensors> {
  const { path, size } = source
  if (size < lengthBytes) throw fileError(path, `has ${size} bytes, too few for a safetensors file: truncated`)
  const start = new Uint8Array(lengthBytes)
  await source.read(start, 0)
  const length = headerLength(path, start, size)
  const text = new Uint8Array(length)
  await source.read(text, lengthBytes)
  const dataStart = lengthBytes + length
  return {
    path,
    ...decodeHeader(path, text, size - dataStart),
    readTensor: async ({ name, dtype, shape, begin, end }) => {
      const data = allocate(path, name, end - begin)
      const bytes = new Uint8Array(data)
      await source.read(bytes, dataStart + begin)
      swapToLittleEndian(bytes, dtype.bytes)
      return new Tensor(dtype.decode(data), shape)
    },
  }
}

/** Opens the file at `path` for `use`, and closes it afterwards. Throws ERR_FILE for one that is missing or damaged. */
export async function withSafetensors<T>(path: string, use: (file: OpenSafetensors) => Promise<T>): Promise<T> {
  requirePath(path)
  const { handle, size } = await openFile(path)
  try {
    return await use(await readHeader({ path, size, read: (into, position) => readAll(path, handle, into, position) }))
  } finally {
    await handle.close()
  }
}

/** Throws ERR_ARGUMENT unless `path` is a text. */
export function requirePath(path: unknown): asserts path is string {
  if (typeof path === 'string' && path !== '') return
  throw netwrightError(
    'ERR_ARGUMENT',
    `path is ${describe(path)}, expected the name of a file such as 'm.safetensors'`,
    'TypeError',
  )
}

async function openFile(path: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  try {
    // Before it is opened: a pipe would wait for its writer.
    const info = await stat(path)
    if (!info.isFile()) throw new Error('it is no regular file')
    return { handle: await open(path), size: info.size }
  } catch (error) {
    throw fileError(path, `cannot be read (${systemProblem(error)})`, error)
  }
}

/** Systems read at most 2 GiB at once. */
const mostBytes = 2 ** 30

async function readAll(path: string, handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < into.length; ) {
    const length = Math.min(mostBytes, into.length - at)
    const { bytesRead } = await handle.read(into, at, length, position + at).catch((error) => {
      throw fileError(path, `cannot be read (${systemProblem(error)})`, error)
    })
    if (bytesRead === 0) {
      throw fileError(path, `ends at byte ${position + at}: it became shorter while it was read`)
    }
    at += bytesRead
  }
}

function allocate(path: string, name: string, bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes)
  } catch {
    throw netwrightError(
      'ERR_MEMORY',
      `${path}: tensor ${describe(name)} needs ${(bytes / 2 ** 30).toFixed(1)} GiB in one piece, which are not to be had`,
      'RangeError',
    )
  }
}

/**
 * All tensors of a safetensors file, by name, in the file's layout: for files whose names are not those of a model.
 * F32, F64, I32 and U8 come as they are; F16 and BF16 as float32; BOOL as uint8; I8, I16 and U16 as int32; U32, I64 and
 * U64 as float64 (exact up to 2^53).
 *
 *     const { 'fc1.weight': weight, 'fc1.bias': bias } = await readSafetensors('torch.safetensors')
 *     model.loadStateDict({ '0.weight': weight, '0.bias': bias })
 *
 * Throws ERR_FILE, before anything large is allocated, for a file that is missing, truncated, oversized or otherwise
 * no safetensors file, or has elements of another type.
 */
export async function readSafetensors(path: string): Promise<Record<string, Tensor>> {
  return await withSafetensors(path, async (file) => {
    const tensors: [string, Tensor][] = []
    for (const entry of file.entries) tensors.push([entry.name, await file.readTensor(entry)])
    return Object.fromEntries(tensors)
  })
}

/**
 * Writes `tensors` and texts to a new file at `path`, atomically. Throws ERR_FILE. The tensors must be nobody else's:
 * their bytes are read while the file is written, and swapped in place on a host that is not little-endian.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string>,
): Promise<void> {
  let at = 0
  const entries = [...tensors].map(([name, { element, shape, data }]): Entry => {
    const begin = at
    at += data.byteLength
    return { name, dtype: dtypeOf(element), shape, begin, end: at }
  })
  const header = encodeHeader({ entries, metadata })
  if (header.length - lengthBytes > longestHeader) {
    throw fileError(path, `its header would have ${header.length - lengthBytes} bytes, more than ${longestHeader}`)
  }
  await writeFileAtomically(path, parts(header, tensors.values()))
}

function* parts(header: Uint8Array, tensors: Iterable<Tensor>): Iterable<Uint8Array> {
  yield header
  for (const { data, element } of tensors) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    swapToLittleEndian(bytes, dtypeOf(element).bytes)
    yield bytes
  }
}
