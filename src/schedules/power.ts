// Powers of numbers that are not negative, from exact operations. Math.pow may differ between engines and versions.

import { naturalLog } from '../random/logarithm.js'

/** base to the power of exponent, both from 0; relative error some exponent · 1e-16. 0 to the power of 0 is 1. */
export function power(base: number, exponent: number): number {
  const whole = Math.floor(exponent)
  const result = wholePower(base, whole)
  if (whole === exponent) return result
  return base === 0 ? 0 : result * exponential((exponent - whole) * naturalLog(base))
}

/** By repeated squaring: exact where the products are. */
function wholePower(base: number, exponent: number): number {
  let result = 1
  let square = base
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
    square *= square
  }
  return result
}

/** eˣ = 2ᵏ · eʳ with r = x - k · ln 2, |r| ≤ 0.35: the term r^15/15! left out is below 1e-18. */
function exponential(x: number): number {
  const k = Math.round(x / Math.LN2)
  const r = x - k * Math.LN2
  let series = 1
  for (let n = 14; n >= 1; n--) series = 1 + (r / n) * series
  const half = k < 0 ? 0.5 : 2
  for (let i = Math.abs(k); i > 0; i--) series *= half
  return series
}
