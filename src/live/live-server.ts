// The web server of the live page: a page, its events, two requests. It answers this machine only, and only who has the
// token; it knows nothing of training.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { netwrightError } from '../errors.js'
import type { EventLog, LiveEvent } from './event-log.js'
import { tokenHeader } from './messages.js'

/** What a request may have done; both throw a RequestError for a body that is wrong. */
export interface LiveHandlers {
  predict(body: unknown): unknown
  control(body: unknown): unknown
  /** Somebody has opened the page. */
  onViewer(): void
}

/** A request that is refused, and the status of the answer. */
export class RequestError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A drawing of 64 × 64 takes 16 kB. */
const largestBody = 64 * 1024
/** Bytes that wait for a page that does not read them; it is then dropped, and may come back. A replay has 300 kB. */
const mostWaiting = 2 * 1024 * 1024
const mostViewers = 16
/** Comments keep what lies between from closing a silent connection. */
const heartbeatMilliseconds = 15_000
/** How long pages have to take the last events. */
const graceMilliseconds = 500
const host = '127.0.0.1'

/** The nonce of this placeholder is another one in each answer. */
const noncePlaceholder = /%NONCE%/g

export class LiveServer {
  readonly #page: string
  readonly #log: EventLog
  readonly #handlers: LiveHandlers
  readonly #token = randomBytes(24).toString('base64url')
  readonly #server: Server
  readonly #viewers = new Set<ServerResponse>()
  #heartbeat: NodeJS.Timeout | undefined
  #port = 0

  /** `page` is the HTML of the page. */
  constructor(page: string, log: EventLog, handlers: LiveHandlers) {
    this.#page = page
    this.#log = log
    this.#handlers = handlers
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.requestTimeout = 10_000
    this.#server.headersTimeout = 5_000
    this.#server.maxConnections = 64
  }

  /** Begins to listen, on this machine only; answers the page's address. Throws ERR_ARGUMENT for a port that is taken. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const problem = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.code})`
        reject(netwrightError('ERR_ARGUMENT', `LivePage: port ${port} ${problem}, expected a free one. 0 chooses any`))
      })
      this.#server.listen(port, host, resolve)
    })
    this.#port = (this.#server.address() as AddressInfo).port
    this.#heartbeat = setInterval(() => this.#send(': still here\n\n'), heartbeatMilliseconds).unref()
    return `http://${host}:${this.#port}/?token=${this.#token}`
  }

  /** Whether somebody has the page open. */
  get hasViewers(): boolean {
    return this.#viewers.size > 0
  }

  send(event: LiveEvent): void {
    if (this.hasViewers) this.#send(eventText(event))
  }

  /** Ends all connections, once pages have read what was sent or have had their time for it. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    if (!this.#server.listening) return
    // Until pages know of the end, they may have something to ask.
    await this.#dismissViewers()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const grace = setTimeout(() => this.#server.closeAllConnections(), graceMilliseconds)
    await closed
    clearTimeout(grace)
  }

  async #dismissViewers(): Promise<void> {
    const gone = [...this.#viewers].map((viewer) => new Promise<void>((resolve) => viewer.once('close', resolve)))
    for (const viewer of this.#viewers) viewer.end()
    let grace: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      grace = setTimeout(resolve, graceMilliseconds)
    })
    await Promise.race([Promise.all(gone), late])
    clearTimeout(grace)
  }

  #send(text: string): void {
    for (const viewer of this.#viewers) {
      viewer.write(text)
      if (viewer.writableLength > mostWaiting) viewer.destroy()
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response)
    } catch (error) {
      const known = error instanceof RequestError
      if (response.headersSent) {
        response.destroy()
        return
      }
      // What is left of a body that nobody wants is not read.
      if (!request.complete) response.setHeader('connection', 'close')
      this.#reply(response, known ? error.status : 500, 'text/plain', known ? error.message : 'failed: see the program')
      if (!known) process.emitWarning(`LivePage: ${(error as Error).message}`)
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requireOwnHost(request)
    const [path, query = ''] = (request.url ?? '').split('?', 2)
    const isPost = request.method === 'POST'
    // Another site's form can send a query, but no such header.
    this.#requireToken(isPost ? request.headers[tokenHeader] : new URLSearchParams(query).get('token'))
    switch (path) {
      case '/':
        requireMethod(request, response, 'GET')
        return this.#sendPage(response)
      case '/events':
        requireMethod(request, response, 'GET')
        return this.#addViewer(request, response)
      case '/predict':
      case '/control': {
        requireMethod(request, response, 'POST')
        const body = await jsonBody(request)
        const { predict, control } = this.#handlers
        const answer = path === '/predict' ? predict(body) : control(body)
        return this.#reply(response, 200, 'application/json', JSON.stringify(answer ?? {}))
      }
      default:
        throw new RequestError(404, 'there is nothing here')
    }
  }

  /** A foreign name that was made to point to this machine (DNS rebinding) is refused, and so is a foreign page. */
  #requireOwnHost({ headers }: IncomingMessage): void {
    const names = [`${host}:${this.#port}`, `localhost:${this.#port}`]
    const isOwn = names.includes(headers.host ?? '')
    const isOwnOrigin = headers.origin === undefined || names.some((name) => headers.origin === `http://${name}`)
    if (!isOwn || !isOwnOrigin) throw new RequestError(403, 'wrong host')
  }

  #requireToken(given: unknown): void {
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
    if (typeof given === 'string' && timingSafeEqual(digest(given), digest(this.#token))) return
    throw new RequestError(403, 'the token is missing or wrong: open the address that the program has printed')
  }

  #sendPage(response: ServerResponse): void {
    const nonce = randomBytes(16).toString('base64url')
    const own = `'nonce-${nonce}'`
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src ${own}; style-src ${own}; img-src data:; connect-src 'self'; base-uri 'none'; ` +
        "form-action 'none'; frame-ancestors 'none'",
    )
    this.#reply(response, 200, 'text/html', this.#page.replace(noncePlaceholder, nonce))
  }

  #addViewer(request: IncomingMessage, response: ServerResponse): void {
    if (this.#viewers.size >= mostViewers) throw new RequestError(503, `${mostViewers} pages are open already`)
    setHeaders(response, 'text/event-stream')
    response.writeHead(200)
    const last = Number(request.headers['last-event-id'] ?? 0)
    response.write(
      `retry: 1000\n\n${this.#log
        .since(last > 0 ? last : 0)
        .map(eventText)
        .join('')}`,
    )
    this.#viewers.add(response)
    response.on('error', () => {})
    response.on('close', () => this.#viewers.delete(response))
    this.#handlers.onViewer()
  }

  #reply(response: ServerResponse, status: number, type: string, body: string): void {
    setHeaders(response, type)
    response.writeHead(status).end(body)
  }
}

const eventText = ({ id, type, data }: LiveEvent): string => `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`

function setHeaders(response: ServerResponse, type: string): void {
  response.setHeader('content-type', `${type}; charset=utf-8`)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
}

function requireMethod({ method }: IncomingMessage, response: ServerResponse, allowed: string): void {
  if (method === allowed) return
  response.setHeader('allow', allowed)
  throw new RequestError(405, `expected ${allowed}`)
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const [type] = (request.headers['content-type'] ?? '').split(';')
  if (type?.trim().toLowerCase() !== 'application/json') throw new RequestError(415, 'expected application/json')
  const tooLarge = new RequestError(413, `expected at most ${largestBody} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > largestBody) throw tooLarge
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > largestBody) throw tooLarge
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new RequestError(400, 'the body is no JSON')
  }
}
