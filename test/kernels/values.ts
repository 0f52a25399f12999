// Seeded numbers for tests and benchmarks. All are exactly float32, and never denormal.

/** The next number in [0, 1): mulberry32, whose state is one word, so that a test needs one seed. */
export type Random = () => number

export function randomOf(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    // 24 bits, so that the number is a float32.
    return ((t ^ (t >>> 14)) >>> 8) * 2 ** -24
  }
}

export const uniform = (random: Random, low: number, high: number) => (): number =>
  Math.fround(low + (high - low) * random())
export const whole = (random: Random, below: number) => (): number => Math.floor(random() * below)
