// Predictions as text: a table for people, CSV, or a line of JSON for each sample.

import { csvLine } from '../../files/csv.js'
import { numberText, textTable } from '../../text-table.js'
import { terminalText } from '../terminal-text.js'
import type { Answer, Guess } from './answers.js'
import type { Place } from './inputs.js'

export type FormatName = 'table' | 'csv' | 'json'

export interface Prediction {
  readonly place: Place
  readonly answer: Answer
}

/** What the columns of all predictions are called, and how many there are. */
export interface Columns {
  /** Classes of an answer. */
  readonly top: number
  /** Of numbers; their names. */
  readonly values: readonly string[]
  readonly classifies: boolean
}

/** Text of predictions, one batch after the other; the first comes with the headings. */
export type Format = (predictions: readonly Prediction[]) => string

/** `onTerminal`: texts from data must not move its cursor; a file or a pipe gets them as they are. */
export function formatter(name: FormatName, columns: Columns, onTerminal: boolean): Format {
  const shown: Shown = onTerminal ? terminalText : (text) => text
  if (name === 'json') return (predictions) => predictions.map((one) => `${shown(jsonLine(one))}\n`).join('')
  return name === 'csv' ? csvFormatter(columns, shown) : tableFormatter(columns)
}

type Shown = (text: string) => string

/** As many digits as float32 has. */
const rounded = (value: number): number => Number(value.toPrecision(7))

function jsonLine({ place: { file, index }, answer }: Prediction): string {
  const place = { file, ...(index !== undefined && { index }) }
  if ('values' in answer) {
    const values = answer.values.map(rounded)
    return JSON.stringify({ ...place, ...(values.length === 1 ? { value: values[0] } : { values }) })
  }
  const top = answer.guesses.map((guess) => ({ ...guess, probability: rounded(guess.probability) }))
  return JSON.stringify({ ...place, ...top[0], top })
}

function csvFormatter({ top, values, classifies }: Columns, shown: Shown): Format {
  const ordinal = (name: string, i: number): string => (i === 0 ? name : `${name}${i + 1}`)
  const classColumns = Array.from({ length: top }, (_, i) =>
    i === 0 ? ['class', 'label', 'probability'] : [ordinal('class', i), ordinal('probability', i)],
  ).flat()
  const line = (cells: readonly unknown[]): string =>
    csvLine(cells.map((cell) => (typeof cell === 'string' ? shown(cell) : cell)))
  let head = line(['file', 'index', ...(classifies ? classColumns : values)])
  return (predictions) => {
    const lines = predictions.map(({ place: { file, index }, answer }) =>
      line([file, index, ...('values' in answer ? answer.values.map(rounded) : answer.guesses.flatMap(guessCells))]),
    )
    const text = head + lines.join('')
    head = ''
    return text
  }
}

const guessCells = ({ class: name, label, probability }: Guess, i: number): readonly unknown[] =>
  i === 0 ? [name, label, rounded(probability)] : [name, rounded(probability)]

/** Columns are as wide as the widest cell so far. */
function tableFormatter({ top, values, classifies }: Columns): Format {
  const classColumns = ['class', 'probability', ...(top > 1 ? ['next'] : [])]
  let heading: readonly string[] | undefined = ['sample', ...(classifies ? classColumns : values)]
  const widths: number[] = []
  return (predictions) => {
    const rows = predictions.map(({ place: { file, index }, answer }) => [
      `${terminalText(file)}${index === undefined ? '' : `[${index}]`}`,
      ...('values' in answer ? answer.values.map(numberText) : guessTexts(answer.guesses)),
    ])
    if (heading !== undefined) rows.unshift([...heading])
    heading = undefined
    for (const row of rows) {
      row.forEach((cell, i) => {
        widths[i] = Math.max(widths[i] ?? 0, cell.length)
      })
    }
    const padded = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)))
    return `${textTable(padded, padded[0]?.length).join('\n')}\n`
  }
}

function guessTexts([best, ...others]: readonly Guess[]): readonly string[] {
  const text = ({ probability }: Guess): string => probability.toFixed(4)
  const next = others.map((guess) => `${terminalText(guess.class)} ${text(guess)}`)
  if (best === undefined) return []
  return [terminalText(best.class), text(best), ...(next.length === 0 ? [] : [next.join(', ')])]
}
