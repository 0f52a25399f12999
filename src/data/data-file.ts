// Data files are opened alike: regular files, plain or gzipped, told apart by content.

import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { netwrightError } from '../errors.js'

export interface DataFile {
  readonly path: string
  /** Bytes on disk. */
  readonly size: number
  readonly gzipped: boolean
}

/** Throws ERR_DATA, naming the file and what was `expected` there, for one that cannot be opened. */
export async function inspectDataFile(path: string, expected: string): Promise<DataFile> {
  try {
    // Before it is opened: a pipe would wait for its writer.
    const info = await stat(path)
    if (!info.isFile()) throw new Error('not a regular file')
    const file = await open(path)
    try {
      const start = new Uint8Array(2)
      await file.read(start, 0, 2, 0)
      return { path, size: info.size, gzipped: start[0] === 0x1f && start[1] === 0x8b }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw netwrightError('ERR_DATA', `${path}: ${readFailure(error)}; expected ${expected}, plain or gzipped`)
  }
}

/**
 * Its bytes, unpacked, in chunks of `chunkSize`, less where it is gzipped. Whoever stops early leaves nothing open.
 * Throws ERR_DATA.
 */
export async function* bytesOf({ path, gzipped }: DataFile, chunkSize = 1 << 20): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: gzipped ? 1 << 16 : chunkSize })
  const stream = gzipped ? file.pipe(createGunzip({ chunkSize: 1 << 16 })) : file
  // pipe() does not forward errors.
  if (gzipped) file.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (error) {
    throw netwrightError('ERR_DATA', `${path}: ${readFailure(error)}`)
  } finally {
    file.destroy()
    stream.destroy()
  }
}

function readFailure(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ENOENT') return 'no such file'
  if (code?.startsWith('Z_')) return `damaged gzip data (${message})`
  return `cannot be read (${message})`
}
