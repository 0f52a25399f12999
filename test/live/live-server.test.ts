// The live page's web server: who is answered, and with what; who is refused.

import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EventLog } from '../../src/live/event-log.js'
import { LiveServer, RequestError } from '../../src/live/live-server.js'
import { ask, listen, post } from './client.js'

let log: EventLog
let server: LiveServer
let address: string
let calls: unknown[]
beforeEach(async () => {
  log = new EventLog()
  calls = []
  server = new LiveServer('<p nonce="%NONCE%">page</p>', log, {
    predict: (body) => {
      calls.push(body)
      return { answer: 42 }
    },
    control: () => {
      throw new RequestError(409, 'not now')
    },
    onViewer: () => calls.push('viewer'),
  })
  address = await server.listen(0)
})
afterEach(() => server.close())

const at = (path: string): URL => {
  const url = new URL(address)
  url.pathname = path
  return url
}
const port = () => new URL(address).port

describe('the page', () => {
  test('comes with a policy that lets nothing in but itself, under a nonce that is new each time', async () => {
    const answers = await Promise.all([ask(address), ask(address)])
    const nonces = answers.map(({ body }) => /nonce="([\w-]{22})"/.exec(body)?.[1])
    expect(new Set(nonces).size).toBe(2)
    const [{ status, headers }] = answers
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'nonce-${nonces[0]}'; style-src 'nonce-${nonces[0]}'; img-src data:; ` +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-type': 'text/html; charset=utf-8',
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('the address is 127.0.0.1 and has a token of 192 bits, another one each time', async () => {
    const other = new LiveServer('', new EventLog(), { predict: () => {}, control: () => {}, onViewer: () => {} })
    const addresses = [address, await other.listen(0)]
    await other.close()
    const tokens = addresses.map((url) => /^http:\/\/127\.0\.0\.1:\d+\/\?token=([\w-]{32})$/.exec(url)?.[1])
    expect(tokens).not.toContain(undefined)
    expect(tokens[0]).not.toBe(tokens[1])
  })

  test('is not there for other machines', async () => {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const others = all.filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address: host } of others) {
      const refused = await new Promise((resolve) => {
        const socket = connect(Number(port()), host, () => resolve(false))
        socket.on('error', () => resolve(true))
        socket.on('close', () => socket.destroy())
      })
      expect(refused, host).toBe(true)
    }
  })
})

describe('refuses', () => {
  const paths = ['/', '/events', '/predict', '/control', '/nothing']

  test.each(paths)('%s without the token, or with another one', async (path) => {
    const token = new URL(address).searchParams.get('token') as string
    for (const wrong of ['', '?token=', `?token=${token.slice(1)}`, `?token=${token}x`, `?token=${'é'.repeat(32)}`]) {
      expect((await ask(`http://127.0.0.1:${port()}${path}${wrong}`)).status).toBe(403)
    }
    for (const wrong of ['', 'x', token.toUpperCase().toLowerCase(), `${token} ${token}`]) {
      const headers = { 'x-netwright-token': wrong, 'content-type': 'application/json' }
      expect((await ask(`http://127.0.0.1:${port()}${path}`, { method: 'POST', headers })).status).toBe(403)
    }
    expect(calls).toEqual([])
  })

  test('a POST with the token in the address only: another site’s form can send that', async () => {
    const headers = { 'content-type': 'application/json' }
    expect((await ask(at('/predict'), { method: 'POST', headers, body: '{}' })).status).toBe(403)
  })

  test('every other host, and pages of other origins', async () => {
    for (const host of ['evil.example', `evil.example:${port()}`, '127.0.0.1', `127.0.0.1:1`, `[::1]:${port()}`]) {
      expect([host, (await ask(address, { headers: { host } })).status]).toEqual([host, 403])
    }
    expect((await ask(address, { headers: { host: `localhost:${port()}` } })).status).toBe(200)
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect((await post(address, '/predict', {}, { origin })).status).toBe(403)
    }
    expect((await post(address, '/predict', {}, { origin: `http://127.0.0.1:${port()}` })).status).toBe(200)
  })

  test('other paths and methods', async () => {
    for (const path of ['/nothing', '/page/', '//events', '/%2fevents', '/events/']) {
      expect([path, (await ask(`${at('/').origin}${path}${at('/').search}`)).status]).toEqual([path, 404])
    }
    expect((await post(address, '/nothing', {})).status).toBe(404)
    const read = { predict: 'POST', control: 'POST' }
    for (const [path, allow] of Object.entries(read)) {
      expect(await ask(at(`/${path}`))).toMatchObject({ status: 405, headers: { allow } })
    }
    for (const path of ['/', '/events']) {
      expect(await post(address, path, {})).toMatchObject({ status: 405, headers: { allow: 'GET' } })
    }
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
      expect((await ask(address, { method })).status).toBe(405)
    }
  })

  test('bodies that are no JSON, of another type, or too large, without reading these', async () => {
    expect((await post(address, '/predict', {}, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post(address, '/predict', {}, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(
      200,
    )
    const token = new URL(address).searchParams.get('token') as string
    const headers = { 'content-type': 'application/json', 'x-netwright-token': token }
    expect((await ask(at('/predict'), { method: 'POST', headers, body: '{"pixels":' })).status).toBe(400)
    const large = Buffer.alloc(65 * 1024, ' ')
    expect((await ask(at('/predict'), { method: 'POST', headers, body: large })).status).toBe(413)
    const chunked = { ...headers, 'transfer-encoding': 'chunked' }
    expect((await ask(at('/predict'), { method: 'POST', headers: chunked, body: large })).status).toBe(413)
    expect(calls).toEqual([{}])
  })

  test('what its handlers refuse, with their words', async () => {
    expect(await post(address, '/control', {})).toMatchObject({ status: 409, body: 'not now' })
    expect(await post(address, '/predict', [1])).toMatchObject({ status: 200, body: '{"answer":42}' })
  })

  test('more pages than anybody looks at', async () => {
    const pages = Array.from({ length: 16 }, () => listen(address))
    await expect.poll(() => calls.length).toBe(16)
    expect((await ask(at('/events'))).status).toBe(503)
    await server.close()
    await Promise.all(pages)
  })

  test('a port that is taken', async () => {
    const other = new LiveServer('', log, { predict: () => {}, control: () => {}, onViewer: () => {} })
    await expect(other.listen(Number(port()))).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
      message: `LivePage: port ${port()} is in use, expected a free one. 0 chooses any`,
    })
    await other.close()
  })
})

