// OneHot: columns of whole numbers that name categories become a column of 0 and 1 for each category.

import { checkOptions, describe, netwrightError } from '../../errors.js'
import { shapeText } from '../../tensor/shape.js'
import { Tensor, type TensorData } from '../../tensor/tensor.js'
import { sharedArray } from '../shared-array.js'
import { FittedTransform, numbersFrom, numbersOf, wrongField } from './fitted-transform.js'

export interface OneHotOptions {
  /** Numbers of the columns, from 0; the others stay. Default: all. */
  readonly columns?: readonly number[]
  /** A category that was not learned: an error (default), or zeros in all of its columns. */
  readonly unknown?: 'error' | 'zeros'
}

/** The categories of a column, in ascending order; undefined for one that stays. */
type Categories = readonly number[] | undefined

const mostCategories = 10_000

/**
 * Samples (N, columns), or labels (N), with a column for each category that `fit` has seen, in ascending order and in
 * the place of the column that they come from: 1 where it is that category, else 0. As scikit-learn's OneHotEncoder.
 *
 *     new OneHot().fitTransform(tensor([2, 0, 2])) // [[0, 1], [1, 0], [0, 1]]
 *
 * Categories are whole numbers. Throws ERR_DATA, naming the sample, for other numbers and for an unknown category.
 */
export class OneHot extends FittedTransform {
  readonly type = 'OneHot'
  readonly #options: OneHotOptions
  #categories: readonly Categories[] | undefined

  constructor(options: OneHotOptions = {}) {
    super()
    checkOptions('OneHot', options, ['columns', 'unknown'])
    const { columns, unknown = 'error' } = options
    if (columns !== undefined && !isColumns(columns)) throw wrongField('OneHot', 'columns', columns, expectedColumns)
    if (unknown !== 'error' && unknown !== 'zeros') throw wrongField('OneHot', 'unknown', unknown, "'error' or 'zeros'")
    this.#options = { unknown, ...(columns && { columns: [...columns] }) }
  }

  /** Of each column, in ascending order; undefined for one that stays as it is. */
  get categories(): readonly Categories[] {
    return this.learned(this.#categories)
  }

  /** What `toJSON` has described, checked: files may be hostile. */
  static fromJSON({ unknown, categories }: Readonly<Record<string, unknown>>): OneHot {
    if (!Array.isArray(categories) || categories.length === 0) {
      throw wrongField('OneHot', 'categories', categories, 'a list with the categories of each column')
    }
    const read = categories.map((column, c): Categories => {
      if (column === null) return undefined
      const values = numbersFrom('OneHot', `categories[${c}]`, column)
      if (values.every((value, i) => Number.isInteger(value) && (i === 0 || value > (values[i - 1] as number)))) {
        return values
      }
      throw wrongField('OneHot', `categories[${c}]`, column, 'whole numbers in ascending order')
    })
    const columns = read.flatMap((column, c) => (column === undefined ? [] : [c]))
    const result = new OneHot({ columns, ...(unknown === undefined ? {} : { unknown: unknown as 'error' }) })
    result.#categories = read
    return result
  }

  toJSON(): Readonly<Record<string, unknown>> {
    const categories = this.categories.map((column) => column ?? null)
    return { type: this.type, unknown: this.#options.unknown, categories }
  }

  /** The samples (N, columns) that `transform` makes `x` of. Throws ERR_DATA for a row of zeros. */
  inverseTransform(x: Tensor): Tensor {
    const width = this.#width()
    const [samples, columns] = matrixShape('OneHot.inverseTransform', x)
    if (columns !== width) throw wrongWidth('inverseTransform', x, width)
    const values = numbersOf(x)
    const result = new Float32Array(samples * this.categories.length)
    let [from, to] = [0, 0]
    for (let n = 0; n < samples; n++) {
      for (const column of this.categories) {
        const length = column?.length ?? 1
        const cells = values.subarray(from, from + length)
        const chosen = cells.indexOf(1)
        if (column !== undefined && chosen < 0) {
          throw netwrightError('ERR_DATA', `OneHot.inverseTransform: sample ${n} has no 1 in columns of a category`)
        }
        result[to++] = column === undefined ? (cells[0] as number) : (column[chosen] as number)
        from += length
      }
    }
    return new Tensor(result, [samples, this.categories.length])
  }

  protected learn(x: Tensor, values: TensorData): void {
    const [samples, columns] = matrixShape('OneHot.fit', x)
    if (samples === 0) throw netwrightError('ERR_DATA', 'OneHot.fit: got no samples, expected at least one')
    const chosen = this.#options.columns ?? Array.from({ length: columns }, (_, c) => c)
    const beyond = chosen.find((column) => column >= columns)
    if (beyond !== undefined) {
      throw netwrightError('ERR_ARGUMENT', `OneHot.fit: there is no column ${beyond}, the samples have ${columns}`)
    }
    this.#categories = Array.from({ length: columns }, (_, c): Categories => {
      if (!chosen.includes(c)) return undefined
      const seen = new Set<number>()
      for (let n = 0; n < samples; n++) {
        const value = values[n * columns + c] as number
        if (!Number.isInteger(value)) {
          throw netwrightError(
            'ERR_DATA',
            `OneHot.fit: sample ${n} has ${value} in column ${c}, expected a whole number`,
          )
        }
        seen.add(value)
      }
      if (seen.size > mostCategories) {
        throw netwrightError(
          'ERR_DATA',
          `OneHot.fit: column ${c} has ${seen.size} categories, too many; choose columns`,
        )
      }
      return [...seen].sort((a, b) => a - b)
    })
  }

