// Hands over what a callback gets to a loop that asks for it, one at a time.

import type { Callback, StepLogs, TrainingRun } from './callback.js'
import type { History } from './history.js'

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
}

function deferred<T>(): Deferred<T> {
  let resolve = (_: T): void => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

export class HandOver {
  #given = deferred<StepLogs>()
  #taken = deferred<void>()
  #run: TrainingRun | undefined

  /** Training waits in it until the step has been taken and the next one is asked for. */
  readonly callback: Callback = {
    onTrainBegin: (run) => {
      this.#run = run
    },
    onBatchEnd: (logs) => {
      this.#taken = deferred()
      this.#given.resolve(logs)
      return this.#taken.promise
    },
  }

  /** The steps of the training that will end as `fitted` does. */
  async *follow(fitted: Promise<History>): AsyncGenerator<StepLogs, History> {
    let history: History | undefined
    const ended = fitted.then((result) => {
      history = result
      return undefined
    })
    ended.catch(() => {})
    try {
      for (;;) {
        const logs = await Promise.race([this.#given.promise, ended])
        if (logs === undefined) return history as History
        this.#given = deferred()
        yield logs
        this.#taken.resolve()
      }
    } finally {
      this.#run?.stop('left its loop')
      this.#taken.resolve()
      await ended
    }
  }
}
