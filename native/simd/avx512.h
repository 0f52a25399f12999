// The vector wrapper for AVX-512 (F, BW, DQ, VL): 16 floats, 32 registers, masked loads and stores.
#pragma once
#include <immintrin.h>

#define NETWRIGHT_ISA avx512
#include "common.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr const char* isaName = "avx512";
constexpr int lanes = 16;
// gemm's register tile: tileRows[v] rows by v vectors, for v up to tileVectors. Accumulators + v vectors of B
// + one broadcast of A fit the 32 registers: 14 + 1 + 1, 28 + 2 + 1, 27 + 3 + 1.
constexpr int tileVectors = 3;
constexpr int tileRows[tileVectors + 1] = {0, 14, 14, 9};
// From so many row tiles on, copying B pays. Reading it where it lies, rows 200 bytes apart across cache
// lines and all, is hidden behind 27 multiply-adds a row: at (100,50,784) 0.95 of peak without the copy, 0.91
// with it.
constexpr int copyTiles = 32;
constexpr int steppedVectors = tileVectors;  // widest tile of a convolution

using Vec = __m512;
using IntVec = __m512i;
using Mask = __mmask16;

NETWRIGHT_INLINE Vec zero() { return _mm512_setzero_ps(); }
NETWRIGHT_INLINE Vec set(float x) { return _mm512_set1_ps(x); }
NETWRIGHT_INLINE Mask firstLanes(int64_t count) { return static_cast<Mask>((1u << count) - 1); }
NETWRIGHT_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
NETWRIGHT_INLINE void store(float* p, Vec x) { _mm512_storeu_ps(p, x); }
// The first `count` lanes (0 to lanes) from or to memory, which is touched nowhere else; other lanes load as
// 0.
NETWRIGHT_INLINE Vec loadPartial(const float* p, int64_t count) {
  return _mm512_maskz_loadu_ps(firstLanes(count), p);
}
NETWRIGHT_INLINE void storePartial(float* p, Vec x, int64_t count) {
  _mm512_mask_storeu_ps(p, firstLanes(count), x);
}
NETWRIGHT_INLINE Vec loadBytes(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
// Into the second-level cache, which takes more misses at a time than the first.
NETWRIGHT_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

// x in a register: GCC else may load it again from memory for each of its uses.
NETWRIGHT_INLINE Vec held(Vec x) { return NETWRIGHT_HELD(x, "v"); }
NETWRIGHT_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
NETWRIGHT_INLINE Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
NETWRIGHT_INLINE Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
NETWRIGHT_INLINE Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
NETWRIGHT_INLINE Vec sqrt(Vec a) { return _mm512_sqrt_ps(a); }
NETWRIGHT_INLINE double squareRoot(double a) { return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(a))); }
// a · b + c, rounded once where the ISA can.
NETWRIGHT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
// Constants go first: when an operand is NaN, x86 answers the second one.
NETWRIGHT_INLINE Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
NETWRIGHT_INLINE Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }

NETWRIGHT_INLINE Mask greater(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
NETWRIGHT_INLINE Mask equal(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
NETWRIGHT_INLINE Mask isNaN(Vec a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
NETWRIGHT_INLINE Mask equalInt(IntVec a, IntVec b) { return _mm512_cmpeq_epi32_mask(a, b); }
NETWRIGHT_INLINE Mask either(Mask a, Mask b) { return static_cast<Mask>(a | b); }
NETWRIGHT_INLINE Vec select(Mask m, Vec yes, Vec no) { return _mm512_mask_blend_ps(m, no, yes); }
NETWRIGHT_INLINE uint32_t toBits(Mask m) { return m; }

NETWRIGHT_INLINE IntVec roundToInt(Vec a) { return _mm512_cvtps_epi32(a); }
NETWRIGHT_INLINE Vec toFloat(IntVec a) { return _mm512_cvtepi32_ps(a); }
NETWRIGHT_INLINE IntVec subInt(IntVec a, IntVec b) { return _mm512_sub_epi32(a, b); }
NETWRIGHT_INLINE IntVec halveInt(IntVec a) { return _mm512_srai_epi32(a, 1); }
// 2^n for -127 < n < 128, by writing the exponent field.
NETWRIGHT_INLINE Vec powerOfTwo(IntVec n) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(n, _mm512_set1_epi32(127)), 23));
}

