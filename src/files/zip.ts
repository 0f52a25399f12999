// Reads zip archives: the files in them, whole, checked. Writes none; no encryption, no archives beyond 4 GiB.

import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string
  /** Bytes of it, unpacked. */
  readonly size: number
  /** Its bytes. Throws an Error that says what is wrong. */
  read(): Promise<Uint8Array>
}

/** Of the record at an archive's end, whose comment has at most 65,535 bytes. */
const endBytes = 22
const longestComment = 0xffff
const entryBytes = 46
const localBytes = 30

const signatures = { end: 0x06054b50, entry: 0x02014b50, local: 0x04034b50 } as const
const methods = { stored: 0, deflated: 8 } as const
/** In place of a number that stands elsewhere, since it has more than 32 bits. */
const elsewhere = 0xffffffff

/**
 * The files in the archive `bytes`, folders left out. Throws an Error that says what is wrong with it; nothing is
 * unpacked before `read`, which allocates the size that the entry announces, so whoever calls it looks at that first.
 */
export function zipEntries(bytes: Uint8Array): readonly ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endRecord(view)
  const [count, size, start] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ]
  if (count === 0xffff || start === elsewhere)
    throw new Error('a zip archive in the zip64 format, expected one below 4 GiB')
  if (start + size > end) throw new Error('a damaged zip archive: its directory lies beyond its end')
  const entries: ZipEntry[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + entryBytes > end || view.getUint32(at, true) !== signatures.entry) {
      throw new Error(`a damaged zip archive: entry ${i} of ${count} in its directory is none`)
    }
    const { entry, length } = readEntry(bytes, view, at)
    if (!entry.name.endsWith('/')) entries.push(entry)
    at += length
  }
  return entries
}

/** Where the end record begins: the last one whose comment ends with the archive. */
function endRecord(view: DataView): number {
  const least = Math.max(0, view.byteLength - endBytes - longestComment)
  for (let at = view.byteLength - endBytes; at >= least; at--) {
    const isEnd = view.getUint32(at, true) === signatures.end
    if (isEnd && at + endBytes + view.getUint16(at + 20, true) === view.byteLength) return at
  }
  throw new Error('no zip archive, or a truncated one: it has no directory at its end')
}

function readEntry(
  bytes: Uint8Array,
  view: DataView,
  at: number,
): { readonly entry: ZipEntry; readonly length: number } {
  const flags = view.getUint16(at + 8, true)
  const method = view.getUint16(at + 10, true)
  const crc = view.getUint32(at + 16, true)
  const packed = view.getUint32(at + 20, true)
  const size = view.getUint32(at + 24, true)
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(at + place, true))
  const local = view.getUint32(at + 42, true)
  const nameEnd = at + entryBytes + (nameLength as number)
  // Names are ASCII or UTF-8 wherever NumPy writes them.
  const name = Buffer.from(bytes.subarray(at + entryBytes, nameEnd)).toString('utf8')
  const read = async (): Promise<Uint8Array> => {
    if ((flags & 1) !== 0) throw new Error('is encrypted')
    if ([packed, size, local].includes(elsewhere)) throw new Error('is in the zip64 format, expected less than 4 GiB')
    const data = unpacked(await inflated(method, packedBytes(bytes, view, local, packed), size), size)
    if (crc32(data) !== crc) throw new Error('is damaged: its checksum is wrong')
    return data
  }
  return {
    entry: { name, size, read },
    length: entryBytes + (nameLength as number) + (extraLength as number) + (commentLength as number),
  }
}

/** The bytes behind the file's own header, which has a name and extras of its own lengths. */
function packedBytes(bytes: Uint8Array, view: DataView, local: number, packed: number): Uint8Array {
  if (local + localBytes > bytes.length || view.getUint32(local, true) !== signatures.local) {
    throw new Error('is damaged: it does not begin where the directory says')
  }
  const start = local + localBytes + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  if (start + packed > bytes.length) throw new Error('is damaged: it ends beyond the archive')
  return bytes.subarray(start, start + packed)
}

async function inflated(method: number, packed: Uint8Array, size: number): Promise<Uint8Array> {
  if (method === methods.stored) return packed
  if (method !== methods.deflated) throw new Error(`is packed by method ${method}, expected 0 (stored) or 8 (deflate)`)
  try {
    return await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(1, size) })
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    throw new Error(
      code === 'ERR_BUFFER_TOO_LARGE' ? `is damaged: it unpacks to more than ${size} bytes` : `is damaged: ${message}`,
    )
  }
}

function unpacked(data: Uint8Array, size: number): Uint8Array {
  if (data.length === size) return data
  throw new Error(`is damaged: it unpacks to ${data.length} bytes, expected ${size}`)
}
