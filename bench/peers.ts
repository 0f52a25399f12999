// `npm run bench:peers`: netwright and whatever a user would pick instead, in turns, with medians and ratios.
//
//   npm run bench:peers -- [--json] [--rounds N] [WORD …]
//
// Words select workloads (mlp50, mlp50-predict-1, …) and peers (pytorch, numpy, …); without any, all that are
// installed. `sgemm` is the comparison of matrix products with OpenBLAS (peers/openblas.ts). NETWRIGHT_PYTHON names the
// Python interpreter, or several as PATH does.

import { parseArgs } from 'node:util'
import { native } from '../src/kernels/native/index.js'
import { median, roundsOf } from './measure.js'
import { Child, MissingError } from './peers/child.js'
import { predictionNames } from './peers/inference.js'
import { type Peer, peers } from './peers/list.js'
import { compareProducts, type ProductRow, productsText } from './peers/openblas.js'
import { floorOf, type Measured, missingLine, type PeerRow, rowsOf, textOf } from './peers/report.js'
import { type Timing, takeTurns } from './peers/rounds.js'
import { writeTrainingData } from './peers/training-data.js'
import { Team } from './team.js'
import { type Workload, workloads, workOf } from './workloads.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '15' } },
})
const rounds = roundsOf(options.rounds)

const names = [...workloads.map(({ name }) => name), ...predictionNames, 'sgemm']
const all = peers()
const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** A peer answers to the beginning of its name: `pytorch` is PyTorch, and PyTorch by hand. */
const isPeer = (peer: string, word: string): boolean => plain(peer).startsWith(plain(word))

const workloadWords = words.filter((word) => names.includes(word))
const peerWords = words.filter((word) => !names.includes(word))
const stranger = peerWords.find(
  (word) => ![...all.map(({ name }) => name), 'OpenBLAS'].some((name) => isPeer(name, word)),
)
if (stranger !== undefined) {
  const known = [...names, ...new Set(all.map(({ name }) => name)), 'OpenBLAS']
  throw new Error(`no workload or peer is called ${stranger}; there are: ${known.join(', ')}`)
}
const isChosen = (peer: string): boolean => peerWords.length === 0 || peerWords.some((word) => isPeer(peer, word))

const remarks = new Set<string>()

/** Says what is missing or failed: each once, and at once, since the whole takes minutes. */
function remark(text: string): void {
  if (!remarks.has(text)) console.error(text)
  remarks.add(text)
}

interface Subject {
  readonly peer: Peer
  readonly threads: number
  readonly child: Child
}

async function start(peer: Peer, workload: string, threads: number, folder: string): Promise<Subject | undefined> {
  try {
    return { peer, threads, child: await Child.start(peer.command(workload, threads, folder)) }
  } catch (error) {
    // Without netwright there is nothing to compare with.
    if (peer === all[0]) throw error
    if (error instanceof MissingError) remark(missingLine(peer.name, error.message, peer.install))
    else remark(`${peer.name}, ${workload}: ${(error as Error).message}`)
    return undefined
  }
}

async function compare(name: string, folder: string): Promise<PeerRow[]> {
  const subjects: Subject[] = []
  for (const peer of all.filter((one) => one.workloads.includes(name))) {
    if (peer !== all[0] && !isChosen(peer.name)) continue
    for (const threads of peer.threads) {
      const subject = await start(peer, name, threads, folder)
      if (subject !== undefined) subjects.push(subject)
    }
  }
  const workload = workloads.find((one) => one.name === name)
  const machine = workload === undefined ? undefined : await machineFor(workload)
  try {
    const timings = await takeTurns(
      subjects.map(({ child }) => child),
      { rounds, sliceMs: 100, firstSteps: 10, ...(machine === undefined ? {} : { beside: machine.measure }) },
    )
    const measured = subjects.flatMap(({ peer, threads, child }, i): Measured[] => {
      const timing = timings[i] as Timing | Error
      if (timing instanceof Error) {
        if (peer === all[0]) throw timing
        remark(`${peer.name}, ${name}: ${timing.message}`)
        return []
      }
      return [{ ...timing, ...child.ready, peer: peer.name, threads, tolerance: peer.tolerance(name) }]
    })
    return rowsOf(name, measured, machine?.floor())
  } finally {
    for (const { child } of subjects) child.close()
    await machine?.close()
  }
}

/** Measures once a round what the machine could do at most, with all threads. */
async function machineFor(workload: Workload) {
  const { threads } = native()
  const work = workOf(workload.model(native()), workload.optimizer())
  const team = await Team.of([{ kind: 'fma' }, { kind: 'update', bytes: work.optimizerSpan / threads }], threads)
  const peaks: number[] = []
  const bandwidths: number[] = []
  return {
    measure: (): void => {
      peaks.push(team.rate(0))
      bandwidths.push(team.rate(1))
    },
    floor: () => floorOf(work, { gflops: median(peaks), gigabytes: median(bandwidths) }),
    close: () => team.close(),
  }
}

async function main(): Promise<void> {
  const wanted = names.filter((name) => workloadWords.length === 0 || workloadWords.includes(name))
  const rows: (PeerRow | ProductRow)[] = []
  const folder = await writeTrainingData()
  for (const name of wanted.filter((name) => name !== 'sgemm')) {
    const compared = await compare(name, folder)
    rows.push(...compared)
    // As it goes: the whole takes minutes.
    if (!options.json) console.log(`${textOf(compared)}\n`)
  }
  if (wanted.includes('sgemm') && isChosen('OpenBLAS')) {
    const products = await compareProducts(rounds, remark)
    rows.push(...products)
    if (!options.json) console.log(productsText(products))
  }
  if (options.json) console.log(JSON.stringify(rows, null, 2))
}

await main()
