// netwright as a subject of bench/peers.ts: the training step as fit runs it, or `predict`.

import { readFileSync } from 'node:fs'
import { native } from '../../src/kernels/native/index.js'
import { tensor } from '../../src/tensor/create.js'
import { digitsFor, planOf, workloads } from '../workloads.js'
import { predictionOf } from './inference.js'
import { serve } from './serve.mjs'
import { orderOf } from './training-data.js'

const [name = '', threads] = process.argv.slice(2)
const backend = native({ threads: Number(threads) })
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const setting = backend.isa

const prediction = predictionOf(name)
const workload = workloads.find((one) => one.name === (prediction?.network ?? name))
if (workload === undefined) throw new Error(`no workload is called ${name}`)
const digits = await digitsFor(workload)

if (prediction === undefined) {
  const { plan, table, steps, losses } = planOf(workload, digits, backend)
  plan.slots.order?.set(orderOf(digits.length))
  const width = plan.program.columns.length
  let next = 0
  serve({ version, setting }, (count: number) => {
    let left = count
    while (left > 0) {
      const now = Math.min(left, steps - next)
      plan.runSync(table.subarray(next * width), now)
      next = (next + now) % steps
      left -= now
    }
    return losses[(next + steps - 1) % steps] as number
  })
} else {
  const model = workload.model(backend)
  const { rows } = prediction
  const pixels = Float32Array.from(digits.x.data.subarray(0, rows * 784), (pixel: number) => pixel / 255)
  const x = tensor(pixels).reshape([rows, ...workload.sampleShape])
  serve({ version, setting }, (count: number) => {
    let y = model.predict(x)
    for (let call = 1; call < count; call++) y = model.predict(x)
    return [...y.data].reduce((sum, value) => sum + Math.abs(value), 0) / y.size
  })
}
