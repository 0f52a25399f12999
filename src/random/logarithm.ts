// The natural logarithm from +, ·, / and whole-number scaling only. Math.log may differ between engines and versions;
// these operations are exact IEEE 754, so random numbers made with them are the same everywhere.

// ln 2 in two parts: the first ends in 21 zero bits, so that its product with an exponent is exact.
const ln2High = 0.6931471803691238
const ln2Low = 1.9082149292705877e-10

const bits = new DataView(new ArrayBuffer(8))

/** ln x for a positive, finite, normal x, within 1e-15 of the true value (relative). */
export function naturalLog(x: number): number {
  bits.setFloat64(0, x)
  let exponent = (bits.getUint32(0) >>> 20) - 1023
  bits.setUint32(0, (bits.getUint32(0) & 0xfffff) | 0x3ff00000)
  let mantissa = bits.getFloat64(0)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent++
  }
  // ln m = 2 · atanh(s) with s = (m - 1) / (m + 1), |s| ≤ 0.1716: the term s^22/23 left out is below 1e-17 of the sum.
  const s = (mantissa - 1) / (mantissa + 1)
  const z = s * s
  let series = 0
  for (let k = 21; k >= 3; k -= 2) series = (series + 1 / k) * z
  return exponent * ln2High + (2 * s + (2 * s * series + exponent * ln2Low))
}
