// Downloads from a server on this machine that breaks off, lies, stalls, and serves other bytes.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DownloadOptions, type DownloadProgress, download } from '../../src/files/download.js'
import { failureOf } from '../failure.js'

const content = Buffer.from(Uint32Array.from({ length: 50_000 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const checksum = { algorithm: 'sha256', hex: sha256(content) } as const

let server: Server
let base = ''
let folder = ''
let path = ''
/** Every request, as its range or 'whole'. */
let requests: string[] = []
let answer: (request: IncomingMessage, response: ServerResponse, count: number) => void

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-download-'))
  path = join(folder, 'deep/file.bin')
  requests = []
  server = createServer((request, response) => {
    requests.push(request.headers.range ?? 'whole')
    answer(request, response, requests.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const get = (options: DownloadOptions = {}, urls = [`${base}/file.bin`]) =>
  download(urls, path, { checksum, retryDelay: 1, ...options })
const inFolder = () => (existsSync(join(folder, 'deep')) ? readdirSync(join(folder, 'deep')) : [])
const failing = async (options?: DownloadOptions, urls?: string[]) => {
  const { code, message } = await failureOf(() => get(options, urls))
  return `${code} ${message.replaceAll(base, 'BASE').replace(path, 'PATH')}`
}

/** Sends `part` and ends the connection once the client has written `size` bytes: what it has not read yet is lost. */
function breakOff(response: ServerResponse, part: Buffer, size: number): void {
  response.write(part)
  const deadline = performance.now() + 5_000
  const timer = setInterval(() => {
    const sizes = inFolder()
      .filter((name) => name.endsWith('.part'))
      .map((name) => statSync(join(folder, 'deep', name, 'data'), { throwIfNoEntry: false })?.size ?? 0)
    if (performance.now() < deadline && !sizes.some((written) => written >= size)) return
    clearInterval(timer)
    response.destroy()
  }, 5)
}

/** A well-behaved server of `bytes`: ranges, If-Range, an ETag; sends `length` bytes at most, then breaks off. */
function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes = content, tag = '"1"', length = bytes.length }: { bytes?: Buffer; tag?: string; length?: number } = {},
): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
  const isPart = range !== undefined && request.headers['if-range'] === tag
  const start = isPart ? Number(range) : 0
  const headers = { etag: tag, 'content-length': bytes.length - start }
  if (isPart) {
    response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` })
  } else response.writeHead(200, headers)
  const part = bytes.subarray(start, start + length)
  if (start + part.length === bytes.length) response.end(part)
  else breakOff(response, part, start + part.length)
}

describe('a file', () => {
  test('comes whole, with its folders; progress tells of every byte', async () => {
    answer = (request, response) => serve(request, response)
    const progress: DownloadProgress[] = []
    await get({ onProgress: (info) => progress.push(info) })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(inFolder()).toEqual(['file.bin'])
    expect(progress[0]).toEqual({ url: `${base}/file.bin`, path, received: 0, total: content.length })
    expect(progress.at(-1)?.received).toBe(content.length)
    expect(progress.map(({ received }) => received)).toEqual(
      progress.map(({ received }) => received).sort((a, b) => a - b),
    )
  })

  test('replaces an old one; redirects are followed; chunked answers have no total', async () => {
    mkdirSync(join(folder, 'deep'))
    writeFileSync(path, 'old')
    answer = (request, response) => {
      if (request.url === '/file.bin') response.writeHead(302, { location: '/moved.bin' }).end()
      else response.writeHead(200).end(content)
    }
    let last: DownloadProgress | undefined
    await get({
      onProgress: (info) => {
        last = info
      },
    })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(last).toEqual({ url: `${base}/file.bin`, path, received: content.length })
  })

  test('a checksum of what is gzipped fits any packing of it', async () => {
    answer = (_, response) => response.end(gzipSync(content, { level: 1 }))
    await get({ checksum: { ...checksum, gunzipped: true } })
    expect(inFolder()).toEqual(['file.bin'])
    answer = (_, response) => response.end(content)
    expect(await failing({ checksum: { ...checksum, gunzipped: true } })).toContain(
      'has sha256 none (incorrect header check)',
    )
  })
})

describe('what breaks off', () => {
  test('is continued, as often as each time brings more', async () => {
    answer = (request, response) => serve(request, response, { length: 30_000 })
    await get({ retries: 1 })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(requests).toHaveLength(7)
    expect(requests[0]).toBe('whole')
    for (const request of requests.slice(1)) expect(request).toMatch(/^bytes=\d+-$/)
  })

  test('is continued by a later call; nothing else stays behind', async () => {
    answer = (request, response, count) =>
      count === 1 ? serve(request, response, { length: 60_000 }) : response.writeHead(404).end()
    expect(await failing()).toBe('ERR_DATA PATH: cannot be downloaded. BASE/file.bin: the server answers 404 Not Found')
    expect(inFolder()).toEqual([expect.stringMatching(/^\.file\.bin\.0\.[0-9a-f]{12}\.part$/)])
    answer = (request, response) => serve(request, response)
    await get()
    expect(requests.at(-1)).toMatch(/^bytes=[1-9]\d*-$/)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(inFolder()).toEqual(['file.bin'])
  })

  test('begins anew where the file has changed', async () => {
    const other = Buffer.alloc(content.length, 7)
    answer = (request, response, count) =>
      count === 1 ? serve(request, response, { bytes: other, tag: '"0"', length: 60_000 }) : serve(request, response)
    await get()
    expect(requests).toHaveLength(2)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  test('begins anew where the server knows no ranges, or no validators', async () => {
    for (const tag of ['"1"', undefined, 'W/"1"']) {
      requests = []
      answer = (_, response, count) => {
        response.writeHead(200, { 'content-length': content.length, ...(tag && { etag: tag }) })
        if (count > 2) response.end(content)
        // More each time: what the file has of the try before must not pass for what has come of this one.
        else breakOff(response, content.subarray(0, count * 60_000), count * 60_000)
      }
      await get()
      expect(requests.map((request) => request === 'whole')).toEqual([true, tag !== '"1"', tag !== '"1"'])
      expect(readFileSync(path).equals(content)).toBe(true)
    }
  })

  test('is given up after tries that bring no more', async () => {
    answer = (request, response) => {
      delete request.headers.range
      serve(request, response, { length: 60_000 })
    }
    expect(await failing({ retries: 2 })).toMatch(/^ERR_DATA PATH: cannot be downloaded. BASE\/file.bin: /)
    expect(requests).toHaveLength(3)
  })
})

describe('a server that', () => {
  test('announces more than it sends', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length + 10 })
      response.write(content, () => setTimeout(() => response.destroy(), 20))
    }
    expect(await failing({ retries: 1 })).toMatch(/BASE\/file.bin: (other side closed|ends after|terminated)/)
    expect(inFolder()).toEqual([])
  })

  test('announces less than the file has', async () => {
    answer = (_, response) => {
      response.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n${content.toString('latin1').slice(0, 2000)}`,
        'latin1',
      )
    }
    expect(await failing({ retries: 1 })).toContain(`expected ${checksum.hex}: damaged or another file`)
    expect(inFolder()).toEqual([])
  })

  test('serves other bytes: refused, and the next address is asked', async () => {
    answer = (request, response) => {
      if (request.url === '/wrong') response.end('<html>a page of the hotel</html>')
      else serve(request, response)
    }
    expect(await failing({}, [`${base}/wrong`])).toBe(
      `ERR_DATA PATH: cannot be downloaded. BASE/wrong: has sha256 ${sha256(Buffer.from('<html>a page of the hotel</html>'))} ` +
        `(32 bytes), expected ${checksum.hex}: damaged or another file`,
    )
    expect(requests).toHaveLength(1)
    await get({}, [`${base}/wrong`, `${base}/file.bin`])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  test('serves other bytes to continue with: fetched again as a whole', async () => {
    answer = (request, response, count) => {
      if (count === 1) serve(request, response, { length: 60_000 })
      else if (count === 2) serve(request, response, { bytes: Buffer.alloc(content.length) })
      else serve(request, response)
    }
    await get()
    expect(requests.map((request) => request.slice(0, 5))).toEqual(['whole', 'bytes', 'whole'])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  test('answers with another part than was asked for, or has none', async () => {
    answer = (request, response, count) => {
      if (count === 1) serve(request, response, { length: 60_000 })
      else if (count === 2) response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('12345')
      else if (count === 3) serve(request, response, { length: 60_000 })
      else if (count === 4) response.writeHead(416).end()
      else serve(request, response)
    }
    await get()
    expect(requests.map((request) => request.slice(0, 5))).toEqual(['whole', 'bytes', 'whole', 'bytes', 'whole'])
  })

  test.each([
    [404, 1],
    [403, 1],
    [500, 3],
    [503, 3],
    [429, 3],
  ])('answers %i: asked %i times', async (status, times) => {
    answer = (_, response) => response.writeHead(status).end('no')
    expect(await failing({ retries: 2 })).toContain(`BASE/file.bin: the server answers ${status}`)
    expect(requests).toHaveLength(times)
  })

  test('stalls, before its answer or within it', async () => {
    answer = () => {}
    expect(await failing({ retries: 1, stallTimeout: 100 })).toContain('nothing came for 0.1 s')
    answer = (_, response) => void response.writeHead(200).write('some')
    expect(await failing({ retries: 0, stallTimeout: 100 })).toContain('nothing came for 0.1 s')
    expect(requests).toHaveLength(3)
  })

  test('sends without end, or announces too much: no more than maxBytes', async () => {
    answer = (_, response) => {
      const more = () => response.write(Buffer.alloc(1 << 16), () => setImmediate(more))
      more()
    }
    expect(await failing({ maxBytes: 1e6 })).toContain('bytes or more, expected at most 1000000')
    expect(inFolder()).toEqual([])
    answer = (_, response) => response.writeHead(200, { 'content-length': 5e6 }).write('x')
    expect(await failing({ maxBytes: 1e6 })).toContain('has 5000000 bytes or more, expected at most 1000000')
  })

  test('is not there', async () => {
    answer = () => {}
    const urls = ['http://127.0.0.1:1/a', 'http://127.0.0.1:1/b']
    const message = await failing({ retries: 0 }, urls)
    for (const url of urls) expect(message).toContain(url)
  })

  test('leaves no folder that was made for it, and those that were there', async () => {
    answer = (_, response) => response.writeHead(404).end()
    mkdirSync(join(folder, 'there'))
    await failureOf(() => download([`${base}/f`], join(folder, 'there/a/b/f'), { retries: 0 }))
    expect([readdirSync(folder), readdirSync(join(folder, 'there'))]).toEqual([['there'], []])
  })
})

test('a signal ends it with its reason; what has come is kept', async () => {
  answer = (_, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': content.length }).write(content.subarray(0, 60_000))
  }
  const controller = new AbortController()
  const reason = new Error('enough')
  const onProgress = ({ received }: DownloadProgress) => received > 0 && controller.abort(reason)
  await expect(get({ signal: controller.signal, onProgress })).rejects.toBe(reason)
  expect(inFolder()).toHaveLength(1)
  await expect(get({ signal: controller.signal })).rejects.toBe(reason)
  answer = (_, response) => response.writeHead(503).end()
  const waiting = new AbortController()
  setTimeout(() => waiting.abort(reason), 50)
  await expect(get({ signal: waiting.signal, retryDelay: 60_000 })).rejects.toBe(reason)
})

test('an error of the callback, or of the file system, is passed on', async () => {
  answer = (request, response) => serve(request, response)
  const fail = () => {
    throw new Error('callback')
  }
  await expect(get({ onProgress: fail })).rejects.toThrow(/^callback$/)
  writeFileSync(join(folder, 'plain'), '')
  const { code, message } = await failureOf(() =>
    download([`${base}/f`], join(folder, 'plain/file'), { retryDelay: 1 }),
  )
  expect([code, message]).toEqual(['ERR_FILE', expect.stringContaining('cannot be written')])
})

test('a call per part at the same time: each writes for itself, one file stays', async () => {
  answer = (request, response, count) => serve(request, response, count <= 3 ? { length: 50_000 } : {})
  await Promise.all([get(), get(), get()])
  expect(readFileSync(path).equals(content)).toBe(true)
  expect(inFolder()).toEqual(['file.bin'])
})

test('a process that is killed leaves what the next one continues; one that runs is left alone', async () => {
  answer = (_, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': content.length }).write(content.subarray(0, 60_000))
  }
  const script = join(folder, 'child.mjs')
  const module = new URL('../../src/files/download.ts', import.meta.url).href
  writeFileSync(
    script,
    `import { download } from ${JSON.stringify(module)}
    download([process.argv[2]], process.argv[3], { onProgress: ({ received }) => received >= 60000 && process.send('now') })`,
  )
  const child = fork(script, [`${base}/file.bin`, path], { execArgv: ['--import', import.meta.resolve('tsx')] })
  await new Promise((resolve) => child.once('message', resolve))
  const [theirs] = inFolder()
  answer = (request, response) => serve(request, response)
  requests = []
  await get()
  expect(requests).toEqual(['whole'])
  expect(inFolder().sort()).toEqual([theirs, 'file.bin'])
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  rmSync(path)
  await get()
  expect(requests.at(-1)).toBe('bytes=60000-')
  expect(readFileSync(path).equals(content)).toBe(true)
  expect(inFolder()).toEqual(['file.bin'])
})
