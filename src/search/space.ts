// What a search may choose from: one space for each hyper-parameter.

import { describe, netwrightError, requireNumber } from '../errors.js'
import type { Random } from '../random/random.js'
import { numberText } from '../text-table.js'

/** The values that one hyper-parameter may take. */
export interface SearchSpace<T> {
  draw(random: Random): T
  /** The part of this space around the values of the best trials. */
  narrow(best: readonly T[]): SearchSpace<T>
  /** For tables: `1e-6 … 0.01 (log)`. */
  toString(): string
}

/** A space by the name of each hyper-parameter. */
export type SearchSpaces = Readonly<Record<string, SearchSpace<unknown>>>
/** One draw from `Spaces`. */
export type SearchParameters<Spaces extends SearchSpaces> = {
  readonly [Name in keyof Spaces]: Spaces[Name] extends SearchSpace<infer T> ? T : never
}

/** A narrowed range is the span of the best values and this share of the old width more at either end. */
const margin = 0.1

/**
 * Numbers from `low` to `high`, both above 0, whose logarithm is uniform: for rates, which differ by powers of ten.
 * They are rounded to six digits, so that a table shows just what was tried.
 * Throws ERR_ARGUMENT unless 0 < low ≤ high.
 */
export function logUniform(low: number, high: number): SearchSpace<number> {
  checkRange('logUniform', low, high, 'a finite number above 0', (value) => value > 0)
  const exponents = { low: Math.log10(low), high: Math.log10(high) }
  // Math.log10 and powers may differ in the last bit between Node versions; six digits do not.
  const power = (exponent: number): number => Math.min(high, Math.max(low, Number((10 ** exponent).toPrecision(6))))
  return {
    draw: (random) => power(random.uniform(exponents.low, exponents.high)),
    narrow: (best) => {
      const inner = narrowed(exponents, best.map(Math.log10))
      return logUniform(power(inner.low), power(inner.high))
    },
    toString: () => `${numberText(low)} … ${numberText(high)} (log)`,
  }
}

/** Numbers from `low` to `high`, uniform. Throws ERR_ARGUMENT unless low ≤ high. */
export function uniformIn(low: number, high: number): SearchSpace<number> {
  checkRange('uniformIn', low, high, 'a finite number')
  return {
    draw: (random) => random.uniform(low, high),
    narrow: (best) => {
      const inner = narrowed({ low, high }, best)
      return uniformIn(inner.low, inner.high)
    },
    toString: () => `${numberText(low)} … ${numberText(high)}`,
  }
}

/** One of `values`, each as likely. Throws ERR_ARGUMENT for an empty list. */
export function choice<const T>(values: readonly T[]): SearchSpace<T> {
  if (!Array.isArray(values) || values.length === 0) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `choice: values is ${describe(values)}, expected a list with at least one value`,
      'TypeError',
    )
  }
  return {
    draw: (random) => values[random.below(values.length)] as T,
    narrow: (best) => choice(values.filter((value) => best.includes(value))),
    toString: () => values.map(valueText).join(' | '),
  }
}

/** A hyper-parameter or score for tables: numbers with four digits. */
export function valueText(value: unknown): string {
  return typeof value === 'number' ? numberText(value) : typeof value === 'string' ? value : describe(value)
}

interface Range {
  readonly low: number
  readonly high: number
}

function narrowed({ low, high }: Range, best: readonly number[]): Range {
  const widening = margin * (high - low)
  return {
    low: Math.max(low, best.reduce((least, value) => Math.min(least, value), high) - widening),
    high: Math.min(high, best.reduce((most, value) => Math.max(most, value), low) + widening),
  }
}

function checkRange(
  where: string,
  low: number,
  high: number,
  expected: string,
  fits?: (value: number) => boolean,
): void {
  requireNumber(`${where}: low`, low, expected, fits)
  requireNumber(`${where}: high`, high, `a finite number from low = ${low}`, (value) => value >= low)
}
