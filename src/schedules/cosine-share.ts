// Half a wave of the cosine as a share from 0 to 1, from exact operations. Math.cos may differ between engines and
// versions; a rate made with it would change a training's bits.

/** (1 - cos(π x)) / 2 for x from 0 to 1, within 2e-16; 0 and 1 at the ends. */
export function cosineShare(x: number): number {
  if (x > 0.5) return 1 - cosineShare(1 - x)
  // z/4 · (1 - z/(3·4) · (1 - z/(5·6) · …)) with z = (π x)² ≤ 2.47: what is left out after 22 is below 1e-19.
  const z = Math.PI * x * (Math.PI * x)
  let series = 1
  for (let k = 22; k >= 4; k -= 2) series = 1 - (z / (k * (k - 1))) * series
  return (z / 4) * series
}
