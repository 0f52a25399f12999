// What a search found: its trials from best to worst, and a table of them.

import { netwrightError } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import { textTable } from '../text-table.js'
import type { Trial } from './random-search.js'
import { type SearchSpaces, valueText } from './space.js'

export class SearchResult<Spaces extends SearchSpaces = SearchSpaces> {
  /** All trials, the best first; those that failed come last, in the order in which they ran. */
  readonly trials: readonly Trial<Spaces>[]
  /** The spaces that each round drew from. */
  readonly rounds: readonly Spaces[]
  /** Whether the search was ended by its signal. */
  readonly stopped: boolean

  constructor(trials: readonly Trial<Spaces>[], rounds: readonly Spaces[], maximize: boolean, stopped: boolean) {
    const sign = maximize ? -1 : 1
    const rank = ({ score }: Trial<Spaces>): number => (Number.isNaN(score) ? Number.POSITIVE_INFINITY : sign * score)
    this.trials = [...trials].sort((a, b) => (rank(a) === rank(b) ? a.trial - b.trial : rank(a) - rank(b)))
    this.rounds = [...rounds]
    this.stopped = stopped
  }

  /** Those of `trials` that have a score. */
  get succeeded(): readonly Trial<Spaces>[] {
    return this.trials.filter(({ score }) => !Number.isNaN(score))
  }

  /** The trial with the best score. Throws ERR_STATE, with the first failure as its cause, when there is none. */
  get best(): Trial<Spaces> {
    const [best] = this.succeeded
    if (best !== undefined) return best
    const [failed] = this.trials
    const reason = failed === undefined ? 'no trial was finished' : `all failed, the first with: ${errorText(failed)}`
    throw Object.assign(netwrightError('ERR_STATE', `randomSearch: there is no best trial: ${reason}`), {
      cause: failed?.error,
    })
  }

  /** The best `rows` trials (default: all) as text, a line each, numbers with four digits. */
  toTable(rows = this.trials.length): string {
    const names = Object.keys(this.rounds[0] ?? {})
    const lines = this.trials.slice(0, rows).map((trial) => {
      const failed = Number.isNaN(trial.score)
      const values = names.map((name) => valueText(trial.params[name]))
      const score = failed ? 'failed' : valueText(trial.score)
      return [String(trial.trial), String(trial.round), score, ...values, failed ? errorText(trial) : '']
    })
    const table = [['trial', 'round', 'score', ...names, ''], ...lines]
    return textTable(table, table[0]?.length).join('\n')
  }

  /** console.log prints the table. */
  [inspectCustom](): string {
    return this.toTable()
  }
}

/** The first line of a failed trial's error. */
function errorText({ error }: Pick<Trial, 'error'>): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0] as string
}
