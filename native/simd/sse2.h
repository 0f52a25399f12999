// The vector wrapper for SSE2, which every x64 CPU has: 4 floats, 16 registers, no fused multiply-add.
#pragma once
#include <emmintrin.h>

#define NETWRIGHT_ISA sse2
#include "common.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr const char* isaName = "sse2";
constexpr int lanes = 4;
// gemm's register tile (see avx512.h): 12 accumulators, one broadcast of A, one product. A broadcast costs
// two instructions here, so the tile is wide rather than tall.
constexpr int tileVectors = 3;
constexpr int tileRows[tileVectors + 1] = {0, 12, 6, 4};
// From so many row tiles on, copying B pays (see gemm.h).
constexpr int copyTiles = 8;
// A convolution's tile keeps its vectors of B in registers, where 12 accumulators of 3 vectors do not fit:
// one goes through memory. 16x28x28 with 16 filters of 3x3: 0.8 of peak with 2 vectors, 0.35 with 3.
constexpr int steppedVectors = 2;

using Vec = __m128;
using IntVec = __m128i;
using Mask = __m128;

NETWRIGHT_INLINE Vec zero() { return _mm_setzero_ps(); }
NETWRIGHT_INLINE Vec set(float x) { return _mm_set1_ps(x); }
NETWRIGHT_INLINE Mask firstLanes(int64_t count) {
  return _mm_castsi128_ps(
      _mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int>(count)), _mm_setr_epi32(0, 1, 2, 3)));
}
NETWRIGHT_INLINE Vec load(const float* p) { return _mm_loadu_ps(p); }
NETWRIGHT_INLINE void store(float* p, Vec x) { _mm_storeu_ps(p, x); }
// The first `count` lanes (0 to lanes) from or to memory, which is touched nowhere else; other lanes load as
// 0.
NETWRIGHT_INLINE Vec loadPartial(const float* p, int64_t count) {
  if (count >= 4) return load(p);
  const Vec one = count & 1 ? _mm_load_ss(p + (count & 2)) : zero();
  return count & 2 ? _mm_movelh_ps(_mm_loadl_pi(zero(), reinterpret_cast<const __m64*>(p)), one) : one;
}
NETWRIGHT_INLINE void storePartial(float* p, Vec x, int64_t count) {
  if (count >= 4) return store(p, x);
  if (count & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(p), x);
    x = _mm_movehl_ps(x, x);
  }
  if (count & 1) _mm_store_ss(p + (count & 2), x);
}
NETWRIGHT_INLINE Vec loadBytes(const uint8_t* p) {
  const uint32_t four = p[0] | p[1] << 8 | p[2] << 16 | static_cast<uint32_t>(p[3]) << 24;
  const __m128i bytes = _mm_cvtsi32_si128(static_cast<int>(four)), none = _mm_setzero_si128();
  return _mm_cvtepi32_ps(_mm_unpacklo_epi16(_mm_unpacklo_epi8(bytes, none), none));
}
// Into the second-level cache, which takes more misses at a time than the first.
NETWRIGHT_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

// x in a register: GCC else may load it again from memory for each of its uses.
NETWRIGHT_INLINE Vec held(Vec x) { return NETWRIGHT_HELD(x, "x"); }
NETWRIGHT_INLINE Vec add(Vec a, Vec b) { return _mm_add_ps(a, b); }
NETWRIGHT_INLINE Vec sub(Vec a, Vec b) { return _mm_sub_ps(a, b); }
NETWRIGHT_INLINE Vec mul(Vec a, Vec b) { return _mm_mul_ps(a, b); }
NETWRIGHT_INLINE Vec div(Vec a, Vec b) { return _mm_div_ps(a, b); }
NETWRIGHT_INLINE Vec sqrt(Vec a) { return _mm_sqrt_ps(a); }
NETWRIGHT_INLINE double squareRoot(double a) { return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(a))); }
// a · b + c, rounded once where the ISA can.
NETWRIGHT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
// Constants go first: when an operand is NaN, x86 answers the second one.
NETWRIGHT_INLINE Vec max(Vec a, Vec b) { return _mm_max_ps(a, b); }
NETWRIGHT_INLINE Vec min(Vec a, Vec b) { return _mm_min_ps(a, b); }

NETWRIGHT_INLINE Mask greater(Vec a, Vec b) { return _mm_cmpgt_ps(a, b); }
NETWRIGHT_INLINE Mask equal(Vec a, Vec b) { return _mm_cmpeq_ps(a, b); }
NETWRIGHT_INLINE Mask isNaN(Vec a) { return _mm_cmpunord_ps(a, a); }
NETWRIGHT_INLINE Mask equalInt(IntVec a, IntVec b) { return _mm_castsi128_ps(_mm_cmpeq_epi32(a, b)); }
NETWRIGHT_INLINE Mask either(Mask a, Mask b) { return _mm_or_ps(a, b); }
NETWRIGHT_INLINE Vec select(Mask m, Vec yes, Vec no) {
  return _mm_or_ps(_mm_and_ps(m, yes), _mm_andnot_ps(m, no));
}
NETWRIGHT_INLINE uint32_t toBits(Mask m) { return static_cast<uint32_t>(_mm_movemask_ps(m)); }

NETWRIGHT_INLINE IntVec roundToInt(Vec a) { return _mm_cvtps_epi32(a); }
NETWRIGHT_INLINE Vec toFloat(IntVec a) { return _mm_cvtepi32_ps(a); }
NETWRIGHT_INLINE IntVec subInt(IntVec a, IntVec b) { return _mm_sub_epi32(a, b); }
NETWRIGHT_INLINE IntVec halveInt(IntVec a) { return _mm_srai_epi32(a, 1); }
// 2^n for -127 < n < 128, by writing the exponent field.
NETWRIGHT_INLINE Vec powerOfTwo(IntVec n) {
  return _mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(n, _mm_set1_epi32(127)), 23));
}

