// `npm run bench:augment`: what augmentation costs. Epochs of simpleconv over 10,000 digits by fit, without and with it
// in turns, A B A B …, on all threads. `-- --rounds N` takes more rounds, `--threads N` sets them, other words name rows.

import { parseArgs } from 'node:util'
import { native } from '../src/kernels/native/index.js'
import { crossEntropy } from '../src/losses/cross-entropy.js'
import type { AugmentOptions } from '../src/model/augment-options.js'
import { median, roundsOf, tableText } from './measure.js'
import { batch, digitsFor, type Workload, workloads } from './workloads.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '9' }, threads: { type: 'string' } },
})

const usual: AugmentOptions = { shift: 2, rotate: 10, zoom: 0.1, flip: 'horizontal', cutout: 8 }
const settings: Readonly<Record<string, AugmentOptions>> = {
  usual,
  all: { ...usual, shear: 5, crop: 2, noise: 0.1, mixUp: 0.2 },
  shift: { shift: 2 },
  crop: { crop: 4 },
  flip: { flip: 'horizontal' },
  rotate: { rotate: 10 },
  zoom: { zoom: 0.1 },
  shear: { shear: 5 },
  cutout: { cutout: 8 },
  noise: { noise: 0.1 },
  mixUp: { mixUp: 0.2 },
}

const workload = workloads.find(({ name }) => name === 'simpleconv') as Workload
const backend = native(options.threads === undefined ? {} : { threads: Number(options.threads) })
const digits = (await digitsFor(workload)).slice(0, 10_000)

/** A model that trains an epoch at each call, and answers how many samples a second that were. */
function trainer(augment: AugmentOptions): () => Promise<number> {
  const model = workload.model(backend)
  const optimizer = workload.optimizer()
  return async () => {
    const fit = { batchSize: batch, optimizer, loss: crossEntropy(), augment }
    const { samplesPerSecond } = await model.fit(digits, fit)
    return samplesPerSecond[0] as number
  }
}

if (words.some((word) => !(word in settings)))
  throw new Error(`settings are called ${Object.keys(settings).join(', ')}`)
const plain = trainer({})
const rows: string[][] = []
for (const [name, augment] of Object.entries(settings)) {
  if (words.length > 0 && !words.includes(name)) continue
  const augmented = trainer(augment)
  await plain()
  await augmented()
  const [without, having]: [number[], number[]] = [[], []]
  for (let round = 0; round < roundsOf(options.rounds); round++) {
    without.push(await plain())
    having.push(await augmented())
  }
  const share = median(having.map((speed, round) => speed / (without[round] as number)))
  const text = JSON.stringify(augment).replace(/[{}"]/g, '').replaceAll(':', '=')
  const label = Object.keys(augment).length > 1 ? `${name}: ${text}` : text
  rows.push([label, median(without).toFixed(0), median(having).toFixed(0), `${(100 * share).toFixed(1)} %`])
}
console.log(
  `simpleconv, batches of ${batch}, ${backend.isa}, ${backend.threads} threads; samples a second, medians of rounds`,
)
console.log(tableText(['augment', 'without', 'with', 'share'], rows))
