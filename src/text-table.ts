// Rows of texts as lines with aligned columns, and numbers as their cells.

/** Lines of `rows`: the first `left` columns begin at their left edge, the others (numbers) end at their right one. */
export function textTable(rows: readonly (readonly string[])[], left = 1): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i < left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** A number with four digits, for people to read. */
export function numberText(value: number): string {
  const rounded = Number(value.toPrecision(4))
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded)
}