describe('events', () => {
  const point = (at: number) => ({ at, loss: 1, lr: 0.1, rate: 10 })
  const state = (reason: string) => ({ state: 'running', reason, open: true }) as const

  test('who comes late is told all of the curves and the last of all else; who comes back what is new', async () => {
    log.append('point', point(1))
    log.replace('state', state('old'))
    log.append('point', point(2))
    log.replace('state', state('new'))
    const until = ({ type }: { type: string }) => type === 'state'
    const heard = await listen(address, { until })
    expect(heard).toEqual([
      { id: 1, type: 'point', data: point(1) },
      { id: 3, type: 'point', data: point(2) },
      { id: 4, type: 'state', data: state('new') },
    ])
    expect((await listen(address, { lastId: 3, until })).map(({ id }) => id)).toEqual([4])
    const later = listen(address, { lastId: 4 })
    await expect.poll(() => calls.length).toBe(3)
    server.send(log.append('point', point(3)))
    await server.close()
    expect((await later).map(({ id }) => id)).toEqual([5])
    expect((await listen(address).catch(() => 'closed')) as unknown).toBe('closed')
  })

  test('two pages hear the same, each in order', async () => {
    const pages = [listen(address), listen(address)]
    await expect.poll(() => calls.length).toBe(2)
    for (let i = 0; i < 100; i++) server.send(log.append('point', point(i)))
    await server.close()
    const [first, second] = await Promise.all(pages)
    expect(first?.map(({ data }) => data.at)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(second).toEqual(first)
  })

  test('names from data stay in one line of JSON', async () => {
    const reason = 'a\n\nevent: state\ndata: {}\r\u2028</script>'
    log.replace('state', state(reason))
    const [event] = await listen(address, { until: () => true })
    expect(event?.data.reason).toBe(reason)
  })

  test('a wrong Last-Event-ID counts as none', async () => {
    log.append('point', point(1))
    const url = at('/events')
    for (const id of ['x', '-5', 'NaN', '']) {
      const socket = connect(Number(url.port), '127.0.0.1')
      socket.write(`GET /events${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nLast-Event-ID: ${id}\r\n\r\n`)
      const text = await new Promise<string>((resolve) => {
        let all = ''
        socket.on('data', (chunk) => {
          all += chunk
          if (all.includes('id: 1\n')) resolve(all)
        })
      })
      expect(text).toContain('event: point')
      socket.destroy()
    }
  })

  test('a page that does not read is dropped, and the others hear on', async () => {
    const url = at('/events')
    const deaf = connect(Number(url.port), '127.0.0.1')
    deaf.write(`GET /events${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
    deaf.pause()
    const other = listen(address)
    await expect.poll(() => calls.length).toBe(2)
    const dropped = new Promise<void>((resolve) => deaf.on('close', () => resolve()).on('error', () => {}))
    const text = 'x'.repeat(100_000)
    let sent = 0
    for (; sent < 400; sent++) {
      server.send(log.replace('state', state(text)))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    deaf.resume()
    await dropped
    server.send(log.replace('state', state('last')))
    await server.close()
    const heard = await other
    expect(heard).toHaveLength(401)
    expect(heard.at(-1)?.data.reason).toBe('last')
  })

  test('of a long curve every second point goes, the newest stays', () => {
    for (let i = 0; i < 100_000; i++) log.append('point', point(i))
    const kept = log.since(0)
    expect(kept.length).toBeLessThanOrEqual(2048)
    expect(kept.length).toBeGreaterThan(1000)
    expect(kept.at(-1)?.id).toBe(100_000)
    expect(kept.every(({ id }, i) => i === 0 || id > (kept[i - 1]?.id ?? 0))).toBe(true)
  })
})
