// The language of declarations: values, precedence, and what it refuses.

import { describe, expect, it } from 'vitest'
import { declarations, kernelNames } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'

const names = ['a', 'b', 'c', 'rows2']
const values = { a: 2, b: 3, c: 4, rows2: 5 }

describe('compileExpression', () => {
  it.each([
    ['7', 7],
    ['rows2', 5],
    ['a + b * c', 14],
    ['(a + b) * c', 20],
    ['c - b - a', -1],
    ['c - (b - a)', 3],
    ['c / a / a', 1],
    ['a * b / c', 1.5],
    ['10 - a * b + 1', 5],
    ['a < b', 1],
    ['b < a', 0],
    ['a <= 2', 1],
    ['a >= 3', 0],
    ['b > a', 1],
    ['a + 1 == b', 1],
    ['a == b || b == 3', 1],
    ['a == b && b == 3', 0],
    ['a == 2 || a == b && b == 9', 1],
    ['(a == 2 || a == b) && b == 9', 0],
    ['a*(b+c)*2', 28],
    ['((a))', 2],
  ])('%s is %d', (text, expected) => {
    expect(compileExpression(text, names)(values)).toBe(expected)
  })

  it.each([
    '',
    'a +',
    '* a',
    '(a',
    'a)',
    'a b',
    'a 2',
    'a = b',
    'a != b',
    '!a',
    '-a',
    'a.b',
    'a % b',
    'a ? b : c',
    '1.5',
  ])('refuses %j', (text) => {
    expect(() => compileExpression(text, names)).toThrow(SyntaxError)
  })

  it.each(['d', 'a * rows', 'constructor', 'toString + 1'])('refuses the unknown name in %j', (text) => {
    expect(() => compileExpression(text, names)).toThrow(ReferenceError)
  })

  it('reads every expression of the declarations', () => {
    for (const kernel of kernelNames) {
      const { parameters, rules, split, cost } = declarations[kernel]
      const sizes = parameters.filter(({ kind }) => kind === 'size').map(({ name }) => name)
      const extents = parameters.flatMap((parameter) => (parameter.kind === 'tensor' ? [parameter.extent] : []))
      const units = split.units === 'kernel' ? [] : [split.units]
      const numbers = Object.fromEntries(sizes.map((name) => [name, 2]))
      for (const text of [...extents, ...rules, ...units, cost]) {
        expect(Number.isFinite(compileExpression(text, sizes)(numbers)), `${kernel}: ${text}`).toBe(true)
      }
    }
  })
})