NETWRIGHT_INLINE IntVec setInt(uint32_t a) { return _mm_set1_epi32(static_cast<int>(a)); }
NETWRIGHT_INLINE IntVec loadInt(const uint32_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
NETWRIGHT_INLINE IntVec addInt(IntVec a, IntVec b) { return _mm_add_epi32(a, b); }
NETWRIGHT_INLINE IntVec xorInt(IntVec a, IntVec b) { return _mm_xor_si128(a, b); }
NETWRIGHT_INLINE IntVec andInt(IntVec a, IntVec b) { return _mm_and_si128(a, b); }
// Down to the exponent field and what is above it, keeping the sign.
NETWRIGHT_INLINE IntVec shiftRight23(IntVec a) { return _mm_srai_epi32(a, 23); }
// The same bits, for select and store: no instruction.
NETWRIGHT_INLINE Vec asFloats(IntVec a) { return _mm_castsi128_ps(a); }
NETWRIGHT_INLINE IntVec asInts(Vec a) { return _mm_castps_si128(a); }
// The upper 24 bits of each lane, as a float.
NETWRIGHT_INLINE Vec upper24(IntVec a) { return _mm_cvtepi32_ps(_mm_srli_epi32(a, 8)); }
// p[index] for each lane.
NETWRIGHT_INLINE Vec gather(const float* p, IntVec index) {
  int32_t at[lanes];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), index);
  return _mm_setr_ps(p[at[0]], p[at[1]], p[at[2]], p[at[3]]);
}
// Low halves of the 64-bit products of unsigned lanes; the high halves go to `high`.
NETWRIGHT_INLINE IntVec multiplyWide(IntVec a, IntVec b, IntVec& high) {
  const Vec even = _mm_castsi128_ps(_mm_mul_epu32(a, b));
  const Vec odd = _mm_castsi128_ps(_mm_mul_epu32(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32)));
  const IntVec low02 =
      _mm_castps_si128(_mm_shuffle_ps(even, odd, _MM_SHUFFLE(2, 0, 2, 0)));  // lanes 0, 2, 1, 3
  const IntVec high02 = _mm_castps_si128(_mm_shuffle_ps(even, odd, _MM_SHUFFLE(3, 1, 3, 1)));
  high = _mm_shuffle_epi32(high02, _MM_SHUFFLE(3, 1, 2, 0));
  return _mm_shuffle_epi32(low02, _MM_SHUFFLE(3, 1, 2, 0));
}
// Lanes 0, 2, 4, … and 1, 3, 5, … of the 2 · lanes floats that a and b hold.
NETWRIGHT_INLINE void deinterleave(Vec a, Vec b, Vec& even, Vec& odd) {
  even = _mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
  odd = _mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
}
// The reverse: a[0], b[0], a[1], b[1], …, the first `lanes` of them in low, the rest in high.
NETWRIGHT_INLINE void interleave(Vec a, Vec b, Vec& low, Vec& high) {
  low = _mm_unpacklo_ps(a, b);
  high = _mm_unpackhi_ps(a, b);
}
// The lower half of a, then that of b.
NETWRIGHT_INLINE Vec lowerHalves(Vec a, Vec b) { return _mm_movelh_ps(a, b); }
// The upper half of a, then that of b.
NETWRIGHT_INLINE Vec upperHalves(Vec a, Vec b) { return _mm_movehl_ps(b, a); }
// Lane e of block l of 4 lanes holds one counter's word in each of a, b, c, d: the four go to p + 4 · (e ·
// lanes / 4 + l), which takes no exchange between blocks.
NETWRIGHT_INLINE void storeInterleaved(float* p, Vec a, Vec b, Vec c, Vec d) {
  const Vec ab0 = _mm_unpacklo_ps(a, b), ab2 = _mm_unpackhi_ps(a, b);
  const Vec cd0 = _mm_unpacklo_ps(c, d), cd2 = _mm_unpackhi_ps(c, d);
  store(p, _mm_movelh_ps(ab0, cd0));
  store(p + lanes, _mm_movehl_ps(cd0, ab0));
  store(p + 2 * lanes, _mm_movelh_ps(ab2, cd2));
  store(p + 3 * lanes, _mm_movehl_ps(cd2, ab2));
}

// Sums pairs of lanes at distance 2, 1.
NETWRIGHT_INLINE float reduceAdd(Vec a) {
  const __m128 two = _mm_add_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
NETWRIGHT_INLINE float reduceMax(Vec a) {
  const __m128 two = _mm_max_ps(a, _mm_movehl_ps(a, a));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// to[j][i] = from[i][j] for a block of lanes by lanes.
NETWRIGHT_INLINE void transpose(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  const Vec r0 = load(from), r1 = load(from + fromStride);
  const Vec r2 = load(from + 2 * fromStride), r3 = load(from + 3 * fromStride);
  const Vec low01 = _mm_unpacklo_ps(r0, r1), high01 = _mm_unpackhi_ps(r0, r1);
  const Vec low23 = _mm_unpacklo_ps(r2, r3), high23 = _mm_unpackhi_ps(r2, r3);
  store(to, _mm_movelh_ps(low01, low23));
  store(to + toStride, _mm_movehl_ps(low23, low01));
  store(to + 2 * toStride, _mm_movelh_ps(high01, high23));
  store(to + 3 * toStride, _mm_movehl_ps(high23, high01));
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
