// Elementary functions without libm: equal bits for a value wherever it stands in a vector. Worst errors are
// those of SSE2, which has no fused multiply-add, AVX2 and AVX-512.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

NETWRIGHT_INLINE Vec abs(Vec x) { return asFloats(andInt(asInts(x), setInt(0x7fffffffu))); }
// `magnitude`, which is not negative, with the sign of `sign`.
NETWRIGHT_INLINE Vec copySign(Vec magnitude, Vec sign) {
  return asFloats(xorInt(asInts(magnitude), andInt(asInts(sign), setInt(0x80000000u))));
}

// x = n · ln 2 + r with |r| <= ln 2 / 2. ln 2 comes in two parts, the first short enough for n · part to be
// exact.
struct Reduced {
  IntVec n;
  Vec r;
};
NETWRIGHT_INLINE Reduced reduceByLn2(Vec x) {
  const IntVec n = roundToInt(mul(x, set(1.44269504088896341f)));
  const Vec r = fma(toFloat(n), set(-0.693359375f), x);
  return {n, fma(toFloat(n), set(2.12194440e-4f), r)};
}
// e^r - 1 for |r| <= ln 2 / 2. The coefficients are those of Cephes expf: minimax of degree 5 for (e^r - 1 -
// r) / r².
NETWRIGHT_INLINE Vec expm1Reduced(Vec r) {
  Vec p = set(1.9875691500e-4f);
  p = fma(p, r, set(1.3981999507e-3f));
  p = fma(p, r, set(8.3334519073e-3f));
  p = fma(p, r, set(4.1665795894e-2f));
  p = fma(p, r, set(1.6666665459e-1f));
  p = fma(p, r, set(5.0000001201e-1f));
  return fma(p, mul(r, r), r);
}

// e^x within 1.01 ulp (worst of every 97th float); NaN stays NaN, overflow gives infinity, underflow 0 or
// denormals. e^x = e^r · 2^n.
NETWRIGHT_INLINE Vec exp(Vec x) {
  // Outside this range the result is infinity or 0; clamping keeps n within the two factors below.
  const Reduced x1 = reduceByLn2(min(set(89.0f), max(set(-104.0f), x)));
  const Vec p = add(expm1Reduced(x1.r), set(1.0f));
  // 2^n in two steps: n reaches from -150 to 128, which one exponent field cannot hold.
  const IntVec half = halveInt(x1.n);
  return mul(mul(p, powerOfTwo(half)), powerOfTwo(subInt(x1.n, half)));
}

// e^x - 1 for x <= 0 within 0.92 ulp (worst of every 197th float); NaN stays NaN. 2^n · (e^r - 1) + (2^n -
// 1): near 0, n is 0 and nothing cancels.
NETWRIGHT_INLINE Vec expm1(Vec x) {
  // e^-30 is less than a rounding of -1.
  const Reduced x1 = reduceByLn2(max(set(-30.0f), x));
  const Vec power = powerOfTwo(x1.n);
  return fma(power, expm1Reduced(x1.r), sub(power, set(1.0f)));
}

// tanh x within 1.28 ulp (worst of every 197th float); NaN stays NaN. Below 0.625 Cephes tanhf's odd
// polynomial; above it 1 - 2 / (e^2|x| + 1).
NETWRIGHT_INLINE Vec tanh(Vec x) {
  const Vec z = mul(x, x), size = abs(x), one = set(1.0f);
  Vec p = set(-5.70498872745e-3f);
  p = fma(p, z, set(2.06390887954e-2f));
  p = fma(p, z, set(-5.37397155531e-2f));
  p = fma(p, z, set(1.33314422036e-1f));
  p = fma(p, z, set(-3.33332819422e-1f));
  const Vec small = fma(mul(p, z), x, x);
  const Vec large = sub(one, div(set(2.0f), add(one, exp(add(size, size)))));
  return select(greater(set(0.625f), size), small, copySign(large, x));
}

