// What every JavaScript peer shares: the data that bench/peers.ts wrote, and the lines it speaks with it on stdin and
// stdout (child.ts has the other end). Plain JavaScript, since peers run from a folder without our tools.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const batch = 100

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
const require = createRequire(import.meta.url)

/** The package `name` and its version; where it is not installed, says so and ends. */
export function load(name) {
  try {
    return { library: require(name), version: require(`${name}/package.json`).version }
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    say({ missing: name })
    process.exit(0)
  }
}

/** Pixels from 0 to 1 (N · 784), labels and the order of samples. */
export function readDigits(folder) {
  const images = Float32Array.from(readFileSync(join(folder, 'images.u8')), (pixel) => pixel / 255)
  const labels = new Uint8Array(readFileSync(join(folder, 'labels.u8')))
  const order = new Int32Array(new Uint8Array(readFileSync(join(folder, 'order.i32'))).buffer)
  return { images, labels, order }
}

/** The network's initial weights as { shape, data } by PyTorch's names, in PyTorch's layout: a safetensors file. */
export function readWeights(folder, network) {
  const file = readFileSync(join(folder, `${network}.safetensors`))
  const length = Number(file.readBigUInt64LE(0))
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', 8, 8 + length))
  return Object.fromEntries(
    Object.entries(entries).map(
      ([
        name,
        {
          shape,
          data_offsets: [begin, end],
        },
      ]) => {
        const bytes = Uint8Array.from(file.subarray(8 + length + begin, 8 + length + end))
        return [name, { shape, data: new Float32Array(bytes.buffer) }]
      },
    ),
  )
}

/**
 * Answers each line `run N` with the milliseconds of one of N steps, until stdin ends. `run` makes N steps and answers
 * the last one's loss, or a promise of it.
 */
export function serve(ready, run) {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', async (line) => {
    const count = Number(line.split(' ')[1])
    const start = performance.now()
    const value = await run(count)
    say({ ms: (performance.now() - start) / count, value })
  })
  lines.on('close', () => process.exit(0))
  say({ ready })
}
