// The vector wrapper for WebAssembly SIMD128: 4 floats, no fused multiply-add. Operations are those of sse2.h
// one for one, so that the two give the same bits where no denormals occur: WebAssembly cannot flush them.
#pragma once
#include <wasm_simd128.h>

#define NETWRIGHT_ISA simd128
#include "common.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr const char* isaName = "simd128";
constexpr int lanes = 4;
// gemm's register tile (see avx512.h): the engine has the 16 registers of an x64 CPU, or the 32 of an arm64
// one.
constexpr int tileVectors = 3;
constexpr int tileRows[tileVectors + 1] = {0, 12, 6, 4};
// From so many row tiles on, copying B pays (see gemm.h).
constexpr int copyTiles = 8;
constexpr int steppedVectors = 2;  // widest tile of a convolution

using Vec = v128_t;
using IntVec = v128_t;
using Mask = v128_t;

NETWRIGHT_INLINE Vec zero() { return wasm_f32x4_const_splat(0.0f); }
NETWRIGHT_INLINE Vec set(float x) { return wasm_f32x4_splat(x); }
NETWRIGHT_INLINE Mask firstLanes(int64_t count) {
  return wasm_i32x4_gt(wasm_i32x4_splat(static_cast<int32_t>(count)), wasm_i32x4_const(0, 1, 2, 3));
}
NETWRIGHT_INLINE Vec load(const float* p) { return wasm_v128_load(p); }
NETWRIGHT_INLINE void store(float* p, Vec x) { wasm_v128_store(p, x); }
// The first `count` lanes (0 to lanes) from or to memory, which is touched nowhere else; other lanes load as
// 0.
NETWRIGHT_INLINE Vec loadPartial(const float* p, int64_t count) {
  if (count >= 4) return load(p);
  const Vec one = count & 1 ? wasm_v128_load32_zero(p + (count & 2)) : zero();
  return count & 2 ? wasm_i64x2_shuffle(wasm_v128_load64_zero(p), one, 0, 2) : one;
}
NETWRIGHT_INLINE void storePartial(float* p, Vec x, int64_t count) {
  if (count >= 4) return store(p, x);
  if (count & 2) {
    wasm_v128_store64_lane(p, x, 0);
    x = wasm_i64x2_shuffle(x, x, 1, 1);
  }
  if (count & 1) wasm_v128_store32_lane(p + (count & 2), x, 0);
}
NETWRIGHT_INLINE Vec loadBytes(const uint8_t* p) {
  const Vec bytes = wasm_v128_load32_zero(p);
  return wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(bytes)));
}
NETWRIGHT_INLINE void prefetch(const void*) {}

NETWRIGHT_INLINE Vec held(Vec x) { return x; }
NETWRIGHT_INLINE Vec add(Vec a, Vec b) { return wasm_f32x4_add(a, b); }
NETWRIGHT_INLINE Vec sub(Vec a, Vec b) { return wasm_f32x4_sub(a, b); }
NETWRIGHT_INLINE Vec mul(Vec a, Vec b) { return wasm_f32x4_mul(a, b); }
NETWRIGHT_INLINE Vec div(Vec a, Vec b) { return wasm_f32x4_div(a, b); }
NETWRIGHT_INLINE Vec sqrt(Vec a) { return wasm_f32x4_sqrt(a); }
NETWRIGHT_INLINE double squareRoot(double a) { return __builtin_sqrt(a); }
// a · b + c, rounded twice: a relaxed fused one would differ from machine to machine.
NETWRIGHT_INLINE Vec fma(Vec a, Vec b, Vec c) { return wasm_f32x4_add(wasm_f32x4_mul(a, b), c); }
// Constants go first: when an operand is NaN, x86 answers the second one, and so do these.
NETWRIGHT_INLINE Vec max(Vec a, Vec b) { return wasm_f32x4_pmax(b, a); }
NETWRIGHT_INLINE Vec min(Vec a, Vec b) { return wasm_f32x4_pmin(b, a); }

NETWRIGHT_INLINE Mask greater(Vec a, Vec b) { return wasm_f32x4_gt(a, b); }
NETWRIGHT_INLINE Mask equal(Vec a, Vec b) { return wasm_f32x4_eq(a, b); }
NETWRIGHT_INLINE Mask isNaN(Vec a) { return wasm_f32x4_ne(a, a); }
NETWRIGHT_INLINE Mask equalInt(IntVec a, IntVec b) { return wasm_i32x4_eq(a, b); }
NETWRIGHT_INLINE Mask either(Mask a, Mask b) { return wasm_v128_or(a, b); }
NETWRIGHT_INLINE Vec select(Mask m, Vec yes, Vec no) { return wasm_v128_bitselect(yes, no, m); }
NETWRIGHT_INLINE uint32_t toBits(Mask m) { return static_cast<uint32_t>(wasm_i32x4_bitmask(m)); }

NETWRIGHT_INLINE IntVec roundToInt(Vec a) { return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(a)); }
NETWRIGHT_INLINE Vec toFloat(IntVec a) { return wasm_f32x4_convert_i32x4(a); }
NETWRIGHT_INLINE IntVec subInt(IntVec a, IntVec b) { return wasm_i32x4_sub(a, b); }
NETWRIGHT_INLINE IntVec halveInt(IntVec a) { return wasm_i32x4_shr(a, 1); }
// 2^n for -127 < n < 128, by writing the exponent field.
NETWRIGHT_INLINE Vec powerOfTwo(IntVec n) {
  return wasm_i32x4_shl(wasm_i32x4_add(n, wasm_i32x4_const_splat(127)), 23);
}

