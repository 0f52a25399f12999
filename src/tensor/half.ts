// Floats of 16 bits, which no typed array of Node 20 has: widened to 32, which is exact.

/** float16 values (1 sign, 5 exponent, 10 fraction bits), given by their bits. */
export function fromHalf(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, halfBits).buffer)
}

const subnormal = new Float32Array(1)
const subnormalBits = new Uint32Array(subnormal.buffer)

/** As the bits of a float32 (1, 8, 23). */
function halfBits(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | (0xff << 23) | (fraction << 13)
  if (exponent > 0) return sign | ((exponent - 15 + 127) << 23) | (fraction << 13)
  subnormal[0] = fraction * 2 ** -24
  return sign | (subnormalBits[0] as number)
}
