// `npm run bench:fit`: what fit costs beside the steps themselves. Epochs of mlp50 by fit, with a progress report drawn
// after each job, against the same steps as a bare plan on the same thread, in turns.

import { Writable } from 'node:stream'
import { native } from '../src/kernels/native/index.js'
import { crossEntropy } from '../src/losses/cross-entropy.js'
import { permutation } from '../src/random/permutation.js'
import { progressCallback } from '../src/train/progress.js'
import { median } from './measure.js'
import { batch, digitsFor, planOf, type Workload, workloads } from './workloads.js'

const rounds = 15
const epochs = 20

const workload = workloads.find(({ name }) => name === 'mlp50') as Workload
const backend = native()
const digits = await digitsFor(workload)
const { plan, table, steps } = planOf(workload, digits, backend)
const model = workload.model(backend)
const optimizer = workload.optimizer()
const ratios: number[] = []
const [bareTimes, fitTimes]: [number[], number[]] = [[], []]

/** A terminal that nobody looks at. */
const stream = Object.assign(new Writable({ write: (_, __, done) => done() }), {
  isTTY: true,
  columns: 100,
  rows: 30,
  cursorTo: () => true,
  clearLine: () => true,
  moveCursor: () => true,
}) as unknown as NodeJS.WriteStream

for (let round = 0; round < rounds; round++) {
  let start = performance.now()
  for (let epoch = 0; epoch < epochs; epoch++) {
    permutation(digits.length, 1, round * epochs + epoch, plan.slots.order as Int32Array)
    await plan.run(table, steps)
  }
  const bare = performance.now() - start
  start = performance.now()
  await model.fit(digits, {
    epochs,
    batchSize: batch,
    optimizer,
    loss: crossEntropy(),
    callbacks: [progressCallback({ stream, epochs }).callback],
  })
  const fit = performance.now() - start
  bareTimes.push(bare / epochs)
  fitTimes.push(fit / epochs)
  ratios.push(fit / bare)
}
console.log(
  `mlp50, ${backend.isa}, ${backend.threads} threads: an epoch as a bare plan, shuffled, ${median(bareTimes).toFixed(1)} ms, by fit ` +
    `with a progress bar ${median(fitTimes).toFixed(1)} ms: ${((median(ratios) - 1) * 100).toFixed(1)} % more (median of ${rounds} rounds)`,
)