  protected apply(x: Tensor): Tensor {
    const { categories } = this
    const [samples, columns] = matrixShape('OneHot.transform', x)
    if (columns !== categories.length) throw wrongWidth('transform', x, categories.length)
    const width = this.#width()
    const places = categories.map((column) => column && new Map(column.map((value, i) => [value, i])))
    const values = numbersOf(x)
    const result = sharedArray(x.element === 'float64' ? 'float64' : 'float32', samples * width)
    let to = 0
    for (let n = 0; n < samples; n++) {
      for (let c = 0; c < columns; c++) {
        const value = values[n * columns + c] as number
        const known = places[c]
        const place = known === undefined ? 0 : known.get(value)
        if (place === undefined && this.#options.unknown === 'error') throw this.#unknownCategory(n, c, value)
        if (place !== undefined) result[to + place] = known === undefined ? value : 1
        to += known?.size ?? 1
      }
    }
    return new Tensor(result, [samples, width])
  }

  #width(): number {
    return this.categories.reduce((sum, column) => sum + (column?.length ?? 1), 0)
  }

  #unknownCategory(sample: number, column: number, value: number): Error {
    return netwrightError(
      'ERR_DATA',
      `OneHot.transform: sample ${sample} has the category ${value} in column ${column}, expected one of ` +
        `${describe(this.categories[column])}; with unknown: 'zeros' it has none`,
    )
  }
}

const expectedColumns = 'numbers of columns from 0, each once'
const isColumns = (columns: unknown): boolean =>
  Array.isArray(columns) &&
  columns.every((column, i) => Number.isInteger(column) && column >= 0 && columns.indexOf(column) === i)

function matrixShape(where: string, { shape }: Tensor): readonly [samples: number, columns: number] {
  const [samples, columns = 1] = shape
  if (samples !== undefined && shape.length <= 2) return [samples, columns]
  throw netwrightError(
    'ERR_SHAPE',
    `${where}: got shape ${shapeText(shape)}, expected (samples, columns) or labels (samples)`,
    'RangeError',
  )
}

const wrongWidth = (method: string, { shape }: Tensor, expected: number): Error =>
  netwrightError(
    'ERR_SHAPE',
    `OneHot.${method}: got shape ${shapeText(shape)}, expected (samples, ${expected})`,
    'RangeError',
  )