NETWRIGHT_INLINE IntVec setInt(uint32_t a) { return _mm512_set1_epi32(static_cast<int>(a)); }
NETWRIGHT_INLINE IntVec loadInt(const uint32_t* p) { return _mm512_loadu_si512(p); }
NETWRIGHT_INLINE IntVec addInt(IntVec a, IntVec b) { return _mm512_add_epi32(a, b); }
NETWRIGHT_INLINE IntVec xorInt(IntVec a, IntVec b) { return _mm512_xor_si512(a, b); }
NETWRIGHT_INLINE IntVec andInt(IntVec a, IntVec b) { return _mm512_and_si512(a, b); }
// Down to the exponent field and what is above it, keeping the sign.
NETWRIGHT_INLINE IntVec shiftRight23(IntVec a) { return _mm512_srai_epi32(a, 23); }
// The same bits, for select and store: no instruction.
NETWRIGHT_INLINE Vec asFloats(IntVec a) { return _mm512_castsi512_ps(a); }
NETWRIGHT_INLINE IntVec asInts(Vec a) { return _mm512_castps_si512(a); }
// The upper 24 bits of each lane, as a float.
NETWRIGHT_INLINE Vec upper24(IntVec a) { return _mm512_cvtepi32_ps(_mm512_srli_epi32(a, 8)); }
// p[index] for each lane.
NETWRIGHT_INLINE Vec gather(const float* p, IntVec index) { return _mm512_i32gather_ps(index, p, 4); }
// Low halves of the 64-bit products of unsigned lanes; the high halves go to `high`.
NETWRIGHT_INLINE IntVec multiplyWide(IntVec a, IntVec b, IntVec& high) {
  const IntVec even = _mm512_mul_epu32(a, b);
  const IntVec odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32));
  high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
  return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}
// Lanes 0, 2, 4, … and 1, 3, 5, … of the 2 · lanes floats that a and b hold.
NETWRIGHT_INLINE void deinterleave(Vec a, Vec b, Vec& even, Vec& odd) {
  const IntVec evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  even = _mm512_permutex2var_ps(a, evens, b);
  odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(evens, _mm512_set1_epi32(1)), b);
}
// The reverse: a[0], b[0], a[1], b[1], …, the first `lanes` of them in low, the rest in high.
NETWRIGHT_INLINE void interleave(Vec a, Vec b, Vec& low, Vec& high) {
  const IntVec first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  low = _mm512_permutex2var_ps(a, first, b);
  high = _mm512_permutex2var_ps(a, _mm512_add_epi32(first, _mm512_set1_epi32(8)), b);
}
// The lower half of a, then that of b.
NETWRIGHT_INLINE Vec lowerHalves(Vec a, Vec b) { return _mm512_shuffle_f32x4(a, b, 0x44); }
// The upper half of a, then that of b.
NETWRIGHT_INLINE Vec upperHalves(Vec a, Vec b) { return _mm512_shuffle_f32x4(a, b, 0xee); }
// Lane e of block l of 4 lanes holds one counter's word in each of a, b, c, d: the four go to p + 4 · (e ·
// lanes / 4 + l), which takes no exchange between blocks.
NETWRIGHT_INLINE void storeInterleaved(float* p, Vec a, Vec b, Vec c, Vec d) {
  const __m512d ab0 = _mm512_castps_pd(_mm512_unpacklo_ps(a, b)),
                ab2 = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
  const __m512d cd0 = _mm512_castps_pd(_mm512_unpacklo_ps(c, d)),
                cd2 = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
  store(p, _mm512_castpd_ps(_mm512_unpacklo_pd(ab0, cd0)));
  store(p + lanes, _mm512_castpd_ps(_mm512_unpackhi_pd(ab0, cd0)));
  store(p + 2 * lanes, _mm512_castpd_ps(_mm512_unpacklo_pd(ab2, cd2)));
  store(p + 3 * lanes, _mm512_castpd_ps(_mm512_unpackhi_pd(ab2, cd2)));
}

NETWRIGHT_INLINE __m256 upperHalf(Vec a) {
  return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
}
// Sums pairs of lanes at distance 8, 4, 2, 1.
NETWRIGHT_INLINE float reduceAdd(Vec a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), upperHalf(a));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
NETWRIGHT_INLINE float reduceMax(Vec a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a), upperHalf(a));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// to[j][i] = from[i][j] for a block of lanes by lanes: 2x2 by unpacking, 4x4 by 64-bit unpacking, then
// 128-bit quarters.
NETWRIGHT_INLINE void transpose(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  Vec r[16], t[16];
  NETWRIGHT_UNROLL
  for (int i = 0; i < 16; ++i) r[i] = load(from + i * fromStride);
  NETWRIGHT_UNROLL
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  // r[4g + j] holds column 4q + j of rows 4g..4g+3 in its quarter q.
  NETWRIGHT_UNROLL
  for (int i = 0; i < 16; i += 4) {
    NETWRIGHT_UNROLL
    for (int j = 0; j < 2; ++j) {
      const __m512d low = _mm512_castps_pd(t[i + j]), high = _mm512_castps_pd(t[i + j + 2]);
      r[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      r[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  }
  NETWRIGHT_UNROLL
  for (int j = 0; j < 4; ++j) {
    const Vec even0 = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88),
              odd0 = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xdd);
    const Vec even1 = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88);
    const Vec odd1 = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xdd);
    store(to + j * toStride, _mm512_shuffle_f32x4(even0, even1, 0x88));
    store(to + (8 + j) * toStride, _mm512_shuffle_f32x4(even0, even1, 0xdd));
    store(to + (4 + j) * toStride, _mm512_shuffle_f32x4(odd0, odd1, 0x88));
    store(to + (12 + j) * toStride, _mm512_shuffle_f32x4(odd0, odd1, 0xdd));
  }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