NETWRIGHT_INLINE IntVec setInt(uint32_t a) { return wasm_i32x4_splat(static_cast<int32_t>(a)); }
NETWRIGHT_INLINE IntVec loadInt(const uint32_t* p) { return wasm_v128_load(p); }
NETWRIGHT_INLINE IntVec addInt(IntVec a, IntVec b) { return wasm_i32x4_add(a, b); }
NETWRIGHT_INLINE IntVec xorInt(IntVec a, IntVec b) { return wasm_v128_xor(a, b); }
NETWRIGHT_INLINE IntVec andInt(IntVec a, IntVec b) { return wasm_v128_and(a, b); }
// Down to the exponent field and what is above it, keeping the sign.
NETWRIGHT_INLINE IntVec shiftRight23(IntVec a) { return wasm_i32x4_shr(a, 23); }
// The same bits, for select and store: no instruction.
NETWRIGHT_INLINE Vec asFloats(IntVec a) { return a; }
NETWRIGHT_INLINE IntVec asInts(Vec a) { return a; }
// The upper 24 bits of each lane, as a float.
NETWRIGHT_INLINE Vec upper24(IntVec a) { return wasm_f32x4_convert_i32x4(wasm_u32x4_shr(a, 8)); }
// p[index] for each lane.
NETWRIGHT_INLINE Vec gather(const float* p, IntVec index) {
  return wasm_f32x4_make(p[wasm_i32x4_extract_lane(index, 0)], p[wasm_i32x4_extract_lane(index, 1)],
                         p[wasm_i32x4_extract_lane(index, 2)], p[wasm_i32x4_extract_lane(index, 3)]);
}
// Low halves of the 64-bit products of unsigned lanes; the high halves go to `high`.
NETWRIGHT_INLINE IntVec multiplyWide(IntVec a, IntVec b, IntVec& high) {
  const IntVec first = wasm_u64x2_extmul_low_u32x4(a, b), second = wasm_u64x2_extmul_high_u32x4(a, b);
  high = wasm_i32x4_shuffle(first, second, 1, 3, 5, 7);
  return wasm_i32x4_shuffle(first, second, 0, 2, 4, 6);
}
// Lanes 0, 2, 4, … and 1, 3, 5, … of the 2 · lanes floats that a and b hold.
NETWRIGHT_INLINE void deinterleave(Vec a, Vec b, Vec& even, Vec& odd) {
  even = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6);
  odd = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
}
// The reverse: a[0], b[0], a[1], b[1], …, the first `lanes` of them in low, the rest in high.
NETWRIGHT_INLINE void interleave(Vec a, Vec b, Vec& low, Vec& high) {
  low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
  high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
}
// The lower half of a, then that of b.
NETWRIGHT_INLINE Vec lowerHalves(Vec a, Vec b) { return wasm_i64x2_shuffle(a, b, 0, 2); }
// The upper half of a, then that of b.
NETWRIGHT_INLINE Vec upperHalves(Vec a, Vec b) { return wasm_i64x2_shuffle(a, b, 1, 3); }
// Lane e of block l of 4 lanes holds one counter's word in each of a, b, c, d: the four go to p + 4 · (e ·
// lanes / 4 + l), which takes no exchange between blocks.
NETWRIGHT_INLINE void storeInterleaved(float* p, Vec a, Vec b, Vec c, Vec d) {
  Vec ab0, ab2, cd0, cd2;
  interleave(a, b, ab0, ab2);
  interleave(c, d, cd0, cd2);
  store(p, lowerHalves(ab0, cd0));
  store(p + lanes, upperHalves(ab0, cd0));
  store(p + 2 * lanes, lowerHalves(ab2, cd2));
  store(p + 3 * lanes, upperHalves(ab2, cd2));
}

// Sums pairs of lanes at distance 2, 1.
NETWRIGHT_INLINE float reduceAdd(Vec a) {
  const Vec two = add(a, wasm_i64x2_shuffle(a, a, 1, 1));
  return wasm_f32x4_extract_lane(two, 0) + wasm_f32x4_extract_lane(two, 1);
}
NETWRIGHT_INLINE float reduceMax(Vec a) {
  const Vec two = max(a, wasm_i64x2_shuffle(a, a, 1, 1));
  return wasm_f32x4_extract_lane(max(two, wasm_i32x4_shuffle(two, two, 1, 1, 1, 1)), 0);
}

// to[j][i] = from[i][j] for a block of lanes by lanes.
NETWRIGHT_INLINE void transpose(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  Vec low01, high01, low23, high23;
  interleave(load(from), load(from + fromStride), low01, high01);
  interleave(load(from + 2 * fromStride), load(from + 3 * fromStride), low23, high23);
  store(to, lowerHalves(low01, low23));
  store(to + toStride, upperHalves(low01, low23));
  store(to + 2 * toStride, lowerHalves(high01, high23));
  store(to + 3 * toStride, upperHalves(high01, high23));
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
