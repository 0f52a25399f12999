// Where predictions go: standard output, or a file that takes its name only when all of it is there.

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { fileError, systemProblem } from '../../files/file-error.js'

export interface Output {
  write(text: string): Promise<void>
  /** All is written. */
  close(): Promise<void>
  /** Nothing of it is to stay. */
  discard(): Promise<void>
  /** The same at once: the process ends. */
  abandon(): void
}

export const toStdout = (): Output => ({
  async write(text) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  },
  close: async () => {},
  discard: async () => {},
  abandon: () => {},
})

/** Throws ERR_FILE where `path` cannot be written. */
export async function toFile(path: string): Promise<Output> {
  const temporary = `${path}.${process.pid}.tmp`
  const told = (error: unknown): never => {
    throw fileError(path, `cannot be written (${systemProblem(error)})`, error)
  }
  const file: FileHandle = await open(temporary, 'wx').catch(told)
  return {
    write: async (text) => void (await file.appendFile(text).catch(told)),
    async close() {
      await file.sync().catch(told)
      await file.close()
      await rename(temporary, path).catch(told)
    },
    async discard() {
      await file.close()
      await rm(temporary, { force: true })
    },
    abandon: () => rmSync(temporary, { force: true }),
  }
}
