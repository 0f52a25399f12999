// The command line's side of an experiment: prints its tables, judges its figures, writes its pictures.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MnistOptions } from '../data/mnist.js'
import type { Experiment, Lab, TableRow } from '../experiments/experiment.js'
import { systemProblem } from '../files/file-error.js'
import type { Backend } from '../kernels/backend.js'
import { writePicture } from '../report/write-picture.js'
import { textTable } from '../text-table.js'
import type { Callback } from '../train/callback.js'
import { progressCallback } from '../train/progress.js'
import { UsageError } from './errors.js'
import { loadDigits, type RunOptions } from './run-options.js'

export interface LabOptions extends RunOptions {
  readonly seed: number
  readonly quick?: true
  readonly out: string
}

/** What became of an experiment. */
export interface Findings {
  /** Figures and claims that did not come out as the notes say. */
  readonly failures: readonly string[]
  /** Paths of the pictures. */
  readonly pictures: readonly string[]
}

type Digits = ReturnType<typeof loadDigits>

/** Data sets that experiments share, by the options that they were read with. */
export type DigitsCache = Map<string, Digits>

/** Makes the folder of the pictures, and tries to write there: better now than after minutes of training. */
export async function prepareOutFolder(out: string): Promise<void> {
  const trial = join(out, `.netwright-${process.pid}`)
  try {
    await mkdir(out, { recursive: true })
    await writeFile(trial, '')
    await rm(trial)
  } catch (error) {
    throw new UsageError(`--out ${out}: no pictures can be written there (${systemProblem(error)})`)
  }
}

export function createLab(
  experiment: Experiment,
  options: LabOptions,
  backend: Backend,
  signal: AbortSignal,
  cache: DigitsCache,
): { readonly lab: Lab; readonly findings: Findings } {
  const failures: string[] = []
  const pictures: string[] = []
  const quick = options.quick === true
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  const verdict = (holds: boolean): string => (holds ? '✓' : quick ? '~' : '✗')
  const judge = (line: string, holds: boolean): void => {
    if (!holds && !quick) failures.push(line)
  }
  const lab: Lab = {
    seed: options.seed,
    quick,
    backend,
    signal,
    print,
    table(headings, rows) {
      print(textTable([headings, ...rows.map(textsOf)]).join('\n'))
    },
    check(what, found, expected, tolerance = 0) {
      const holds = Object.is(found, expected) || Math.abs(found - expected) <= tolerance
      const line = `${what}: ${numberText(found)}, expected ${numberText(expected)}${tolerance > 0 ? ` ± ${tolerance}` : ''}`
      print(`${verdict(holds)} ${line}`)
      judge(line, holds)
    },
    claim(what, holds) {
      print(`${verdict(holds)} ${what}`)
      judge(what, holds)
    },
    async picture(name, svg) {
      const { paths, note } = await writePicture(join(options.out, `${experiment.name}-${name}.svg`), svg, {
        png: true,
      })
      pictures.push(...paths)
      if (note !== undefined) print(note)
    },
    digits: (digitsOptions: MnistOptions = {}) => {
      const key = JSON.stringify(digitsOptions)
      const known = cache.get(key) ?? loadDigits(options, digitsOptions)
      cache.set(key, known)
      return known
    },
    progress: (label, epochs) => progressOf(label, epochs),
  }
  return { lab, findings: { failures, pictures } }
}

const textsOf = (row: TableRow): readonly string[] =>
  row.map((cell) => (typeof cell === 'number' ? numberText(cell) : cell))

/** Up to six digits; what is exact in fewer has fewer. */
function numberText(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size >= 1e-4 && size < 1e7 ? String(Number(value.toPrecision(6))) : value.toExponential(3)
}

/** Epochs that take longer are worth a line each in a file. */
const longEpochSeconds = 2

/** On stderr, since stdout has the tables: a bar per epoch on a terminal, elsewhere a line for epochs that take long. */
function progressOf(label: string, epochs: number): Callback {
  const stream = process.stderr
  if (!stream.isTTY) {
    return {
      onEpochEnd: (epoch, { seconds, loss }) => {
        if (seconds < longEpochSeconds) return
        stream.write(`${label}: epoch ${epoch + 1} of ${epochs}, ${seconds.toFixed(1)} s, loss ${loss.toFixed(4)}\n`)
      },
    }
  }
  const { callback } = progressCallback({ stream, epochs })
  return { onTrainBegin: () => void stream.write(`${label}\n`), ...callback }
}
