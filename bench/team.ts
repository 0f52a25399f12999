// The same task on several threads at once, timed from a common start: what the machine can do at most. No pool and no
// scheduling of ours is measured here, so every thread has a native backend of its own that uses one.

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { native } from '../src/kernels/native/index.js'

/** What each thread does in one call. */
export type Task =
  /** Multiply-adds in registers. */
  | { readonly kind: 'fma' }
  /** y += a · x over two arrays that together have `bytes`: 12 bytes are moved for each 8 of them. */
  | { readonly kind: 'update'; readonly bytes: number }
  /** y = x over two arrays that together have `bytes`. */
  | { readonly kind: 'copy'; readonly bytes: number }

interface Job {
  /** Floating-point operations or bytes of one call. */
  readonly amount: number
  readonly run: () => void
}

interface Shared {
  readonly tasks: readonly Task[]
  readonly isa: string | undefined
  readonly threads: number
  readonly control: Int32Array
  readonly times: Float64Array
}

/** Places in `control`. */
const turn = 0
const taskIndex = 1
const calls = 2
const helpers = 3
const arrived = 4
const finished = 5

function jobOf(task: Task, isa: string | undefined): Job {
  const backend = native({ threads: 1, ...(isa === undefined ? {} : { isa }) })
  const { kernels } = backend
  if (task.kind === 'fma') {
    const iterations = 20_000
    return { amount: backend.burstFma(iterations), run: () => backend.burstFma(iterations) }
  }
  const cols = 1024
  const rows = Math.max(1, Math.round(task.bytes / 8 / cols))
  const n = rows * cols
  const [x, y] = [kernels.empty([n]), kernels.empty([n])]
  // Pages that nobody has written may all be one and the same.
  x.data.fill(1)
  y.data.fill(1)
  return task.kind === 'update'
    ? { amount: 12 * n, run: () => kernels.addScaled({ y, x, n, alpha: 0.5 }) }
    : { amount: 8 * n, run: () => kernels.copyColumns({ y, x, rows, cols, yStride: cols, xStride: cols }) }
}

/** One thread's share of a turn: waits for the others without sleeping, then works and notes its time. */
function takePart({ run }: Job, { control, times }: Shared, thread: number): void {
  const count = Atomics.load(control, calls)
  Atomics.add(control, arrived, 1)
  while (Atomics.load(control, arrived) < Atomics.load(control, helpers) + 1);
  const start = performance.now()
  for (let call = 0; call < count; call++) run()
  times[thread] = performance.now() - start
  Atomics.add(control, finished, 1)
}

function help(shared: Shared, thread: number): void {
  const jobs = shared.tasks.map((task) => jobOf(task, shared.isa))
  const { control } = shared
  parentPort?.postMessage('ready')
  for (let seen = 0; ; ) {
    Atomics.wait(control, turn, seen)
    seen = Atomics.load(control, turn)
    if (thread <= Atomics.load(control, helpers))
      takePart(jobs[Atomics.load(control, taskIndex)] as Job, shared, thread)
  }
}

/** --import tsx registers itself in the main thread only. */
const loadThisFile = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import('${import.meta.url}') })`

export class Team {
  readonly threads: number
  readonly #shared: Shared
  readonly #jobs: readonly Job[]
  readonly #workers: readonly Worker[]
  readonly #calls: number[] = []

  private constructor(shared: Shared, workers: readonly Worker[]) {
    this.threads = shared.threads
    this.#shared = shared
    this.#workers = workers
    this.#jobs = shared.tasks.map((task) => jobOf(task, shared.isa))
  }

  /** `threads` threads, the calling one among them, that know `tasks`. */
  static async of(tasks: readonly Task[], threads: number, isa?: string): Promise<Team> {
    const control = new Int32Array(new SharedArrayBuffer(4 * 6))
    const times = new Float64Array(new SharedArrayBuffer(8 * threads))
    const shared: Shared = { tasks, isa, threads, control, times }
    const workers = Array.from(
      { length: threads - 1 },
      (_, i) => new Worker(loadThisFile, { eval: true, workerData: { shared, thread: i + 1 } }),
    )
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    return new Team(shared, workers)
  }

  /**
   * What task `index` reaches on `threads` threads in about `milliseconds`: GFLOP/s or GB/s of all together, by the
   * slowest of them.
   */
  rate(index: number, threads = this.threads, milliseconds = 20): number {
    const job = this.#jobs[index] as Job
    this.#calls[index] ??= this.#callsFor(job, milliseconds)
    const { control, times } = this.#shared
    Atomics.store(control, taskIndex, index)
    Atomics.store(control, calls, this.#calls[index])
    Atomics.store(control, helpers, threads - 1)
    Atomics.store(control, arrived, 0)
    Atomics.store(control, finished, 0)
    Atomics.add(control, turn, 1)
    Atomics.notify(control, turn)
    takePart(job, this.#shared, 0)
    while (Atomics.load(control, finished) < threads);
    const slowest = Math.max(...times.subarray(0, threads))
    return (threads * job.amount * this.#calls[index]) / slowest / 1e6
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #callsFor({ run }: Job, milliseconds: number): number {
    run()
    const start = performance.now()
    let count = 0
    for (; performance.now() - start < milliseconds; count++) run()
    return count
  }
}

if (!isMainThread && workerData?.shared !== undefined) help(workerData.shared as Shared, workerData.thread as number)
