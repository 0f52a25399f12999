// What a browser does with the live page, and what one would not do.

import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** One request, with exactly these headers: fetch does not let one choose all of them. */
export function ask(url: string | URL, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A POST as the page sends it. */
export function post(address: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const url = new URL(address)
  const token = url.searchParams.get('token') ?? ''
  const own = { 'content-type': 'application/json', 'x-netwright-token': token }
  return ask(new URL(path, url.origin), { method: 'POST', headers: { ...own, ...headers }, body: JSON.stringify(body) })
}

export interface Heard {
  readonly id: number
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect.
  readonly data: any
}

/** Listens to the events until the server ends them, or `until` is true of one. */
export function listen(
  address: string,
  { lastId, until = () => false }: { readonly lastId?: number; readonly until?: (event: Heard) => boolean } = {},
): Promise<readonly Heard[]> {
  const url = new URL(address)
  url.pathname = '/events'
  return new Promise((resolve, reject) => {
    const heard: Heard[] = []
    const headers = lastId === undefined ? {} : { 'last-event-id': `${lastId}` }
    const sent = request(url, { agent: false, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const [, id, type, data] = /^id: (\d+)\nevent: (\w+)\ndata: ([^\n]*)$/.exec(block) ?? []
          if (data === undefined) continue
          heard.push({ id: Number(id), type: type as string, data: JSON.parse(data) })
          if (!until(heard.at(-1) as Heard)) continue
          resolve(heard)
          sent.destroy()
          return
        }
      })
      response.on('end', () => resolve(heard))
      response.on('error', () => resolve(heard))
    })
    sent.on('error', reject)
    sent.end()
  })
}