// Minimax polynomial of degree 8 for (ln(1 + f) - f + f²/2) / f³, 1 + f in [sqrt(1/2), sqrt 2): Cephes logf.
constexpr float logCoefficients[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                                     -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                                     2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
constexpr int logTerms = 9;
// Taking sqrt(1/2) off a float's bits makes the exponent field switch there instead of at 1.
constexpr uint32_t rootHalf = 0x3f3504f3u;

// ln x within 0.84 ulp (worst of every 7th float), for normal x > 0; infinity and NaN stay. One value: a loss
// needs one logarithm a row. x = 2^e · (1 + f): ln x = e·ln 2 + ln(1 + f).
NETWRIGHT_INLINE float log(float x) {
  uint32_t bits = floatToBits(x);
  if (bits >= 0x7f800000u) return x;
  const float e = static_cast<float>(static_cast<int32_t>(bits - rootHalf) >> 23);
  bits = ((bits - rootHalf) & 0x007fffffu) + rootHalf;
  const float f = bitsToFloat(bits) - 1.0f, z = f * f;
  float p = logCoefficients[0];
  NETWRIGHT_UNROLL
  for (int i = 1; i < logTerms; ++i) p = p * f + logCoefficients[i];
  return (p * z * f + e * -2.12194440e-4f - 0.5f * z) + f + e * 0.693359375f;
}

// e · ln 2 + ln(1 + f), 1 + f in [sqrt(1/2), sqrt 2).
NETWRIGHT_INLINE Vec logOfParts(Vec e, Vec f) {
  const Vec z = mul(f, f);
  Vec p = set(logCoefficients[0]);
  NETWRIGHT_UNROLL
  for (int i = 1; i < logTerms; ++i) p = fma(p, f, set(logCoefficients[i]));
  const Vec rest = fma(set(-0.5f), z, fma(e, set(-2.12194440e-4f), mul(mul(p, z), f)));
  return fma(e, set(0.693359375f), add(f, rest));
}

// ln x within 0.78 ulp (worst of every 97th float), for normal x > 0, as the scalar one; infinity and NaN
// stay, a negative x gives NaN; not for 0.
NETWRIGHT_INLINE Vec log(Vec x) {
  const IntVec bits = subInt(asInts(x), setInt(rootHalf));
  const Vec e = toFloat(shiftRight23(bits));
  const Vec f = sub(asFloats(addInt(andInt(bits, setInt(0x007fffffu)), setInt(rootHalf))), set(1.0f));
  const Vec y = select(greater(set(bitsToFloat(0x7f800000u)), x), logOfParts(e, f), x);
  return select(greater(zero(), x), set(bitsToFloat(0x7fc00000u)), y);
}

// ln(1 + x) within 1.37 ulp (worst of every 97th float), for x from 0 to 1; NaN stays. 1 + x is 1 + f, or 2 ·
// (1 + f) from sqrt 2 on: f is x, unrounded, or (x - 1) / 2.
NETWRIGHT_INLINE Vec log1p(Vec x) {
  const Vec one = set(1.0f);
  const Mask upper = greater(x, set(0.41421356f));
  return logOfParts(select(upper, one, zero()), select(upper, mul(sub(x, one), set(0.5f)), x));
}

// 1 / (1 + e^-x). Where e^-x overflows, 1 / infinity is the right answer, 0.
NETWRIGHT_INLINE Vec sigmoid(Vec x) {
  const Vec one = set(1.0f);
  return div(one, add(one, exp(sub(zero(), x))));
}

// The normal distribution function Φ(x) = (1 + erf(x / sqrt 2)) / 2 and density φ(x) = e^(-x²/2) / sqrt(2π);
// NaN stays. For |x| < 1, Φ = 1/2 + x · R(x²), R of degree 4 (within 7.4e-9). Else Φ(-|x|) = e^(-x²/2) · t ·
// P(t), t = 1 / (1 + |x| / 2), P of degree 7 (within 4.7e-8 of Φ, up to |x| = 14.5, where Φ leaves float's
// range). Both are our own minimax fits. Worst of every 97th float: Φ is within 7.6e-8, and for x < 0 within
// (x²/2 + 5.3) · 2^-24 · Φ, x²/2 because rounding x² moves its exponential by so many roundings.
struct Normal {
  Vec distribution, density;
};
NETWRIGHT_INLINE Normal normal(Vec x) {
  const Vec z = mul(x, x), size = abs(x), one = set(1.0f), half = set(0.5f);
  Vec r = set(9.246837176665051e-5f);
  r = fma(r, z, set(-0.0011653507394609047f));
  r = fma(r, z, set(0.009964166799847032f));
  r = fma(r, z, set(-0.06648872999186217f));
  r = fma(r, z, set(0.3989421989823029f));

  const Vec e = exp(mul(set(-0.5f), z)), t = div(one, fma(half, size, one));
  Vec p = set(-0.1280183906639073f);
  p = fma(p, t, set(0.3749414601149304f));
  p = fma(p, t, set(-0.342222424793512f));
  p = fma(p, t, set(0.006497665386387835f));
  p = fma(p, t, set(0.038347833128134806f));
  p = fma(p, t, set(0.15060065281371615f));
  p = fma(p, t, set(0.19943912114163784f));
  p = fma(p, t, set(0.19947084511920354f));
  const Vec tail = mul(e, mul(p, t));
  const Vec outside = select(greater(x, zero()), sub(one, tail), tail);
  return {select(greater(one, size), fma(x, r, half), outside), mul(e, set(0.398942280401432678f))};
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
