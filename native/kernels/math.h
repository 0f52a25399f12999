// Elementary functions without libm: equal bits for a value wherever it stands in a vector.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// e^x within 1.01 ulp (worst of every 97th float); NaN stays NaN, overflow gives infinity, underflow 0 or
// denormals. x = n·ln 2 + r with |r| <= ln 2 / 2, then e^x = e^r · 2^n. The coefficients are those of Cephes
// expf: minimax of degree 5 for (e^r - 1 - r) / r². ln 2 comes in two parts, the first short enough for n ·
// part to be exact.
NETWRIGHT_INLINE Vec exp(Vec x) {
  // Outside this range the result is infinity or 0; clamping keeps n within the two factors below.
  x = min(set(89.0f), max(set(-104.0f), x));
  const IntVec n = roundToInt(mul(x, set(1.44269504088896341f)));
  Vec r = fma(toFloat(n), set(-0.693359375f), x);
  r = fma(toFloat(n), set(2.12194440e-4f), r);
  Vec p = set(1.9875691500e-4f);
  p = fma(p, r, set(1.3981999507e-3f));
  p = fma(p, r, set(8.3334519073e-3f));
  p = fma(p, r, set(4.1665795894e-2f));
  p = fma(p, r, set(1.6666665459e-1f));
  p = fma(p, r, set(5.0000001201e-1f));
  p = add(fma(p, mul(r, r), r), set(1.0f));
  // 2^n in two steps: n reaches from -150 to 128, which one exponent field cannot hold.
  const IntVec half = halveInt(n);
  return mul(mul(p, powerOfTwo(half)), powerOfTwo(subInt(n, half)));
}

// ln x within 0.84 ulp (worst of every 7th float), for normal x > 0; infinity and NaN stay. One value: a loss
// needs one logarithm a row. x = 2^e · f with f in [sqrt(1/2), sqrt 2): ln x = e·ln 2 + ln f, the latter by
// Cephes logf's polynomial in f - 1.
NETWRIGHT_INLINE float log(float x) {
  uint32_t bits = floatToBits(x);
  if (bits >= 0x7f800000u) return x;
  // Taking sqrt(1/2) off the bits makes the exponent field switch there instead of at 1.
  const uint32_t rootHalf = 0x3f3504f3u;
  const float e = static_cast<float>(static_cast<int32_t>(bits - rootHalf) >> 23);
  bits = ((bits - rootHalf) & 0x007fffffu) + rootHalf;
  const float f = bitsToFloat(bits) - 1.0f, z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  return (p * z * f + e * -2.12194440e-4f - 0.5f * z) + f + e * 0.693359375f;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
