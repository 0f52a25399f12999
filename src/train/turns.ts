// Turns: one asynchronous user of a model at a time, in order of asking.

export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` when everybody who asked earlier is done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}
