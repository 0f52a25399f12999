// Smooths a curve of losses, which jump from batch to batch.

/** The mean of each `length` values in turn; the last of what is left. */
export function windowMeans(values: readonly number[], length: number): readonly number[] {
  return Array.from({ length: Math.ceil(values.length / length) }, (_, i) => {
    const part = values.slice(i * length, (i + 1) * length)
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
}
