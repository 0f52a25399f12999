// Files from the network: continued where they broke off, checked, and there as a whole or not at all.

import { setTimeout as sleep } from 'node:timers/promises'
import { netwrightError } from '../errors.js'
import { type Checksum, digestOf } from './checksum.js'
import { fileError, systemProblem } from './file-error.js'
import { PartialFile } from './partial-file.js'

export interface DownloadProgress {
  readonly url: string
  /** Where the file will be. */
  readonly path: string
  /** Bytes so far, with those of earlier runs. */
  readonly received: number
  /** Bytes of the whole, where the server says it. */
  readonly total?: number
}

export interface DownloadOptions {
  /** What the whole file must have; default: nothing is checked but its length, where the server says it. */
  readonly checksum?: Checksum
  /** Refuse files of more bytes; default 2 GiB. */
  readonly maxBytes?: number
  /** Told of the bytes as they come. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** Ends the download; what has come is kept for the next one. */
  readonly signal?: AbortSignal
  /** Tries at an address after the first, none of which brings more of the file than those before; default 4. */
  readonly retries?: number
  /** Milliseconds before the first of them, doubled before each further one; default 500. */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which a try is given up; default 30,000. */
  readonly stallTimeout?: number
}

/** Why a try failed, and whether another one at the same address may do better. */
class TryError extends Error {
  readonly again: boolean

  constructor(message: string, again: boolean) {
    super(message)
    this.again = again
  }
}

/**
 * Fetches a file into `path`, whose folders are made, from the first of `urls` that has it. A file that is there is
 * replaced. What breaks off is continued, in this call or in a later one, where the server supports it (Range, with
 * If-Range, so that a file that has changed begins anew). The file takes its name once it is complete and its checksum
 * is right. Several processes may fetch the same file: each writes for itself, and the last one's, equal, file stays.
 *
 * Rejects with ERR_DATA, which tells what went wrong at each address, ERR_FILE where the file cannot be written, and with
 * the signal's reason when it is aborted.
 */
export async function download(urls: readonly string[], path: string, options: DownloadOptions = {}): Promise<void> {
  const { signal, retries = 4, retryDelay = 500 } = options
  signal?.throwIfAborted()
  const part = await local(path, () => PartialFile.open(path))
  const problems: string[] = []
  try {
    for (const url of urls) {
      let furthest = part.size
      for (let failures = 0; ; ) {
        try {
          await fetchInto(part, url, path, options)
          await local(path, () => part.finish())
          return
        } catch (error) {
          signal?.throwIfAborted()
          if (!(error instanceof TryError)) throw error
          if (part.size > furthest) failures = 0
          furthest = Math.max(furthest, part.size)
          failures += 1
          if (error.again && failures <= retries) {
            await sleep(retryDelay * 2 ** (failures - 1), undefined, signal && { signal }).catch(() => undefined)
            signal?.throwIfAborted()
            continue
          }
          problems.push(`${url}: ${error.message}`)
          break
        }
      }
    }
  } finally {
    await part.leave()
  }
  throw netwrightError('ERR_DATA', `${path}: cannot be downloaded. ${problems.join('. ')}`)
}

/** One try: all that is missing, and the check of the whole. */
async function fetchInto(part: PartialFile, url: string, path: string, options: DownloadOptions): Promise<void> {
  const { checksum, signal } = options
  const connection = new Connection(options.stallTimeout ?? 30_000)
  const abort = () => connection.close()
  signal?.addEventListener('abort', abort, { once: true })
  let isContinued = false
  try {
    isContinued = await receive(part, url, path, options, connection)
  } finally {
    signal?.removeEventListener('abort', abort)
    connection.close()
  }
  if (checksum === undefined) return
  const data = await local(path, () => part.flush())
  const { size } = part
  const digest = await digestOf(data, checksum).catch((error: Error) => `none (${error.message})`)
  if (digest === checksum.hex) return
  await local(path, () => part.restart(undefined))
  // A file that was put together from parts may do better when it is fetched as a whole.
  throw new TryError(
    `has ${checksum.algorithm} ${digest} (${size} bytes), expected ${checksum.hex}: damaged or another file`,
    isContinued,
  )
}

