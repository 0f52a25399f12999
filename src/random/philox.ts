// Philox4x32-10 (Salmon et al. 2011): 128 random bits as a pure function of a counter and a key, so that any element
// of any stream can be computed alone. Holds no state; random.ts and kernels/reference/random.ts build on it.

const multiplier0 = 0xd2511f53
const multiplier1 = 0xcd9e8d57
/** Weyl increments of the key: the golden ratio and sqrt(3) - 1, as 32-bit fractions. */
const weyl0 = 0x9e3779b9
const weyl1 = 0xbb67ae85

/**
 * Upper 32 bits of the unsigned product a · b, from four 16-bit products. Each sum stays below 2^32, and `| 0` keeps
 * V8 in 32-bit integers.
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0
}

/** Writes the 4 words of (counter, key) to `words`. Arguments are taken modulo 2^32. */
export function philox4x32(
  words: Uint32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let c0 = counter0 | 0
  let c1 = counter1 | 0
  let c2 = counter2 | 0
  let c3 = counter3 | 0
  let k0 = key0 | 0
  let k1 = key1 | 0
  for (let round = 0; round < 10; round++) {
    const next0 = multiplyHigh(multiplier1, c2) ^ c1 ^ k0
    const next2 = multiplyHigh(multiplier0, c0) ^ c3 ^ k1
    c1 = Math.imul(multiplier1, c2)
    c3 = Math.imul(multiplier0, c0)
    c0 = next0
    c2 = next2
    k0 = (k0 + weyl0) | 0
    k1 = (k1 + weyl1) | 0
  }
  words[0] = c0
  words[1] = c1
  words[2] = c2
  words[3] = c3
}

/** Upper 21 bits of a whole number below 2^53: the high word of a seed or step. */
export function highWord(value: number): number {
  return Math.floor(value / 0x1_0000_0000)
}
