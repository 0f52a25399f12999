// Decimal text of one float as NumPy writes it: the shortest digits that give the number back, cut to a precision.
// NumPy rounds exact ties to even where JavaScript rounds them up, hence the half-even helpers.

/** Significant decimal digits of a positive finite number and the power of ten of the first. */
interface Decimal {
  readonly digits: string
  readonly exponent: number
}

function parseExponential(text: string): Decimal {
  const at = text.indexOf('e')
  return { digits: text.slice(0, at).replace('.', ''), exponent: Number(text.slice(at + 1)) }
}

function toNumber({ digits, exponent }: Decimal, fraction = digits.length - 1): number {
  return Number(`${digits}e${exponent - fraction}`)
}

/** The fewest digits that round to `value` (positive, finite) in its own precision. */
function shortest(value: number, single: boolean): Decimal {
  if (!single) return parseExponential(value.toExponential())
  // 9 digits always tell two float32 apart, so the loop ends.
  for (let fraction = 0; fraction < 8; fraction++) {
    const near = exponentialHalfEven(value, fraction)
    if (Math.fround(toNumber(near)) === value) return near
    // A power of two's neighbour above is twice as far as the one below, so the next decimal up may still round to it.
    const above = toNumber({ digits: String(Number(near.digits) + 1), exponent: near.exponent }, fraction)
    if (Math.fround(above) === value) return parseExponential(above.toExponential(fraction))
  }
  return parseExponential(value.toExponential(8))
}

/** A float's exact decimal expansion, when it is an exact tie, is far shorter than this many digits more. */
const tieDigits = 40

function isTie(tail: string): boolean {
  return /^50*$/.test(tail)
}

function isEven(digit: string): boolean {
  return '02468'.includes(digit)
}

function fixedHalfEven(value: number, fraction: number): string {
  const exact = value.toFixed(fraction + tieDigits)
  const kept = exact.slice(0, exact.length - tieDigits)
  if (!isTie(exact.slice(-tieDigits)) || !isEven(kept.at(-1) === '.' ? (kept.at(-2) ?? '') : (kept.at(-1) ?? ''))) {
    return value.toFixed(fraction)
  }
  return kept
}

function exponentialHalfEven(value: number, fraction: number): Decimal {
  const exact = parseExponential(value.toExponential(fraction + tieDigits))
  const kept = exact.digits.slice(0, fraction + 1)
  if (!isTie(exact.digits.slice(fraction + 1)) || !isEven(kept.at(-1) ?? '')) {
    return parseExponential(value.toExponential(fraction))
  }
  return { digits: kept, exponent: exact.exponent }
}

function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : ''
}

/** `[whole, fraction]` of a finite number with at most `precision` fractional digits and no trailing zeros. */
export function positionalParts(value: number, precision: number, single: boolean): readonly [string, string] {
  const magnitude = Math.abs(value)
  if (magnitude === 0) return [`${signOf(value)}0`, '']
  const { digits, exponent } = shortest(magnitude, single)
  if (digits.length - 1 - exponent > precision) {
    const [whole = '0', fraction = ''] = fixedHalfEven(magnitude, precision).split('.')
    return [signOf(value) + whole, fraction.replace(/0+$/, '')]
  }
  if (exponent < 0) return [`${signOf(value)}0`, '0'.repeat(-exponent - 1) + digits]
  const padded = digits.padEnd(exponent + 1, '0')
  return [signOf(value) + padded.slice(0, exponent + 1), padded.slice(exponent + 1).replace(/0+$/, '')]
}

/**
 * `[whole, fraction, exponent]` of a finite number; the exponent keeps its sign and at least two digits. With `exact`,
 * all `precision` fractional digits of the number itself rather than the shortest ones: NumPy fills columns so.
 */
export function scientificParts(
  value: number,
  precision: number,
  single: boolean,
  exact = false,
): readonly [string, string, string] {
  const magnitude = Math.abs(value)
  let decimal: Decimal = { digits: '0', exponent: 0 }
  if (magnitude !== 0) {
    decimal = shortest(magnitude, single)
    const fraction = decimal.digits.length - 1
    if (fraction > precision || (exact && fraction < precision)) decimal = exponentialHalfEven(magnitude, precision)
  }
  const power = String(Math.abs(decimal.exponent)).padStart(2, '0')
  const fraction = decimal.digits.slice(1).padEnd(exact ? precision : 0, '0')
  return [
    signOf(value) + decimal.digits[0],
    exact ? fraction : fraction.replace(/0+$/, ''),
    `${decimal.exponent < 0 ? '-' : '+'}${power}`,
  ]
}

/** One number by itself, as NumPy prints a scalar: `3.0`, `0.1`, `1e-05`, `nan`. */
export function scalarText(value: number, single: boolean): string {
  const special = specialText(value)
  if (special !== undefined) return special
  const magnitude = Math.abs(value)
  const round = single ? Math.fround : (x: number) => x
  if (magnitude === 0 || (magnitude >= round(1e-4) && magnitude < (single ? 1e6 : 1e16))) {
    const [whole, fraction] = positionalParts(value, 100, single)
    return `${whole}.${fraction === '' ? '0' : fraction}`
  }
  const [whole, fraction, exponent] = scientificParts(value, 100, single)
  return `${whole}${fraction === '' ? '' : `.${fraction}`}e${exponent}`
}

/** `nan`, `inf` or `-inf`; undefined for a finite number. */
export function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'nan'
  if (value === Infinity) return 'inf'
  if (value === -Infinity) return '-inf'
  return undefined
}
