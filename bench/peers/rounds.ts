// Children take turns, A B C A B C …, so that a slow spell of the machine meets all of them.

import type { Child } from './child.js'

/** What can be run step by step; a Child is one. */
export type Runner = Pick<Child, 'run'>

export interface Timing {
  /** Milliseconds of a step, by round. */
  readonly times: readonly number[]
  /** What the last step of the first ones answered. */
  readonly value: number
}

export interface RoundOptions {
  readonly rounds: number
  /** How long a subject's turn should last. */
  readonly sliceMs: number
  /** Steps from the initial state, after which values are compared. */
  readonly firstSteps: number
  /** Measured once a round beside the subjects: the machine itself. */
  readonly beside?: () => void
}

/** Subjects whose turn lasts longer than this leave after `fewRounds`. */
const longTurnMs = 1000
const fewRounds = 3
/** Threads of other libraries go on spinning for some milliseconds after their last call. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

/** How many steps last about `sliceMs`; running them is the warm-up. */
async function stepsFor(runner: Runner, sliceMs: number): Promise<{ steps: number; turnMs: number }> {
  for (let steps = 1; ; steps *= 2) {
    const { ms } = await runner.run(steps)
    if (ms * steps < sliceMs / 2) continue
    const chosen = Math.max(1, Math.round(sliceMs / ms))
    return { steps: chosen, turnMs: chosen * ms }
  }
}

/** Times of each runner, or what made it fail; the others then go on without it. */
export async function takeTurns(
  runners: readonly Runner[],
  { rounds, sliceMs, firstSteps, beside }: RoundOptions,
): Promise<readonly (Timing | Error)[]> {
  const subjects = runners.map((runner) => ({
    runner,
    value: Number.NaN,
    steps: 0,
    turnMs: 0,
    times: [] as number[],
    failure: undefined as Error | undefined,
  }))
  type Subject = (typeof subjects)[number]
  const each = async (work: (subject: Subject) => Promise<void>): Promise<void> => {
    for (const subject of subjects) {
      if (subject.failure !== undefined) continue
      await work(subject).catch((error: Error) => {
        subject.failure = error
      })
      await pause()
    }
  }
  await each(async (subject) => {
    subject.value = (await subject.runner.run(firstSteps)).value
    Object.assign(subject, await stepsFor(subject.runner, sliceMs))
  })
  for (let round = 0; round < rounds; round++) {
    beside?.()
    await each(async ({ runner, steps, turnMs, times }) => {
      if (turnMs > longTurnMs && round >= fewRounds) return
      times.push((await runner.run(steps)).ms)
    })
  }
  return subjects.map(({ failure, times, value }) => failure ?? { times, value })
}