/** A request that is given up where nothing comes for a while. Failures of the network are TryErrors. */
class Connection {
  readonly #controller = new AbortController()
  readonly #stallTimeout: number
  #stalled = false

  constructor(stallTimeout: number) {
    this.#stallTimeout = stallTimeout
  }

  open(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    return this.#waitFor(fetch(url, { headers, signal: this.#controller.signal }))
  }

  async *bytes({ body }: Response): AsyncGenerator<Uint8Array> {
    const reader = body?.getReader()
    for (;;) {
      const next = await this.#waitFor(reader?.read() ?? Promise.resolve({ done: true, value: undefined }))
      if (next.done) return
      yield next.value as Uint8Array
    }
  }

  /** Also drops whatever of the answer was not read. */
  close(): void {
    this.#controller.abort()
  }

  async #waitFor<T>(event: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#stalled = true
      this.close()
    }, this.#stallTimeout)
    try {
      return await event
    } catch (error) {
      if (this.#stalled) throw new TryError(`nothing came for ${this.#stallTimeout / 1000} s`, true)
      const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } }
      // fetch says 'fetch failed', its cause why; a name that is unknown stays so.
      throw new TryError(cause?.message || cause?.code || message, cause?.code !== 'ENOTFOUND')
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Writes what comes to `part`; true if that continued what was there. */
async function receive(
  part: PartialFile,
  url: string,
  path: string,
  { maxBytes = 2 ** 31, onProgress }: DownloadOptions,
  connection: Connection,
): Promise<boolean> {
  const known = part.size > 0 && part.source?.url === url ? part.source : undefined
  const response = await connection.open(url, {
    'accept-encoding': 'identity',
    ...(known && { range: `bytes=${part.size}-`, 'if-range': known.validator }),
  })
  if (url.startsWith('https:') && !response.url.startsWith('https:')) {
    throw new TryError(`leads to ${response.url}, which is not encrypted`, false)
  }
  const isContinued = known !== undefined && response.status === 206
  if (response.status === 416) {
    await local(path, () => part.restart(undefined))
    throw new TryError('the server has less of the file than had come before', true)
  }
  if (!isContinued && response.status !== 200) {
    const again = response.status >= 500 || response.status === 408 || response.status === 429
    throw new TryError(`the server answers ${response.status} ${response.statusText}`.trimEnd(), again)
  }
  if (isContinued) {
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
    if (Number(start) !== part.size) {
      await local(path, () => part.restart(undefined))
      throw new TryError('the server answers with another part of the file than was asked for', true)
    }
  } else {
    await local(path, () => part.restart(sourceOf(url, response)))
  }
  const total = totalOf(part.size, response)
  const limit = (bytes: number) => {
    if (bytes > maxBytes) throw new TryError(`has ${bytes} bytes or more, expected at most ${maxBytes}`, false)
  }
  limit(total ?? 0)
  const progress = () => onProgress?.({ url, path, received: part.size, ...(total !== undefined && { total }) })
  progress()
  for await (const chunk of connection.bytes(response)) {
    limit(part.size + chunk.length)
    await local(path, () => part.append(chunk))
    progress()
  }
  if (total !== undefined && part.size !== total) {
    throw new TryError(`ends after ${part.size} of ${total} bytes`, true)
  }
  return isContinued
}

/** A strong validator is needed to continue; a body that fetch has decoded has none. */
function sourceOf(url: string, { headers }: Response) {
  const tag = headers.get('etag')
  const validator = tag !== null && !tag.startsWith('W/') ? tag : headers.get('last-modified')
  return validator === null || isEncoded(headers) ? undefined : { url, validator }
}

function totalOf(received: number, { headers }: Response): number | undefined {
  const length = headers.get('content-length')
  return length === null || isEncoded(headers) ? undefined : received + Number(length)
}

const isEncoded = (headers: Headers): boolean => ![null, 'identity'].includes(headers.get('content-encoding'))

/** What `action` answers; failures of the file system as ERR_FILE. */
async function local<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw fileError(path, `cannot be written (${systemProblem(error)})`, error)
  }
}
