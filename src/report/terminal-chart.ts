// Curves as text for a terminal, drawn with braille patterns: 2 × 4 dots in each character.

import { numberText } from '../text-table.js'
import { checkCount, checkList, checkNumbers, checkText } from './check.js'
import { printable } from './svg.js'

export interface TerminalSeries {
  readonly name: string
  /** At 1, 2, 3, …; what is not finite is a gap. */
  readonly y: ArrayLike<number>
}

export interface TerminalChartOptions {
  readonly title: string
  /** One or two; each has a colour where `colors` is on. */
  readonly series: readonly TerminalSeries[]
  /** Columns of the whole chart, default 72, at least 24; and lines of the curves, default 8. */
  readonly width?: number
  readonly height?: number
  /** Whether to colour the curves with ANSI codes. Default false: the second is then dotted. */
  readonly colors?: boolean
}

/** Dots of a braille character: bit of (column, row). */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const
const blank = 0x2800
const ansi = ['\u001b[36m', '\u001b[33m', '\u001b[35m', '\u001b[32m'] as const
const reset = '\u001b[0m'

/** Lines of text: a title with the names, the curves between their least and greatest value, and the axis below. */
export function terminalChart(options: TerminalChartOptions): string {
  const where = 'terminalChart'
  const { title, series, width = 72, height = 8, colors = false } = options
  checkText(where, 'title', title)
  checkList(where, 'series', series)
  checkCount(where, 'width', width)
  checkCount(where, 'height', height)
  series.forEach(({ name, y }, i) => {
    checkText(where, `series[${i}].name`, name)
    checkNumbers(where, `series[${i}].y`, y)
  })
  const values = series.flatMap(({ y }) => Array.from(y)).filter(Number.isFinite)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const labels = values.length === 0 ? ['', ''] : [numberText(high), numberText(low)]
  const margin = Math.max(...labels.map((label) => label.length))
  const columns = Math.max(12, width - margin - 2)
  const canvas = new Canvas(columns, height)
  const last = Math.max(2, ...series.map(({ y }) => y.length))
  series.forEach(({ y }, i) => {
    const at = (index: number): readonly [number, number] => [
      Math.round((index / (last - 1)) * (2 * columns - 1)),
      Math.round(((high - (y[index] as number)) / (high - low || 1)) * (4 * height - 1)),
    ]
    for (let index = 0; index < y.length; index++) {
      if (!Number.isFinite(y[index])) continue
      const next = Number.isFinite(y[index + 1]) ? index + 1 : index
      canvas.line(at(index), at(next), i, colors ? 1 : i + 1)
    }
  })
  const paint = (text: string, i: number): string => (colors ? `${ansi[i % ansi.length]}${text}${reset}` : text)
  const mark = (i: number): string => (colors || i === 0 ? '──' : '╌╌')
  const names = series.map(({ name }, i) => paint(`${mark(i)} ${oneLine(name)}`, i)).join('  ')
  const rows = canvas.rows(paint).map((row, line) => {
    const label = line === 0 ? labels[0] : line === height - 1 ? labels[1] : ''
    return `${(label as string).padStart(margin)} ${line === 0 || line === height - 1 ? '┤' : '│'}${row}`
  })
  const end = String(last)
  const axis = `${' '.repeat(margin + 2)}1${end.padStart(columns - 1)}`
  return [`${' '.repeat(margin + 2)}${oneLine(title)}   ${names}`, ...rows, axis].join('\n')
}

/** A terminal must take nothing in a name for a command. */
const oneLine = (text: string): string => printable(text).replace(/[\t\n\r\u2028\u2029]/g, ' ')

class Canvas {
  readonly #columns: number
  readonly #height: number
  readonly #cells: Uint8Array
  /** Whose curve a character shows; the later one's where two meet. */
  readonly #owners: Int8Array

  constructor(columns: number, height: number) {
    this.#columns = columns
    this.#height = height
    this.#cells = new Uint8Array(columns * height)
    this.#owners = new Int8Array(columns * height).fill(-1)
  }

  /** Dots from `from` to `to`, every `step`-th of them. */
  line([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number], owner: number, step: number): void {
    const count = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1)
    for (let i = 0; i <= count; i++) {
      const [x, y] = [Math.round(x0 + ((x1 - x0) * i) / count), Math.round(y0 + ((y1 - y0) * i) / count)]
      if ((step > 1 && (x + y) % (step + 1) > 0) || y < 0 || y >= 4 * this.#height) continue
      const cell = (y >> 2) * this.#columns + (x >> 1)
      this.#cells[cell] = (this.#cells[cell] as number) | (dots[x & 1]?.[y & 3] as number)
      this.#owners[cell] = owner
    }
  }

  rows(paint: (text: string, owner: number) => string): readonly string[] {
    return Array.from({ length: this.#height }, (_, row) => {
      const places = Array.from({ length: this.#columns }, (_, column) => row * this.#columns + column)
      return places
        .map((place) => {
          const owner = this.#owners[place] as number
          return owner < 0 ? ' ' : paint(String.fromCodePoint(blank + (this.#cells[place] as number)), owner)
        })
        .join('')
        .trimEnd()
    })
  }
}
