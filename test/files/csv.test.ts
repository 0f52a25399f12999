// Lines of CSV: quoting and numbers.
import { expect, test } from 'vitest'
import { csvLine } from '../../src/files/csv.js'

test('quotes what has to be quoted, as RFC 4180 says', () => {
  expect(csvLine(['plain', 'a,b', 'say "x"', 'two\nlines', 'cr\r', ''])).toBe(
    'plain,"a,b","say ""x""","two\nlines","cr\r",\n',
  )
})

test('numbers as JavaScript prints them; NaN and undefined are empty; lists are JSON', () => {
  const cells = [
    0,
    -0.1,
    1e-7,
    1e21,
    0.1 + 0.2,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    undefined,
    [0.5, [1, Number.NaN]],
  ]
  expect(csvLine(cells)).toBe('0,-0.1,1e-7,1e+21,0.30000000000000004,Infinity,,,"[0.5,[1,null]]"\n')
})
