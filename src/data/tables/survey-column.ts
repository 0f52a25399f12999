// What a first pass over a table learns of one column of features: its mean, or its texts.

import { describe, netwrightError, withRemedies } from '../../errors.js'
import type { TableColumn } from '../preprocessing.js'
import { type CsvRow, csvError, numberIn } from './csv-rows.js'

/** Feature columns of more different texts are names or notes, which one-hot columns do not describe. */
const mostCategories = 1000

const leftOut = { features: 'leave it out: features lists the columns to take' }

/** What a column holds: numbers, texts, or what its first cell is. */
export type ColumnKind = 'numbers' | 'texts' | 'as first'

export class ColumnSurvey {
  readonly name: string
  readonly #path: string
  #kind: ColumnKind
  #sum = 0
  #count = 0
  readonly #texts = new Set<string>()

  constructor(path: string, name: string, kind: ColumnKind) {
    this.#path = path
    this.name = name
    this.#kind = kind
  }

  /** Takes a cell that is not missing. Throws ERR_DATA. */
  add(cell: string, { line }: CsvRow): void {
    if (this.#kind === 'as first') this.#kind = numberIn(cell) === undefined ? 'texts' : 'numbers'
    if (this.#kind === 'numbers') {
      const value = numberIn(cell)
      if (value === undefined) throw notANumber(this.#path, line, this.name, cell)
      this.#sum += value
      this.#count++
      return
    }
    this.#texts.add(cell)
    if (this.#texts.size <= mostCategories) return
    throw csvError(
      this.#path,
      line,
      `column ${describe(this.name)} has more than ${mostCategories} different texts, too many for categories`,
      leftOut,
    )
  }

  /** `missing`: what stands for empty cells. */
  toColumn(missing: 'mean' | number | undefined): TableColumn {
    const { name } = this
    if (this.#kind === 'texts') {
      const categories = sortedTexts(this.#texts)
      if (categories.length === 0) throw this.#empty('text')
      return { name, categories, ...(missing === undefined ? {} : { missing: 0 }) }
    }
    if (missing !== 'mean') return { name, ...(missing === undefined ? {} : { missing }) }
    if (this.#count === 0) throw this.#empty('number')
    return { name, missing: this.#sum / this.#count }
  }

  #empty(content: string): Error {
    const problem = `${this.#path}: column ${describe(this.name)} has no ${content} at all`
    return withRemedies(netwrightError('ERR_DATA', problem), leftOut)
  }
}

export const notANumber = (path: string, line: number, name: string, cell: string): Error =>
  csvError(path, line, `column ${describe(name)} has ${describe(cell)}, expected a number`, {
    categorical: `for a column of texts, categorical: [${describe(name)}]`,
    ...markOfEmptyCells,
  })

export const markOfEmptyCells = { missingValues: 'for a mark of empty cells, name it in missingValues' }

/** Numbers in their order, texts in that of their code units, the same in every language. */
export function sortedTexts(texts: Iterable<string>): readonly string[] {
  const list = [...texts]
  const areNumbers = list.every((text) => numberIn(text) !== undefined)
  return list.sort(areNumbers ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
