// The vector wrapper for AVX2 with FMA: 8 floats, 16 registers.
#pragma once
#include <immintrin.h>

#define NETWRIGHT_ISA avx2
#include "common.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr const char* isaName = "avx2";
constexpr int lanes = 8;
// gemm's register tile (see avx512.h): 12 + 1 + 1 and 12 + 2 + 1 of 16 registers.
constexpr int tileVectors = 2;
constexpr int tileRows[tileVectors + 1] = {0, 12, 6};
// From so many row tiles on, copying B pays (see gemm.h): at (100,50,784) 0.79 of peak without it, 0.87 with
// it; at (20,50,784) 0.70 and 0.66.
constexpr int copyTiles = 8;
constexpr int steppedVectors = tileVectors;  // widest tile of a convolution

using Vec = __m256;
using IntVec = __m256i;
using Mask = __m256;

NETWRIGHT_INLINE Vec zero() { return _mm256_setzero_ps(); }
NETWRIGHT_INLINE Vec set(float x) { return _mm256_set1_ps(x); }
NETWRIGHT_INLINE Mask firstLanes(int64_t count) {
  const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), index));
}
NETWRIGHT_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
NETWRIGHT_INLINE void store(float* p, Vec x) { _mm256_storeu_ps(p, x); }
// The first `count` lanes (0 to lanes) from or to memory, which is touched nowhere else; other lanes load as
// 0.
NETWRIGHT_INLINE Vec loadPartial(const float* p, int64_t count) {
  return _mm256_maskload_ps(p, _mm256_castps_si256(firstLanes(count)));
}
// In halves of halves: AMD's masked store is microcode, tens of cycles each.
NETWRIGHT_INLINE void storePartial(float* p, Vec x, int64_t count) {
  if (count >= 8) return store(p, x);
  __m128 rest = _mm256_castps256_ps128(x);
  if (count & 4) {
    _mm_storeu_ps(p, rest);
    rest = _mm256_extractf128_ps(x, 1);
    p += 4;
  }
  if (count & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(p), rest);
    rest = _mm_movehl_ps(rest, rest);
    p += 2;
  }
  if (count & 1) _mm_store_ss(p, rest);
}
NETWRIGHT_INLINE Vec loadBytes(const uint8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
// Into the second-level cache, which takes more misses at a time than the first.
NETWRIGHT_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

// x in a register: GCC else may load it again from memory for each of its uses.
NETWRIGHT_INLINE Vec held(Vec x) { return NETWRIGHT_HELD(x, "x"); }
NETWRIGHT_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
NETWRIGHT_INLINE Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
NETWRIGHT_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
NETWRIGHT_INLINE Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
NETWRIGHT_INLINE Vec sqrt(Vec a) { return _mm256_sqrt_ps(a); }
NETWRIGHT_INLINE double squareRoot(double a) { return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(a))); }
// a · b + c, rounded once where the ISA can.
NETWRIGHT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
// Constants go first: when an operand is NaN, x86 answers the second one.
NETWRIGHT_INLINE Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
NETWRIGHT_INLINE Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }

