// Counter-based random numbers: element i depends on (seed, stream, step, i) alone, so any split gives the same bits.
#pragma once
#include "elementwise.h"

namespace netwright {
namespace NETWRIGHT_ISA {

struct PhiloxKey {
  uint32_t low;
  uint32_t high;
};

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; SC11), here over `lanes`
// neighbouring counters in plain loops, which compilers vectorise: the multipliers and the key's increments are the
// paper's.
NETWRIGHT_INLINE void philox(uint32_t (&c0)[lanes], uint32_t (&c1)[lanes], uint32_t (&c2)[lanes], uint32_t (&c3)[lanes],
                             PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < lanes; ++i) {
      const uint64_t a = static_cast<uint64_t>(c0[i]) * 0xd2511f53u;
      const uint64_t b = static_cast<uint64_t>(c2[i]) * 0xcd9e8d57u;
      c0[i] = static_cast<uint32_t>(b >> 32) ^ c1[i] ^ key.low;
      c1[i] = static_cast<uint32_t>(b);
      c2[i] = static_cast<uint32_t>(a >> 32) ^ c3[i] ^ key.high;
      c3[i] = static_cast<uint32_t>(a);
    }
    key.low += 0x9e3779b9u;
    key.high += 0xbb67ae85u;
  }
}

// y (n): y[i] = (word i mod 4 of the counter (i div 4, stream, step low, step high) under the key (seed low, seed
// high)) / 2^8, rounded down, · 2^-24: uniform in [0, 1).
static Status randomUniform(const RandomUniformArguments& g, Range units, float*) {
  const int64_t end = endElement(units, g.n);
  const PhiloxKey key = {static_cast<uint32_t>(g.seed), static_cast<uint32_t>(g.seed >> 32)};
  const float unit = 1.0f / (1 << 24);
  for (int64_t at = firstElement(units); at < end; at += 4 * lanes) {
    uint32_t c[4][lanes];
    for (int i = 0; i < lanes; ++i) {
      c[0][i] = static_cast<uint32_t>(at / 4 + i);
      c[1][i] = static_cast<uint32_t>(g.stream);
      c[2][i] = static_cast<uint32_t>(g.step);
      c[3][i] = static_cast<uint32_t>(g.step >> 32);
    }
    philox(c[0], c[1], c[2], c[3], key);
    const int64_t count = min64(end - at, 4 * lanes);
    for (int64_t i = 0; i < count; ++i) g.y[at + i] = static_cast<float>(c[i % 4][i / 4] >> 8) * unit;
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
