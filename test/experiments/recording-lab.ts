// A Lab that keeps what an experiment reports, for tests.

import { type MnistOptions, mnist } from '../../src/data/mnist.js'
import type { Experiment, Lab, TableRow } from '../../src/experiments/experiment.js'
import { experiments } from '../../src/experiments/index.js'
import { defaultBackend } from '../../src/kernels/default-backend.js'

export interface Report {
  readonly tables: (readonly TableRow[])[]
  /** Whether each figure and claim came out as it should, by what it says. */
  readonly holds: Map<string, boolean>
  readonly found: Map<string, number>
  /** SVG by name. */
  readonly pictures: Map<string, string>
}

/** Runs the quick version of an experiment. */
export async function runQuick(name: string, seed = 1): Promise<Report> {
  const report: Report = { tables: [], holds: new Map(), found: new Map(), pictures: new Map() }
  const lab: Lab = {
    seed,
    quick: true,
    backend: defaultBackend(),
    signal: new AbortController().signal,
    print() {},
    table: (_, rows) => void report.tables.push(rows),
    check(what, found, expected, tolerance = 0) {
      report.found.set(what, found)
      report.holds.set(what, Math.abs(found - expected) <= tolerance)
    },
    claim: (what, holds) => void report.holds.set(what, holds),
    async picture(name, svg) {
      report.pictures.set(name, svg)
    },
    digits: (options?: MnistOptions) => mnist(options),
    progress: () => ({}),
  }
  await (experiments.find((experiment) => experiment.name === name) as Experiment).run(lab)
  return report
}

/** What did not come out as it should, but for texts that match `except`. */
export function failuresOf({ holds }: Report, except?: RegExp): string[] {
  return [...holds].filter(([what, right]) => !right && !except?.test(what)).map(([what]) => what)
}
