// Counter-based random numbers: element i depends on (seed, stream, step, i) alone, so any split gives the
// same bits.
#pragma once
#include "elementwise.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011) over
// `lanes` counters c[0..3] at once; the multipliers and the key's increments are the paper's.
NETWRIGHT_INLINE void philox(IntVec (&c)[4], uint32_t keyLow, uint32_t keyHigh) {
  for (int round = 0; round < 10; ++round) {
    IntVec high0, high2;
    const IntVec low0 = multiplyWide(c[0], setInt(0xd2511f53u), high0);
    const IntVec low2 = multiplyWide(c[2], setInt(0xcd9e8d57u), high2);
    c[0] = xorInt(xorInt(high2, c[1]), setInt(keyLow));
    c[1] = low2;
    c[2] = xorInt(xorInt(high0, c[3]), setInt(keyHigh));
    c[3] = low0;
    keyLow += 0x9e3779b9u;
    keyHigh += 0xbb67ae85u;
  }
}

// y (n): y[i] = upper 24 bits · 2^-24 of word i mod 4 of the counter (i div 4, stream, step low, step high)
// under the key (seed low, seed high): uniform in [0, 1).
static Status randomUniform(const RandomUniformArguments& g, Range units, float*) {
  const int64_t end = endElement(units, g.n);
  const uint32_t keyLow = static_cast<uint32_t>(g.seed), keyHigh = static_cast<uint32_t>(g.seed >> 32);
  // The counter of each lane, in storeInterleaved's order.
  uint32_t order[lanes];
  for (uint32_t i = 0; i < lanes; ++i) order[i] = i % 4 * (lanes / 4) + i / 4;
  const IntVec firstCounters = loadInt(order);
  const Vec unit = set(1.0f / (1 << 24));
  for (int64_t at = firstElement(units); at < end; at += 4 * lanes) {
    IntVec c[4] = {addInt(firstCounters, setInt(static_cast<uint32_t>(at / 4))),
                   setInt(static_cast<uint32_t>(g.stream)), setInt(static_cast<uint32_t>(g.step)),
                   setInt(static_cast<uint32_t>(g.step >> 32))};
    philox(c, keyLow, keyHigh);
    Vec y[4];
    for (int j = 0; j < 4; ++j) y[j] = mul(unit, upper24(c[j]));
    if (at + 4 * lanes <= end) {
      storeInterleaved(g.y + at, y[0], y[1], y[2], y[3]);
    } else {
      float rest[4 * lanes];
      storeInterleaved(rest, y[0], y[1], y[2], y[3]);
      for (int64_t i = at; i < end; ++i) g.y[i] = rest[i - at];
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
