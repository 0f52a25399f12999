// What every vector wrapper needs and no intrinsics header offers: compiler attributes and a few scalar
// helpers.
#pragma once
#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define NETWRIGHT_INLINE static __forceinline
#define NETWRIGHT_NOINLINE static __declspec(noinline)
#define NETWRIGHT_UNROLL
#define NETWRIGHT_ROLLED
#define NETWRIGHT_HELD(x, registers) x
#else
#define NETWRIGHT_INLINE static inline __attribute__((always_inline))
#define NETWRIGHT_NOINLINE static __attribute__((noinline))
#define NETWRIGHT_HELD(x, registers) \
  (__extension__({                   \
    __asm__("" : "+" registers(x));  \
    x;                               \
  }))
// Loops over accumulators must vanish, or the accumulators live in memory. GCC's own limit is 16 turns.
#if defined(__clang__)
#define NETWRIGHT_UNROLL _Pragma("unroll")
#define NETWRIGHT_ROLLED _Pragma("nounroll")
#else
#define NETWRIGHT_UNROLL _Pragma("GCC unroll 64")
#define NETWRIGHT_ROLLED _Pragma("GCC unroll 1")
#endif
#endif

namespace netwright {
namespace NETWRIGHT_ISA {

// Index of the lowest set bit; `bits` is not 0.
NETWRIGHT_INLINE int lowestBit(uint32_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward(&index, bits);
  return static_cast<int>(index);
#else
  return __builtin_ctz(bits);
#endif
}

NETWRIGHT_INLINE int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
NETWRIGHT_INLINE int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
NETWRIGHT_INLINE int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// An integer that JavaScript may overwrite at any time is read once: what was checked is what is used.
NETWRIGHT_INLINE int32_t readOnce(const int32_t* p) { return *static_cast<const volatile int32_t*>(p); }

NETWRIGHT_INLINE float bitsToFloat(uint32_t bits) {
  union {
    uint32_t u;
    float f;
  } pun = {bits};
  return pun.f;
}
NETWRIGHT_INLINE uint32_t floatToBits(float value) {
  union {
    float f;
    uint32_t u;
  } pun = {value};
  return pun.u;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
