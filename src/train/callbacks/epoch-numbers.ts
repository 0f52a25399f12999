// The numbers that a log gives to epochs: they go on where the last call of fit ended.

import type { CallbackState } from '../callback.js'

/**
 * A call of `fit` that begins with epoch 0 counts on after the log's last epoch; one that begins later keeps its own
 * numbers; one that is resumed from a checkpoint keeps those that it had.
 */
export class EpochNumbers {
  #shift = 0
  #resumed = false

  /** Whether the call of `fit` that is about to begin goes on from a checkpoint. */
  get resumed(): boolean {
    return this.#resumed
  }

  /** A call of `fit` begins with `epoch`; `last` is the number of the log's last epoch, -1 where it has none. */
  begin(epoch: number, last: number): void {
    if (!this.#resumed) this.#shift = epoch === 0 ? last + 1 : 0
    this.#resumed = false
  }

  of(epoch: number): number {
    return epoch + this.#shift
  }

  state(): CallbackState {
    return { values: { shift: this.#shift } }
  }

  setState({ values }: CallbackState): void {
    this.#shift = (values as { readonly shift: number }).shift
    this.#resumed = true
  }
}
