// What the doctor has one backend do: the probe networks beside the float64 reference, a small training run, and steps
// against the clock. Runs in a process of its own, since a damaged addon may end it.

import { moons } from '../../data/moons.js'
import type { Backend } from '../../kernels/backend.js'
import { reference } from '../../kernels/reference/backend.js'
import { Linear } from '../../layers/linear.js'
import { ReLU } from '../../layers/relu.js'
import { crossEntropy } from '../../losses/cross-entropy.js'
import { Adam } from '../../optim/adam.js'
import { SGD } from '../../optim/sgd.js'
import { Random } from '../../random/random.js'
import { Sequential } from '../../sequential.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Callback } from '../../train/callback.js'
import { type Probe, probes } from './probe-networks.js'

export interface SelfTest {
  /** Of trained weights and predictions to those of the float64 reference, relative, in the worst of the networks. */
  readonly difference: number
  /** Of the small training run. */
  readonly accuracy: number
  /** Of training 784-50-10 with batches of 100. */
  readonly samplesPerSecond: number
  /** What is not as it should be; empty where all is well. */
  readonly problems: readonly string[]
}

/** Float32 rounds to 6e-8; the probes' three steps end within 3e-7 on every instruction set. */
const largestDifference = 1e-5
const leastAccuracy = 0.97
const millisecondsOfSteps = 300

/** Trains a probe for an epoch: its weights, running statistics included, and its predictions. */
async function train(probe: Probe, backend: Backend): Promise<readonly ArrayLike<number>[]> {
  const model = probe.network({ seed: 3, backend })
  await model.fit(probe.x, probe.y, { epochs: 1, batchSize: 16, ...probe.settings() })
  const buffers = model.buffers.map(({ value }) => value.data)
  return [...model.params.map(({ data }) => data), ...buffers, model.predict(probe.x).data]
}

/** ‖got − wanted‖ / ‖wanted‖. */
function differenceOf(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [difference, norm] = [0, 0]
  for (let i = 0; i < wanted.length; i++) {
    difference += ((got[i] as number) - (wanted[i] as number)) ** 2
    norm += (wanted[i] as number) ** 2
  }
  return Math.sqrt(difference / norm)
}

async function compareWithReference(backend: Backend): Promise<Pick<SelfTest, 'difference' | 'problems'>> {
  const oracle = reference({ dtype: 'float64' })
  const problems: string[] = []
  let worst = 0
  for (const probe of probes) {
    const wanted = await train(probe, oracle)
    const got = await train(probe, backend)
    const difference = Math.max(...wanted.map((values, i) => differenceOf(got[i] as ArrayLike<number>, values)))
    // Not `>`: a NaN is a problem.
    if (!(difference <= largestDifference)) {
      problems.push(
        `the network '${probe.name}' differs from the float64 reference by ${difference.toExponential(1)}, ` +
          `expected at most ${largestDifference.toExponential(0)}`,
      )
    }
    worst = Math.max(worst, difference)
  }
  return { difference: worst, problems }
}

async function trainMoons(backend: Backend): Promise<number> {
  const data = moons({ samples: 400, noise: 0.1, seed: 1 })
  const model = new Sequential([new Linear(2, 16), new ReLU(), new Linear(16, 2)], { seed: 1, backend })
  await model.fit(data, { epochs: 60, batchSize: 20, optimizer: new Adam({ lr: 0.02 }), loss: crossEntropy() })
  return (await model.evaluate(data)).accuracy ?? 0
}

/** Of the fastest epoch, since other processes slow the rest. Digits made up: what they show takes no time. */
async function measureSteps(backend: Backend): Promise<number> {
  const samples = 5000
  const random = new Random(1)
  const x = Uint8Array.from({ length: samples * 784 }, () => random.below(256))
  const y = Int32Array.from({ length: samples }, () => random.below(10))
  const model = new Sequential([new Linear(784, 50), new ReLU(), new Linear(50, 10)], { seed: 1, backend })
  const start = performance.now()
  let [epochStart, fastest] = [start, Number.POSITIVE_INFINITY]
  const clock: Callback = {
    onEpochBegin() {
      epochStart = performance.now()
    },
    onEpochEnd(_epoch, _logs, run) {
      fastest = Math.min(fastest, performance.now() - epochStart)
      if (performance.now() - start > millisecondsOfSteps) run.stop('measured')
    },
  }
  await model.fit(new Tensor(x, [samples, 784]), new Tensor(y, [samples]), {
    epochs: 10_000,
    batchSize: 100,
    optimizer: new SGD({ lr: 0.01 }),
    loss: crossEntropy(),
    callbacks: [clock],
  })
  return (1e3 * samples) / fastest
}

export async function selfTest(backend: Backend): Promise<SelfTest> {
  const { difference, problems } = await compareWithReference(backend)
  const accuracy = await trainMoons(backend)
  const unlearned = `the small training run reached an accuracy of ${accuracy}, expected at least ${leastAccuracy}`
  return {
    difference,
    accuracy,
    samplesPerSecond: Math.round(await measureSteps(backend)),
    problems: accuracy >= leastAccuracy ? problems : [...problems, unlearned],
  }
}