NETWRIGHT_INLINE Mask greater(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
NETWRIGHT_INLINE Mask equal(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
NETWRIGHT_INLINE Mask isNaN(Vec a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
NETWRIGHT_INLINE Mask equalInt(IntVec a, IntVec b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }
NETWRIGHT_INLINE Mask either(Mask a, Mask b) { return _mm256_or_ps(a, b); }
NETWRIGHT_INLINE Vec select(Mask m, Vec yes, Vec no) { return _mm256_blendv_ps(no, yes, m); }
NETWRIGHT_INLINE uint32_t toBits(Mask m) { return static_cast<uint32_t>(_mm256_movemask_ps(m)); }

NETWRIGHT_INLINE IntVec roundToInt(Vec a) { return _mm256_cvtps_epi32(a); }
NETWRIGHT_INLINE Vec toFloat(IntVec a) { return _mm256_cvtepi32_ps(a); }
NETWRIGHT_INLINE IntVec subInt(IntVec a, IntVec b) { return _mm256_sub_epi32(a, b); }
NETWRIGHT_INLINE IntVec halveInt(IntVec a) { return _mm256_srai_epi32(a, 1); }
// 2^n for -127 < n < 128, by writing the exponent field.
NETWRIGHT_INLINE Vec powerOfTwo(IntVec n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

NETWRIGHT_INLINE IntVec setInt(uint32_t a) { return _mm256_set1_epi32(static_cast<int>(a)); }
NETWRIGHT_INLINE IntVec loadInt(const uint32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
NETWRIGHT_INLINE IntVec addInt(IntVec a, IntVec b) { return _mm256_add_epi32(a, b); }
NETWRIGHT_INLINE IntVec xorInt(IntVec a, IntVec b) { return _mm256_xor_si256(a, b); }
NETWRIGHT_INLINE IntVec andInt(IntVec a, IntVec b) { return _mm256_and_si256(a, b); }
// Down to the exponent field and what is above it, keeping the sign.
NETWRIGHT_INLINE IntVec shiftRight23(IntVec a) { return _mm256_srai_epi32(a, 23); }
// The same bits, for select and store: no instruction.
NETWRIGHT_INLINE Vec asFloats(IntVec a) { return _mm256_castsi256_ps(a); }
NETWRIGHT_INLINE IntVec asInts(Vec a) { return _mm256_castps_si256(a); }
// The upper 24 bits of each lane, as a float.
NETWRIGHT_INLINE Vec upper24(IntVec a) { return _mm256_cvtepi32_ps(_mm256_srli_epi32(a, 8)); }
// p[index] for each lane.
NETWRIGHT_INLINE Vec gather(const float* p, IntVec index) { return _mm256_i32gather_ps(p, index, 4); }
// Low halves of the 64-bit products of unsigned lanes; the high halves go to `high`.
NETWRIGHT_INLINE IntVec multiplyWide(IntVec a, IntVec b, IntVec& high) {
  const IntVec even = _mm256_mul_epu32(a, b);
  const IntVec odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
  high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}
// Lanes 0, 2, 4, … and 1, 3, 5, … of the 2 · lanes floats that a and b hold: per 128-bit half, then the
// 64-bit quarters into order.
NETWRIGHT_INLINE void deinterleave(Vec a, Vec b, Vec& even, Vec& odd) {
  const __m256d evens = _mm256_castps_pd(_mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)));
  const __m256d odds = _mm256_castps_pd(_mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)));
  even = _mm256_castpd_ps(_mm256_permute4x64_pd(evens, _MM_SHUFFLE(3, 1, 2, 0)));
  odd = _mm256_castpd_ps(_mm256_permute4x64_pd(odds, _MM_SHUFFLE(3, 1, 2, 0)));
}
// The reverse: a[0], b[0], a[1], b[1], …, the first `lanes` of them in low, the rest in high.
NETWRIGHT_INLINE void interleave(Vec a, Vec b, Vec& low, Vec& high) {
  const Vec evens = _mm256_unpacklo_ps(a, b), odds = _mm256_unpackhi_ps(a, b);
  low = _mm256_permute2f128_ps(evens, odds, 0x20);
  high = _mm256_permute2f128_ps(evens, odds, 0x31);
}
// The lower half of a, then that of b.
NETWRIGHT_INLINE Vec lowerHalves(Vec a, Vec b) { return _mm256_permute2f128_ps(a, b, 0x20); }
// The upper half of a, then that of b.
NETWRIGHT_INLINE Vec upperHalves(Vec a, Vec b) { return _mm256_permute2f128_ps(a, b, 0x31); }
// Lane e of block l of 4 lanes holds one counter's word in each of a, b, c, d: the four go to p + 4 · (e ·
// lanes / 4 + l), which takes no exchange between blocks.
NETWRIGHT_INLINE void storeInterleaved(float* p, Vec a, Vec b, Vec c, Vec d) {
  const Vec ab0 = _mm256_unpacklo_ps(a, b), ab2 = _mm256_unpackhi_ps(a, b);
  const Vec cd0 = _mm256_unpacklo_ps(c, d), cd2 = _mm256_unpackhi_ps(c, d);
  store(p, _mm256_shuffle_ps(ab0, cd0, _MM_SHUFFLE(1, 0, 1, 0)));
  store(p + lanes, _mm256_shuffle_ps(ab0, cd0, _MM_SHUFFLE(3, 2, 3, 2)));
  store(p + 2 * lanes, _mm256_shuffle_ps(ab2, cd2, _MM_SHUFFLE(1, 0, 1, 0)));
  store(p + 3 * lanes, _mm256_shuffle_ps(ab2, cd2, _MM_SHUFFLE(3, 2, 3, 2)));
}

// Sums pairs of lanes at distance 4, 2, 1.
NETWRIGHT_INLINE float reduceAdd(Vec a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
NETWRIGHT_INLINE float reduceMax(Vec a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// to[j][i] = from[i][j] for a block of lanes by lanes: 2x2, then 4x4, then the 128-bit halves.
NETWRIGHT_INLINE void transpose(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  Vec r[8], t[8];
  NETWRIGHT_UNROLL
  for (int i = 0; i < 8; ++i) r[i] = load(from + i * fromStride);
  NETWRIGHT_UNROLL
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  NETWRIGHT_UNROLL
  for (int i = 0; i < 8; i += 4) {
    NETWRIGHT_UNROLL
    for (int j = 0; j < 2; ++j) {
      r[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], _MM_SHUFFLE(1, 0, 1, 0));
      r[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], _MM_SHUFFLE(3, 2, 3, 2));
    }
  }
  NETWRIGHT_UNROLL
  for (int j = 0; j < 4; ++j) {
    store(to + j * toStride, _mm256_permute2f128_ps(r[j], r[4 + j], 0x20));
    store(to + (4 + j) * toStride, _mm256_permute2f128_ps(r[j], r[4 + j], 0x31));
  }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
