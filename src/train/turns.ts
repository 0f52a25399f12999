// Turns: one asynchronous user of a model at a time, in order of asking.

export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #running = false

  /** Whether somebody has the model now. */
  get busy(): boolean {
    return this.#running
  }

  /** Runs `work` when everybody who asked earlier is done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      this.#running = true
      try {
        return await work()
      } finally {
        this.#running = false
      }
    })
    this.#last = result.catch(() => undefined)
    return result
  }
}
