// What the library asks of where it runs, here a page or a worker of a browser. In the bundle it replaces src/platform.ts.

import type * as node from '../platform.js'

export const loadsAddons: typeof node.loadsAddons = false

/** A page has no environment: options say everything. */
export const setting: typeof node.setting = () => undefined

export const warn: typeof node.warn = (message, code) => console.warn(`${code}: ${message}`)

/** By a message: a timer would wait for 4 ms, and for a second in a page that nobody sees. */
export const nextTurn: typeof node.nextTurn = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })

export const colorDepth: typeof node.colorDepth = () => 1

/** The console, which breaks lines by itself. */
export const progressStream = () => ({
  isTTY: false,
  write: (text: string) => console.log(text.trimEnd()),
})
