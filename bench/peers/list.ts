// Who is compared: for each peer its workloads, how it is started, and the command that installs it.

import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { native } from '../../src/kernels/native/index.js'
import type { Command } from './child.js'
import { predictionNames } from './inference.js'

export interface Peer {
  readonly name: string
  readonly workloads: readonly string[]
  /** Numbers of threads to try. */
  readonly threads: readonly number[]
  /** The command that installs what is missing. */
  readonly install: string
  /**
   * How far the value after the first steps may be off netwright's, as a share; undefined for peers that cannot begin
   * from the same weights or cannot train the same way.
   */
  tolerance(workload: string): number | undefined
  command(workload: string, threads: number, folder: string): Command
}

const training = ['mlp50', 'mlp512', 'simpleconv', 'deepconv']
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/**
 * Losses after ten steps agree to seven digits where the same is computed (0.003 % of a loss is 2 % of what mlp50 has
 * learned by then). deepconv drops out other outputs in every peer: no better than that noise.
 */
const sameLoss = (workload: string): number => (workload === 'deepconv' ? 0.05 : 3e-5)

/** Arguments every subject gets. */
const subject = (workload: string, threads: number, folder: string): string[] => [workload, String(threads), folder]

/** The default number of threads first: the ratios' base. */
function netwright(): Peer {
  const { threads } = native()
  return {
    name: 'netwright',
    workloads: [...training, ...predictionNames],
    threads: threads > 1 ? [threads, 1] : [1],
    install: 'npm run build',
    tolerance: sameLoss,
    command: (...args) => ({
      file: process.execPath,
      args: ['--import', 'tsx', path('netwright.ts'), ...subject(...args)],
    }),
  }
}

const threadVariables = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS']
/** glibc gives large blocks back to the system and gets them anew, page by page, at every step; these keep them. */
const keepMemory = { MALLOC_MMAP_THRESHOLD_: String(2 ** 30), MALLOC_TRIM_THRESHOLD_: String(2 ** 33) }

/** Every interpreter that NETWRIGHT_PYTHON names, as PATH lists folders; python3 without it. */
export const interpreters = (): readonly string[] =>
  (process.env.NETWRIGHT_PYTHON || 'python3').split(delimiter).filter((name) => name !== '')

const python = (name: string, script: string, workloads: readonly string[], threads: readonly number[]): Peer[] =>
  interpreters().map((interpreter) => ({
    name,
    workloads,
    threads,
    install: `${interpreter} -m pip install -r bench/peers/requirements.txt (NETWRIGHT_PYTHON names another Python)`,
    tolerance: sameLoss,
    command: (workload, count, folder) => ({
      file: interpreter,
      args: [path(script), ...subject(workload, count, folder)],
      env: { ...keepMemory, ...Object.fromEntries(threadVariables.map((variable) => [variable, String(count)])) },
    }),
  }))

const javaScript = (
  name: string,
  script: string,
  workloads: readonly string[],
  tolerance: Peer['tolerance'],
  threads: readonly number[] = [1],
): Peer => ({
  name,
  workloads,
  threads,
  install: 'npm ci --prefix bench/peers',
  tolerance,
  command: (...args) => ({ file: process.execPath, args: [path(script), ...subject(...args)] }),
})

/** netwright first, then all others. */
export function peers(): readonly Peer[] {
  const own = netwright()
  const { threads } = own
  return [
    own,
    ...python('PyTorch', 'pytorch.py', training, threads),
    ...python('PyTorch by hand', 'pytorch_by_hand.py', ['mlp50'], threads),
    ...python('NumPy', 'numpy_notes.py', training, threads),
    // Its pooling hands a gradient to all that are equal and largest (tfjs.mjs).
    javaScript('tfjs wasm', 'tfjs.mjs', training, (workload) => Math.max(1e-3, sameLoss(workload))),
    // Both begin from weights of their own, and learn sample by sample or with another loss.
    javaScript('convnetjs', 'convnetjs.mjs', ['mlp50', 'mlp512', 'simpleconv'], () => undefined),
    javaScript('brain.js', 'brain.mjs', ['mlp50'], () => undefined),
    javaScript('onnxruntime-node', 'onnxruntime.mjs', predictionNames, () => 1e-3, threads),
  ]
}
