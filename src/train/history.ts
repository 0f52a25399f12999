// History: what training measured, epoch by epoch.

/** One epoch's figures. */
export interface EpochLogs {
  /** Mean loss over the epoch's training batches, as they were trained. */
  readonly loss: number
  /** Share of correct predictions over the same batches; undefined for a loss that does not classify. */
  readonly accuracy?: number
  /** On the validation data, after the epoch; undefined without validation data. */
  readonly valLoss?: number
  readonly valAccuracy?: number
  /** Seconds spent training, without evaluation. */
  readonly seconds: number
  readonly samplesPerSecond: number
  /** The learning rate of the epoch's last step. */
  readonly lr: number
}

/** Columns of figures, one entry per epoch. Plain arrays of its own: changing them changes nothing else. */
export class History {
  readonly loss: number[] = []
  readonly accuracy: number[] = []
  readonly valLoss: number[] = []
  readonly valAccuracy: number[] = []
  readonly seconds: number[] = []
  readonly samplesPerSecond: number[] = []
  /** The learning rate of each epoch's last step. */
  readonly lr: number[] = []
  /** True when an AbortSignal ended training early. The epoch that it ended in has no entry. */
  stopped = false

  /** Number of whole epochs. */
  get epochs(): number {
    return this.loss.length
  }

  push(logs: EpochLogs): void {
    this.loss.push(logs.loss)
    this.seconds.push(logs.seconds)
    this.samplesPerSecond.push(logs.samplesPerSecond)
    this.lr.push(logs.lr)
    if (logs.accuracy !== undefined) this.accuracy.push(logs.accuracy)
    if (logs.valLoss !== undefined) this.valLoss.push(logs.valLoss)
    if (logs.valAccuracy !== undefined) this.valAccuracy.push(logs.valAccuracy)
  }
}
