// The bytes of a CSV file, once it is sure that they are text, and in which encoding: a parser reads anything.

import { TextDecoder } from 'node:util'
import { netwrightError } from '../../errors.js'
import { bytesOf, type DataFile } from '../data-file.js'

/** Small enough for the event loop: parsing this takes 2 to 3 ms. */
const chunkSize = 1 << 16

/** In pieces. Throws ERR_DATA for binary data, naming the file, and for text that is not UTF-8, naming the line. */
export async function* csvBytes(file: DataFile): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | undefined
  for await (const bytes of bytesOf(file, chunkSize)) {
    if (decoder === undefined) {
      const isWide = bytes[0] === 0xff && bytes[1] === 0xfe
      if (!isWide && bytes.includes(0))
        throw netwrightError('ERR_DATA', `${file.path}: is no CSV file: it has binary data`)
      decoder = new TextDecoder(isWide ? 'utf-16le' : 'utf-8', { fatal: true })
    }
    if (!decodes(decoder, bytes)) throw await notUtf8(file)
    yield bytes
  }
  if (decoder !== undefined && !decodes(decoder)) throw await notUtf8(file)
}

/** Whether `bytes` go on with what `decoder` has read; without any, whether that may be the end. */
function decodes(decoder: TextDecoder, bytes?: Uint8Array): boolean {
  try {
    decoder.decode(bytes, { stream: bytes !== undefined })
    return true
  } catch {
    return false
  }
}

/** Reads the file again, line by line, which would take far longer than parsing where nothing is wrong. */
async function notUtf8(file: DataFile): Promise<Error> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for await (const bytes of bytesOf(file, chunkSize)) {
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(0x0a, start)
      const end = newline < 0 ? bytes.length : newline + 1
      if (!decodes(decoder, bytes.subarray(start, end))) return wrongText(file, line)
      if (newline >= 0) line++
      start = end
    }
  }
  return wrongText(file, line)
}

const wrongText = ({ path }: DataFile, line: number): Error =>
  netwrightError('ERR_DATA', `${path}: line ${line}: is not UTF-8, expected a file in that encoding`)
