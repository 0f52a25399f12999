// A stream for what draws on terminals.

import { Writable } from 'node:stream'

/** A terminal, or a file, that keeps what is written to it. */
export function fakeStream(
  isTTY: boolean,
  columns = 80,
): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return {
    stream: Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream,
    text: () => chunks.join(''),
  }
}
