// Which columns of a table are features, and which one is the target.

import { suggestion } from '../../closest.js'
import { describe, netwrightError } from '../../errors.js'
import type { CsvFile } from './csv-rows.js'

/** A column's name in the header, or its place, counted from 0; from the end where it is negative. */
export type Column = string | number

/** The place of `column` in `file`. Throws ERR_ARGUMENT, naming the option `what`, where it has none. */
export function placeOf(where: string, what: string, column: unknown, { path, names }: CsvFile): number {
  if (typeof column === 'number' && Number.isInteger(column)) {
    const place = column < 0 ? column + names.length : column
    if (place >= 0 && place < names.length) return place
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: ${what} is ${column}, but ${path} has the columns 0 to ${names.length - 1}`,
      'RangeError',
    )
  }
  if (typeof column !== 'string') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: ${what} is ${describe(column)}, expected a column: its name, or its number counted from 0`,
      'TypeError',
    )
  }
  const place = names.indexOf(column)
  if (place >= 0) return place
  throw netwrightError('ERR_ARGUMENT', `${where}: ${what} is ${describe(column)}, ${notThere(column, { path, names })}`)
}

/** `but x.csv has the columns "a", "b". Did you mean a?` */
export const notThere = (name: string, { path, names }: Pick<CsvFile, 'path' | 'names'>): string =>
  `but ${path} has the columns ${namesText(names)}.${suggestion(name, names)}`

const namesText = (names: readonly string[]): string =>
  `${names.slice(0, 20).map(describe).join(', ')}${names.length > 20 ? `, … (${names.length})` : ''}`

/** Places of the `columns` that the option `what` names, each once. */
export function placesOf(where: string, what: string, columns: unknown, file: CsvFile): readonly number[] {
  if (!Array.isArray(columns)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: ${what} is ${describe(columns)}, expected a list of columns`,
      'TypeError',
    )
  }
  const places = columns.map((column, i) => placeOf(where, `${what}[${i}]`, column, file))
  const twice = places.find((place, i) => places.indexOf(place) !== i)
  if (twice === undefined) return places
  throw netwrightError('ERR_ARGUMENT', `${where}: ${what} has the column ${describe(file.names[twice])} twice`)
}

/** The features' places: those of the option, or all but the target. */
export function featurePlaces(where: string, features: unknown, target: number, file: CsvFile): readonly number[] {
  const places =
    features === undefined
      ? file.names.map((_, place) => place).filter((place) => place !== target)
      : placesOf(where, 'features', features, file)
  if (places.includes(target)) {
    throw netwrightError('ERR_ARGUMENT', `${where}: ${describe(file.names[target])} is a feature and the target`)
  }
  if (places.length > 0) return places
  const problem = features === undefined ? `${file.path} has no other column than the target` : 'features is empty'
  throw netwrightError('ERR_ARGUMENT', `${where}: ${problem}, expected at least one feature`)
}
