// The vector wrapper for AArch64 NEON: 4 floats, 32 registers, fused multiply-add.
#pragma once
#include <arm_neon.h>

#define NETWRIGHT_ISA neon
#include "common.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr const char* isaName = "neon";
constexpr int lanes = 4;
// gemm's register tile (see avx512.h): 24 accumulators, up to 3 vectors of B, one broadcast of A of 32
// registers.
constexpr int tileVectors = 3;
constexpr int tileRows[tileVectors + 1] = {0, 14, 12, 8};
// From so many row tiles on, copying B pays (see gemm.h). Not measured on this ISA.
constexpr int copyTiles = 8;
constexpr int steppedVectors = tileVectors;  // widest tile of a convolution

using Vec = float32x4_t;
using IntVec = int32x4_t;
using Mask = uint32x4_t;

NETWRIGHT_INLINE Vec zero() { return vdupq_n_f32(0.0f); }
NETWRIGHT_INLINE Vec set(float x) { return vdupq_n_f32(x); }
NETWRIGHT_INLINE Mask firstLanes(int64_t count) {
  const int32_t index[4] = {0, 1, 2, 3};
  return vcgtq_s32(vdupq_n_s32(static_cast<int32_t>(count)), vld1q_s32(index));
}
NETWRIGHT_INLINE Vec load(const float* p) { return vld1q_f32(p); }
NETWRIGHT_INLINE void store(float* p, Vec x) { vst1q_f32(p, x); }
// The first `count` lanes (0 to lanes) from or to memory, which is touched nowhere else; other lanes load as
// 0.
NETWRIGHT_INLINE Vec loadPartial(const float* p, int64_t count) {
  if (count >= 4) return load(p);
  const float32x2_t none = vdup_n_f32(0.0f);
  const float32x2_t one = count & 1 ? vld1_lane_f32(p + (count & 2), none, 0) : none;
  return count & 2 ? vcombine_f32(vld1_f32(p), one) : vcombine_f32(one, none);
}
NETWRIGHT_INLINE void storePartial(float* p, Vec x, int64_t count) {
  if (count >= 4) return store(p, x);
  float32x2_t rest = vget_low_f32(x);
  if (count & 2) {
    vst1_f32(p, rest);
    rest = vget_high_f32(x);
  }
  if (count & 1) vst1_lane_f32(p + (count & 2), rest, 0);
}
NETWRIGHT_INLINE Vec loadBytes(const uint8_t* p) {
  const uint32_t four = p[0] | p[1] << 8 | p[2] << 16 | static_cast<uint32_t>(p[3]) << 24;
  const uint16x8_t wide = vmovl_u8(vcreate_u8(four));
  return vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide)));
}
// Into the second-level cache, which takes more misses at a time than the first.
NETWRIGHT_INLINE void prefetch(const void* p) {
#if defined(_MSC_VER) && !defined(__clang__)
  __prefetch(p);
#else
  __builtin_prefetch(p, 0, 2);
#endif
}

// x in a register: GCC else may load it again from memory for each of its uses.
NETWRIGHT_INLINE Vec held(Vec x) { return NETWRIGHT_HELD(x, "w"); }
NETWRIGHT_INLINE Vec add(Vec a, Vec b) { return vaddq_f32(a, b); }
NETWRIGHT_INLINE Vec sub(Vec a, Vec b) { return vsubq_f32(a, b); }
NETWRIGHT_INLINE Vec mul(Vec a, Vec b) { return vmulq_f32(a, b); }
NETWRIGHT_INLINE Vec div(Vec a, Vec b) { return vdivq_f32(a, b); }
NETWRIGHT_INLINE Vec sqrt(Vec a) { return vsqrtq_f32(a); }
NETWRIGHT_INLINE double squareRoot(double a) { return vgetq_lane_f64(vsqrtq_f64(vdupq_n_f64(a)), 0); }
// a · b + c, rounded once where the ISA can.
NETWRIGHT_INLINE Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
// Constants go first: x86 needs it; here a NaN in either operand stays.
NETWRIGHT_INLINE Vec max(Vec a, Vec b) { return vmaxq_f32(a, b); }
NETWRIGHT_INLINE Vec min(Vec a, Vec b) { return vminq_f32(a, b); }

NETWRIGHT_INLINE Mask greater(Vec a, Vec b) { return vcgtq_f32(a, b); }
NETWRIGHT_INLINE Mask equal(Vec a, Vec b) { return vceqq_f32(a, b); }
NETWRIGHT_INLINE Mask isNaN(Vec a) { return vmvnq_u32(vceqq_f32(a, a)); }
NETWRIGHT_INLINE Mask equalInt(IntVec a, IntVec b) { return vceqq_s32(a, b); }
NETWRIGHT_INLINE Mask either(Mask a, Mask b) { return vorrq_u32(a, b); }
NETWRIGHT_INLINE Vec select(Mask m, Vec yes, Vec no) { return vbslq_f32(m, yes, no); }
NETWRIGHT_INLINE uint32_t toBits(Mask m) {
  const uint32_t weights[4] = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(m, vld1q_u32(weights)));
}

