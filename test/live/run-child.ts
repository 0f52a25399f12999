// Trains with a live page on which somebody hangs who reads nothing, and ends.

import { connect } from 'node:net'
import { crossEntropy, Linear, LivePage, Sequential, SGD, spiral } from '../../src/index.js'
import { reference } from '../../src/kernels/reference/backend.js'

const onOpen = (address: string): void => {
  const url = new URL(address)
  for (const path of ['/events', '/']) {
    const socket = connect(Number(url.port), '127.0.0.1')
    socket.pause().on('error', () => {})
    socket.write(`GET ${path}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
    // The page's end, not this one's.
    socket.unref()
  }
}
await new Sequential([new Linear(2, 3)], { backend: reference() }).fit(spiral(), {
  epochs: 200,
  optimizer: new SGD({ lr: 0.1 }),
  loss: crossEntropy(),
  callbacks: [new LivePage({ samples: spiral(), onOpen })],
})
console.log('trained')
