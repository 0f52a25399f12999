// Writing a file so that there is always a whole one: the old or the new.

import { randomBytes } from 'node:crypto'
import { access, constants, type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError, systemProblem } from './file-error.js'

/** Systems write at most 2 GiB at once. */
const mostBytes = 2 ** 30

/**
 * Writes `parts` one after the other to `path`: to a temporary file beside it, which then takes its name. A failure
 * leaves the old file, if there was one, and no temporary; a crash may leave a temporary, `.name.….tmp`. A link is
 * followed, permissions are kept. Throws ERR_FILE.
 */
export async function writeFileAtomically(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path)
    const old = await stat(target).catch(() => undefined)
    if (old !== undefined && !old.isFile()) throw new Error('it is no regular file')
    // Renaming would replace a file that may not be written.
    if (old !== undefined) await access(target, constants.W_OK)
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
    const file = await open(temporary, 'wx')
    try {
      try {
        if (old !== undefined) await file.chmod(old.mode)
        for (const part of parts) await writeAll(file, part)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, target)
    } catch (error) {
      await unlink(temporary).catch(() => undefined)
      throw error
    }
    await syncFolder(dirname(target))
  } catch (error) {
    throw fileError(path, `cannot be written (${systemProblem(error)})`, error)
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(mostBytes, bytes.length - at))
    at += bytesWritten
  }
}

/** Makes the new name last; some systems cannot open a folder, and the file is whole either way. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder)
    await handle.sync().finally(() => handle.close())
  } catch {}
}
