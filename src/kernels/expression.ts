// The tiny language of kernel declarations: extents such as `m * n`, rules such as `cursor + rows <= length`.
// Read here into closures, and pasted unchanged into C++ (scripts/generate-kernels.mjs), where every name is a
// double as well, so both sides compute the same number.

export type Numbers = Readonly<Record<string, number>>
export type Expression = (values: Numbers) => number

const operators: Record<string, [precedence: number, apply: (a: number, b: number) => number]> = {
  '||': [1, (a, b) => Number(a !== 0 || b !== 0)],
  '&&': [2, (a, b) => Number(a !== 0 && b !== 0)],
  '==': [3, (a, b) => Number(a === b)],
  '<=': [3, (a, b) => Number(a <= b)],
  '>=': [3, (a, b) => Number(a >= b)],
  '<': [3, (a, b) => Number(a < b)],
  '>': [3, (a, b) => Number(a > b)],
  '+': [4, (a, b) => a + b],
  '-': [4, (a, b) => a - b],
  '*': [5, (a, b) => a * b],
  '/': [5, (a, b) => a / b],
}

/**
 * Compiles `text`: whole numbers, names, parentheses, `+ - * /`, comparisons, `&&`, `||`.
 * Comparisons give 1 or 0. Throws a SyntaxError on anything else and a ReferenceError on an unknown name.
 */
export function compileExpression(text: string, names: readonly string[]): Expression {
  const tokens = text.match(/[A-Za-z]\w*|\d+|\|\||&&|==|<=|>=|\S/g) ?? []
  let position = 0

  function operand(): Expression {
    const token = tokens[position++]
    if (token === '(') {
      const inner = binary(1)
      if (tokens[position++] !== ')') throw new SyntaxError(`missing ) in '${text}'`)
      return inner
    }
    if (token !== undefined && /^\d+$/.test(token)) {
      const value = Number(token)
      return () => value
    }
    if (token === undefined || !/^[A-Za-z]\w*$/.test(token))
      throw new SyntaxError(`cannot read '${text}' at '${token}'`)
    if (!names.includes(token)) throw new ReferenceError(`'${token}' in '${text}' is none of ${names.join(', ')}`)
    return (values) => values[token] as number
  }

  function binary(least: number): Expression {
    let left = operand()
    for (;;) {
      const operator = operators[tokens[position] ?? '']
      if (operator === undefined || operator[0] < least) return left
      position++
      const [precedence, apply] = operator
      const [a, b] = [left, binary(precedence + 1)]
      left = (values) => apply(a(values), b(values))
    }
  }

  const result = binary(1)
  if (position < tokens.length) throw new SyntaxError(`cannot read '${text}' at '${tokens[position]}'`)
  return result
}
