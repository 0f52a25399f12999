// The shares of mix-up: min(λ, 1 - λ) for λ of the distribution Beta(α, α), as a table of quantiles, made of exact
// operations: Math.pow may differ between Node versions.

import { power } from '../schedules/power.js'

const points = 1025
const steps = 4096

/**
 * Quantiles of the share at 0, 1/1024, …, 1: from 0 to 1/2. For α below 1 the density of t in [0, 1/2], t^(α - 1) ·
 * (1 - t)^(α - 1), is infinite at 0; that of s = t^α is not. It is added up by trapezes.
 */
export function mixUpShares(alpha: number): readonly number[] {
  const exponent = Math.min(alpha, 1)
  const last = power(0.5, exponent)
  const shareAt = (step: number): number => power((step / steps) * last, 1 / exponent)
  const densityAt = (step: number): number => {
    const share = shareAt(step)
    return alpha < 1 ? 1 / power(1 - share, 1 - alpha) : power(share * (1 - share), alpha - 1)
  }
  const sums = [0]
  let density = densityAt(0)
  for (let step = 1; step <= steps; step++) {
    const next = densityAt(step)
    sums.push((sums[step - 1] as number) + (density + next) / 2)
    density = next
  }
  const total = sums[steps] as number
  let step = 0
  return Array.from({ length: points }, (_, i) => {
    const target = (i / (points - 1)) * total
    while (step < steps - 1 && (sums[step + 1] as number) < target) step++
    const [before, after] = [sums[step] as number, sums[step + 1] as number]
    return Math.min(0.5, shareAt(step + (target - before) / (after - before)))
  })
}
