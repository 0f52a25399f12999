// TensorBoard's event files: events as protocol buffers, in TensorFlow's frame of lengths and checksums.

import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileError, systemProblem } from '../../files/file-error.js'
import { crc32c } from './crc32c.js'
import { type Summary, writeEvent, writeVersion } from './event.js'
import type { PbfWriter } from './libraries/pbf.js'

/** One event file. Nothing stays open between two writes: whoever stops has nothing to close. */
export class EventFile {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Makes a new file in the folder `dir`, and that where it is missing. Throws ERR_FILE. */
  static async create(dir: string): Promise<EventFile> {
    const seconds = Math.floor(Date.now() / 1000)
    const first = await record((writer) => writeVersion(seconds, writer))
    try {
      await mkdir(dir, { recursive: true })
      // TensorBoard reads the files of a folder by their names, so those of one second have to be in order.
      for (let number = 0; ; number++) {
        const path = join(dir, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${number}`)
        const isNew = await writeFile(path, first, { flag: 'wx' }).then(
          () => true,
          (error) => {
            if (error.code === 'EEXIST') return false
            throw error
          },
        )
        if (isNew) return new EventFile(path)
      }
    } catch (error) {
      throw fileError(dir, `event files cannot be written there (${systemProblem(error)})`, error)
    }
  }

  /** Writes `summaries` at `step`, a count of epochs or steps; nothing where there are none. Throws ERR_FILE. */
  async append(step: number, summaries: readonly Summary[]): Promise<void> {
    const wallTime = Date.now() / 1000
    const bytes =
      summaries.length === 0
        ? new Uint8Array()
        : await record((writer) => writeEvent({ wallTime, step, summaries }, writer))
    try {
      await appendFile(this.path, bytes)
    } catch (error) {
      throw fileError(this.path, `cannot be written (${systemProblem(error)})`, error)
    }
  }
}

/** The message that `write` writes as a record: its length (uint64), the length's checksum, itself, its checksum. */
async function record(write: (writer: PbfWriter) => void): Promise<Uint8Array> {
  const { PbfWriter } = await import('./libraries/pbf.js')
  const writer = new PbfWriter()
  write(writer)
  const data = writer.finish()
  const bytes = Buffer.alloc(data.length + 16)
  bytes.writeBigUInt64LE(BigInt(data.length))
  bytes.writeUInt32LE(masked(crc32c(bytes.subarray(0, 8))), 8)
  bytes.set(data, 12)
  bytes.writeUInt32LE(masked(crc32c(data)), 12 + data.length)
  return bytes
}

/** TensorFlow's checksum of data that may hold checksums itself: rotated right by 15 bits, plus a constant. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
