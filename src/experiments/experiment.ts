// What an experiment of the notes is, and what it is given to work with.

import type { Dataset } from '../data/dataset.js'
import type { MnistOptions } from '../data/mnist.js'
import type { Backend } from '../kernels/backend.js'
import type { Callback } from '../train/callback.js'

/** One row of figures beside what the notes say; a cell is printed as it is. */
export type TableRow = readonly (string | number)[]

/** What an experiment computes with and reports to. The command line makes one for each experiment. */
export interface Lab {
  readonly seed: number
  /** Fewer samples and epochs: shows that it runs and which way it goes, not the figures of the notes. */
  readonly quick: boolean
  readonly backend: Backend
  /** Aborted by Ctrl-C; `fit` takes it. Throw `signal.reason` between two trainings once it is. */
  readonly signal: AbortSignal
  /** A line for the reader, or several. */
  print(text: string): void
  /** A table with a heading for each column; the first column is text, the others numbers. */
  table(headings: readonly string[], rows: readonly TableRow[]): void
  /**
   * A figure of the notes: prints `what`, the figure found, the expected one and whether they agree within `tolerance`
   * (default 0: equal). One that does not fails the experiment, but for `quick`, where figures of training may differ.
   */
  check(what: string, found: number, expected: number, tolerance?: number): void
  /** As check, for a statement: true or false. */
  claim(what: string, holds: boolean): void
  /** Writes `<experiment>-<name>.svg`, and a PNG where that can be made, to the output folder. */
  picture(name: string, svg: string): Promise<void>
  /** The MNIST digits, read once for each set of options. */
  digits(options?: MnistOptions): Promise<{ readonly train: Dataset; readonly test: Dataset }>
  /** A callback for `fit` that shows progress of `epochs` epochs under `label`. */
  progress(label: string, epochs: number): Callback
}

export interface Experiment {
  /** As `netwright reproduce <name>` takes it. */
  readonly name: string
  /** One line: what it shows. */
  readonly title: string
  /** Rows of docs/notes.md that it reproduces. */
  readonly rows: readonly number[]
  /** About how long it takes on two cores, in words: '2 s', '8 min'. */
  readonly takes: string
  run(lab: Lab): Promise<void>
}