NETWRIGHT_INLINE IntVec roundToInt(Vec a) { return vcvtnq_s32_f32(a); }
NETWRIGHT_INLINE Vec toFloat(IntVec a) { return vcvtq_f32_s32(a); }
NETWRIGHT_INLINE IntVec subInt(IntVec a, IntVec b) { return vsubq_s32(a, b); }
NETWRIGHT_INLINE IntVec halveInt(IntVec a) { return vshrq_n_s32(a, 1); }
// 2^n for -127 < n < 128, by writing the exponent field.
NETWRIGHT_INLINE Vec powerOfTwo(IntVec n) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}

NETWRIGHT_INLINE IntVec setInt(uint32_t a) { return vdupq_n_s32(static_cast<int32_t>(a)); }
NETWRIGHT_INLINE IntVec loadInt(const uint32_t* p) { return vreinterpretq_s32_u32(vld1q_u32(p)); }
NETWRIGHT_INLINE IntVec addInt(IntVec a, IntVec b) { return vaddq_s32(a, b); }
NETWRIGHT_INLINE IntVec xorInt(IntVec a, IntVec b) { return veorq_s32(a, b); }
NETWRIGHT_INLINE IntVec andInt(IntVec a, IntVec b) { return vandq_s32(a, b); }
// Down to the exponent field and what is above it, keeping the sign.
NETWRIGHT_INLINE IntVec shiftRight23(IntVec a) { return vshrq_n_s32(a, 23); }
// The same bits, for select and store: no instruction.
NETWRIGHT_INLINE Vec asFloats(IntVec a) { return vreinterpretq_f32_s32(a); }
NETWRIGHT_INLINE IntVec asInts(Vec a) { return vreinterpretq_s32_f32(a); }
// The upper 24 bits of each lane, as a float.
NETWRIGHT_INLINE Vec upper24(IntVec a) { return vcvtq_f32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), 8)); }
// p[index] for each lane.
NETWRIGHT_INLINE Vec gather(const float* p, IntVec index) {
  const float values[lanes] = {p[vgetq_lane_s32(index, 0)], p[vgetq_lane_s32(index, 1)],
                               p[vgetq_lane_s32(index, 2)], p[vgetq_lane_s32(index, 3)]};
  return load(values);
}
// Low halves of the 64-bit products of unsigned lanes; the high halves go to `high`.
NETWRIGHT_INLINE IntVec multiplyWide(IntVec a, IntVec b, IntVec& high) {
  const uint32x4_t x = vreinterpretq_u32_s32(a), y = vreinterpretq_u32_s32(b);
  const uint32x4_t first = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(x), vget_low_u32(y)));
  const uint32x4_t second = vreinterpretq_u32_u64(vmull_high_u32(x, y));
  high = vreinterpretq_s32_u32(vuzp2q_u32(first, second));
  return vreinterpretq_s32_u32(vuzp1q_u32(first, second));
}
// Lanes 0, 2, 4, … and 1, 3, 5, … of the 2 · lanes floats that a and b hold.
NETWRIGHT_INLINE void deinterleave(Vec a, Vec b, Vec& even, Vec& odd) {
  even = vuzp1q_f32(a, b);
  odd = vuzp2q_f32(a, b);
}
// The reverse: a[0], b[0], a[1], b[1], …, the first `lanes` of them in low, the rest in high.
NETWRIGHT_INLINE void interleave(Vec a, Vec b, Vec& low, Vec& high) {
  low = vzip1q_f32(a, b);
  high = vzip2q_f32(a, b);
}
// The lower half of a, then that of b.
NETWRIGHT_INLINE Vec lowerHalves(Vec a, Vec b) { return vcombine_f32(vget_low_f32(a), vget_low_f32(b)); }
// The upper half of a, then that of b.
NETWRIGHT_INLINE Vec upperHalves(Vec a, Vec b) { return vcombine_f32(vget_high_f32(a), vget_high_f32(b)); }
// Lane e of block l of 4 lanes holds one counter's word in each of a, b, c, d: the four go to p + 4 · (e ·
// lanes / 4 + l), which takes no exchange between blocks.
NETWRIGHT_INLINE void storeInterleaved(float* p, Vec a, Vec b, Vec c, Vec d) {
  vst4q_f32(p, float32x4x4_t{{a, b, c, d}});
}

// Sums pairs of lanes at distance 2, 1.
NETWRIGHT_INLINE float reduceAdd(Vec a) {
  const float32x2_t two = vadd_f32(vget_low_f32(a), vget_high_f32(a));
  return vget_lane_f32(vpadd_f32(two, two), 0);
}
NETWRIGHT_INLINE float reduceMax(Vec a) {
  const float32x2_t two = vmax_f32(vget_low_f32(a), vget_high_f32(a));
  return vget_lane_f32(vpmax_f32(two, two), 0);
}

// to[j][i] = from[i][j] for a block of lanes by lanes.
NETWRIGHT_INLINE void transpose(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  const float32x4x2_t r01 = vtrnq_f32(load(from), load(from + fromStride));
  const float32x4x2_t r23 = vtrnq_f32(load(from + 2 * fromStride), load(from + 3 * fromStride));
  store(to, vcombine_f32(vget_low_f32(r01.val[0]), vget_low_f32(r23.val[0])));
  store(to + toStride, vcombine_f32(vget_low_f32(r01.val[1]), vget_low_f32(r23.val[1])));
  store(to + 2 * toStride, vcombine_f32(vget_high_f32(r01.val[0]), vget_high_f32(r23.val[0])));
  store(to + 3 * toStride, vcombine_f32(vget_high_f32(r01.val[1]), vget_high_f32(r23.val[1])));
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
