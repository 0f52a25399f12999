// What has come of a file that is being downloaded: a folder beside it, which a later run takes over where this one is
// killed. Every run writes to a folder of its own name; folders are taken over by renaming, which only one run can.

import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'

/** Where the bytes come from, and what tells that they have not changed there: an ETag or a date. */
export interface PartSource {
  readonly url: string
  readonly validator: string
}

/** Folders of this very process. */
const active = new Set<string>()

export class PartialFile {
  /** What the bytes belong to; undefined: they cannot be continued. */
  source: PartSource | undefined
  /** Bytes that are there. */
  size = 0
  readonly #path: string
  readonly #folder: string
  /** The outermost of the folders that were made for the file. */
  readonly #made: string | undefined
  #file: FileHandle | undefined

  private constructor(path: string, folder: string, made: string | undefined) {
    this.#path = path
    this.#folder = folder
    this.#made = made
  }

  /** A new one for the file at `path`, or what a run that ended before left of it. */
  static async open(path: string): Promise<PartialFile> {
    const made = await mkdir(dirname(path), { recursive: true })
    const part = new PartialFile(path, nameFor(path, process.pid), made)
    active.add(part.#folder)
    for (const left of await leftOvers(path)) {
      const taken = await rename(left, part.#folder).then(
        () => true,
        () => false,
      )
      if (!taken) continue
      await part.#takeOver()
      return part
    }
    // With the folder around it, which another run may have left empty, and removed.
    await mkdir(part.#folder, { recursive: true })
    return part
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  async #takeOver(): Promise<void> {
    try {
      const { url, validator } = JSON.parse(await readFile(join(this.#folder, 'source.json'), 'utf8'))
      const { size } = await stat(this.#data)
      if (typeof url !== 'string' || typeof validator !== 'string') return
      this.source = { url, validator }
      this.size = size
    } catch {
      // Killed before there was anything to continue.
    }
  }

  /** Drops all bytes; those that follow are of `source`. */
  async restart(source: PartSource | undefined): Promise<void> {
    await this.#close()
    this.source = source
    this.size = 0
    // A new file: another process may hold the old one.
    await rm(this.#data, { force: true })
    await rm(join(this.#folder, 'source.json'), { force: true })
    if (source !== undefined) await writeFile(join(this.#folder, 'source.json'), JSON.stringify(source))
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#file ??= await open(this.#data, this.size === 0 ? 'w' : 'r+')
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.size)
      at += bytesWritten
      this.size += bytesWritten
    }
  }

  /** Syncs the bytes, and answers their path for whoever checks them. */
  async flush(): Promise<string> {
    this.#file ??= await open(this.#data, this.size === 0 ? 'w' : 'r+')
    await this.#file.sync()
    await this.#close()
    return this.#data
  }

  /** The bytes become the file. */
  async finish(): Promise<void> {
    await this.#close()
    try {
      await rename(this.#data, this.#path)
    } catch (error) {
      // Windows keeps a file that is open elsewhere: one that another process has checked, too.
      await stat(this.#path).catch(() => {
        throw error
      })
    }
    await this.#remove()
  }

  /** Leaves the bytes to a later run if it can continue them; without them and without the file, nothing at all. */
  async leave(): Promise<void> {
    await this.#close().catch(() => undefined)
    const isOfUse = this.source !== undefined && this.size > 0
    if (isOfUse) await rename(this.#folder, nameFor(this.#path, 0)).catch(() => undefined)
    await this.#remove()
    if (this.#made !== undefined) await removeEmpty(dirname(this.#path), this.#made).catch(() => undefined)
  }

  async #remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true }).catch(() => undefined)
    active.delete(this.#folder)
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}

/** Removes `folder`, and those around it as far as `outermost`. Rejects at the first that is not empty. */
async function removeEmpty(folder: string, outermost: string): Promise<void> {
  await rmdir(folder)
  if (!/^$|^\.\./.test(relative(outermost, folder))) await removeEmpty(dirname(folder), outermost)
}

const nameFor = (path: string, pid: number): string =>
  join(dirname(path), `.${basename(path)}.${pid}.${randomBytes(6).toString('hex')}.part`)

/** Folders of runs that have ended, the one with the most bytes first. */
async function leftOvers(path: string): Promise<readonly string[]> {
  const found: { readonly folder: string; readonly size: number }[] = []
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const start = `.${basename(path)}.`
    const pid = name.startsWith(start) ? /^(\d+)\.[0-9a-f]+\.part$/.exec(name.slice(start.length))?.[1] : undefined
    const folder = join(dirname(path), name)
    if (pid === undefined || active.has(folder) || isAlive(Number(pid))) continue
    const size = await stat(join(folder, 'data')).then(
      (info) => info.size,
      () => 0,
    )
    found.push({ folder, size })
  }
  return found.sort((a, b) => b.size - a.size).map(({ folder }) => folder)
}

/** 0 stands for nobody. A folder of this process that is not active is of an earlier one with its number. */
function isAlive(pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}
