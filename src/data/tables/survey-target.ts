// What a first pass over a table learns of its target: whether it names classes or has values, and which classes.

import { describe, netwrightError, withRemedies } from '../../errors.js'
import { type CsvRow, csvError, numberIn } from './csv-rows.js'
import { markOfEmptyCells, sortedTexts } from './survey-column.js'

/** `classify`: the target names classes; `regress`: it is a value. */
export type Task = 'classify' | 'regress'

const mostClasses = 10_000

/** One text for each number: '1', '1.0' and '+1' are the same class. */
export function classKey(cell: string): string {
  const value = numberIn(cell)
  return value === undefined ? cell : String(value)
}

export class TargetSurvey {
  readonly #path: string
  readonly #name: string
  readonly #task: Task | undefined
  /** Undefined where there are too many, or classes are out of the question. */
  #keys: Set<string> | undefined
  /** The first cells that are a number with a fraction and no number at all. */
  #fraction: { readonly cell: string; readonly line: number } | undefined
  #text: { readonly cell: string; readonly line: number } | undefined

  constructor(path: string, name: string, task: Task | undefined) {
    this.#path = path
    this.#name = name
    this.#task = task
    this.#keys = task === 'regress' ? undefined : new Set()
  }

  /** Takes a cell that is not missing. Throws ERR_DATA. */
  add(cell: string, { line }: CsvRow): void {
    const value = numberIn(cell)
    if (value === undefined) this.#text ??= { cell, line }
    else if (!Number.isInteger(value)) this.#fraction ??= { cell, line }
    const asValues = this.#task !== 'classify' && this.#fraction !== undefined
    if (this.#text !== undefined && (asValues || this.#task === 'regress')) throw this.#notAValue(this.#text)
    if (asValues) this.#keys = undefined
    if (this.#keys === undefined) return
    this.#keys.add(value === undefined ? cell : String(value))
    if (this.#keys.size <= mostClasses) return
    if (this.#task === 'classify' || this.#text !== undefined) {
      throw csvError(
        this.#path,
        line,
        `the target ${describe(this.#name)} has more than ${mostClasses} different texts, too many for classes`,
      )
    }
    this.#keys = undefined
  }

  /** The classes' names in the order of their labels; undefined where targets are values. Throws ERR_DATA. */
  classes(): readonly string[] | undefined {
    const keys = this.#keys
    if (keys === undefined) return undefined
    const names = sortedTexts(keys)
    if (this.#task === 'classify' || this.#text !== undefined) return names
    if (names.length > 1 && names.every((name, i) => name === String(i))) return names
    const problem =
      `${this.#path}: the target ${describe(this.#name)} has ${names.length} different whole numbers, ` +
      `${names[0]} to ${names.at(-1)}, which may name classes or be values`
    throw withRemedies(netwrightError('ERR_ARGUMENT', problem), {
      task: "say which: task: 'classify' or task: 'regress'",
    })
  }

  #notAValue({ cell, line }: { readonly cell: string; readonly line: number }): Error {
    const number = this.#fraction
    const why = number === undefined ? '' : `, as line ${number.line} has ${number.cell}`
    return csvError(
      this.#path,
      line,
      `the target ${describe(this.#name)} is ${describe(cell)}, expected a number${why}`,
      { task: "for names of classes, task: 'classify'", ...markOfEmptyCells },
    )
  }
}
