// Arrays as text, laid out as NumPy's str() does: one width for all elements, brackets nested, rows wrapped at 75
// columns, `...` in place of the middle of anything over 1000 elements.

import { positionalParts, scalarText, scientificParts, specialText } from './number-text.js'
import type { Shape } from './shape.js'
import { sizeOf } from './shape.js'

// NumPy's defaults (numpy.get_printoptions).
const precision = 8
const threshold = 1000
const edgeItems = 3
const lineWidth = 75

/** How elements are written: as integers, or as floats whose shortest text is that of a float32 or float64. */
export type NumberKind = 'integer' | 'float32' | 'float64'

/** Text of the row-major array of `shape` whose element `i` is `valueAt(i)`. */
export function arrayText(valueAt: (i: number) => number, shape: Shape, kind: NumberKind): string {
  if (shape.length === 0) {
    const value = valueAt(0)
    return kind === 'integer' ? String(value) : scalarText(value, kind === 'float32')
  }
  const size = sizeOf(shape)
  if (size === 0) return '[]'
  const summarise = size > threshold
  const shown: number[] = []
  visitShown(shape, summarise, (i) => shown.push(valueAt(i)))
  const format = kind === 'integer' ? integerFormat(shown) : floatFormat(shown, kind === 'float32')
  return layOut((i) => format(valueAt(i)), shape, summarise)
}

function isCut(length: number, summarise: boolean): boolean {
  return summarise && length > 2 * edgeItems
}

function visitShown(shape: Shape, summarise: boolean, visit: (index: number) => void): void {
  const walk = (axis: number, offset: number): void => {
    const length = shape[axis]
    if (length === undefined) {
      visit(offset)
      return
    }
    for (let i = 0; i < length; i++) {
      if (isCut(length, summarise) && i === edgeItems) i = length - edgeItems
      walk(axis + 1, offset * length + i)
    }
  }
  walk(0, 0)
}

function integerFormat(shown: readonly number[]): (value: number) => string {
  let width = 0
  for (const value of shown) width = Math.max(width, String(value).length)
  return (value) => String(value).padStart(width)
}

function floatFormat(shown: readonly number[], single: boolean): (value: number) => string {
  const finite = shown.filter(Number.isFinite)
  const scientific = needsExponent(finite, single)
  let left = 0 // width before the decimal point
  let right = 0 // and behind it
  let exponentWidth = 0
  for (const value of finite) {
    const [whole, fraction, exponent = ''] = scientific
      ? scientificParts(value, precision, single)
      : positionalParts(value, precision, single)
    left = Math.max(left, whole.length)
    right = Math.max(right, fraction.length)
    exponentWidth = Math.max(exponentWidth, exponent.length)
  }
  const tail = scientific ? right + exponentWidth + 1 : right
  for (const value of shown) left = Math.max(left, (specialText(value)?.length ?? 0) - tail - 1)

  return (value) => {
    const special = specialText(value)
    if (special !== undefined) return special.padStart(left + 1 + tail)
    if (!scientific) {
      const [whole, fraction] = positionalParts(value, precision, single)
      return `${whole.padStart(left)}.${fraction.padEnd(right)}`
    }
    const [whole, fraction, exponent] = scientificParts(value, right, single, true)
    const power = exponent.slice(1).padStart(exponentWidth - 1, '0')
    return `${whole.padStart(left)}.${fraction.padEnd(right, '0')}e${exponent[0]}${power}`
  }
}

/** NumPy 2.4's rule (before 2.3 the limit was 1e8 for float32 too), with its comparisons in the array's own precision. */
function needsExponent(finite: readonly number[], single: boolean): boolean {
  let largest = 0
  let smallest = Infinity
  for (const value of finite) {
    if (value === 0) continue
    largest = Math.max(largest, Math.abs(value))
    smallest = Math.min(smallest, Math.abs(value))
  }
  if (largest === 0) return false
  const round = single ? Math.fround : (x: number) => x
  return largest >= (single ? 1e6 : 1e8) || smallest < round(1e-4) || round(largest / smallest) > 1000
}

function layOut(textAt: (i: number) => string, shape: Shape, summarise: boolean): string {
  const walk = (axis: number, offset: number, indent: string, width: number): string => {
    const length = shape[axis] ?? 0
    const cut = isCut(length, summarise)
    if (axis === shape.length - 1) return `[${row(offset * length, length, cut, indent, width).slice(indent.length)}]`
    const parts: string[] = []
    for (let i = 0; i < length; i++) {
      if (cut && i === edgeItems) {
        parts.push(`${indent}...`)
        i = length - edgeItems
      }
      parts.push(indent + walk(axis + 1, offset * length + i, `${indent} `, width - 1))
    }
    return `[${parts.join('\n'.repeat(shape.length - axis - 1)).slice(indent.length)}]`
  }

  const row = (offset: number, length: number, cut: boolean, indent: string, width: number): string => {
    let text = ''
    let line = indent
    const extend = (word: string): void => {
      // One column is kept for the closing bracket; a word that starts a line stays there however long it is.
      if (line.length + word.length > width - 1 && line.length > indent.length) {
        text += `${line.trimEnd()}\n`
        line = indent
      }
      line += word
    }
    for (let i = 0; i < length; i++) {
      if (cut && i === edgeItems) {
        extend('...')
        line += ' '
        i = length - edgeItems
      }
      extend(textAt(offset + i))
      if (i < length - 1) line += ' '
    }
    return text + line
  }

  return walk(0, 0, ' ', lineWidth)
}
