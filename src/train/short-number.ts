// Numbers for messages and tables that people read.

/** Three significant digits: `0.0312`, `255`, `6.86e+20`. */
export function shortNumber(value: number): string {
  const short = Number(value.toPrecision(3))
  return Math.abs(short) < 1e6 ? String(short) : short.toExponential()
}
