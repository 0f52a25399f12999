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

// Calls use(i, count, upper) for all elements of the units, up to a vector at a time: elements [i, i + count)
// and the upper 24 bits of their words, as floats. Element i has word i mod 4 of the counter (i div 4,
// stream, step low, step high) under the key (seed low, seed high).
template <class Arguments, class Use>
NETWRIGHT_INLINE Status forRandomWords(const Arguments& g, Range units, Use use) {
  const int64_t end = endElement(units, g.n);
  const uint32_t keyLow = static_cast<uint32_t>(g.seed), keyHigh = static_cast<uint32_t>(g.seed >> 32);
  // The counter of each lane, in storeInterleaved's order.
  uint32_t order[lanes];
  for (uint32_t i = 0; i < lanes; ++i) order[i] = i % 4 * (lanes / 4) + i / 4;
  const IntVec firstCounters = loadInt(order);
  for (int64_t at = firstElement(units); at < end; at += 4 * lanes) {
    IntVec c[4] = {addInt(firstCounters, setInt(static_cast<uint32_t>(at / 4))),
                   setInt(static_cast<uint32_t>(g.stream)), setInt(static_cast<uint32_t>(g.step)),
                   setInt(static_cast<uint32_t>(g.step >> 32))};
    philox(c, keyLow, keyHigh);
    float upper[4 * lanes];
    storeInterleaved(upper, upper24(c[0]), upper24(c[1]), upper24(c[2]), upper24(c[3]));
    for (int64_t i = at; i < min64(at + 4 * lanes, end); i += lanes)
      use(i, min64(end - i, lanes), load(upper + (i - at)));
  }
  return ok;
}

// y (n): y[i] = upper 24 bits of element i's word · 2^-24: uniform in [0, 1).
static Status randomUniform(const RandomUniformArguments& g, Range units, float*) {
  const Vec unit = set(1.0f / (1 << 24));
  return forRandomWords(
      g, units, [&](int64_t i, int64_t count, Vec upper) { storePartial(g.y + i, mul(unit, upper), count); });
}

// y[i] = scale · x[i] where element i of randomUniform is at least probability, else 0; each (n). y may be x.
// The comparison is exact: upper · 2^-24 >= probability when upper > ceil(probability · 2^24) - 1, all of
// them whole numbers that a float holds.
static Status dropout(const DropoutArguments& g, Range units, float*) {
  // Below 0 all is kept; above 1, or with NaN, nothing.
  const double share = g.probability <= 0 ? 0 : g.probability < 1 ? g.probability : 1;
  const double threshold = share * (1 << 24);
  int64_t least = static_cast<int64_t>(threshold);
  if (static_cast<double>(least) < threshold) ++least;
  const Vec below = set(static_cast<float>(least - 1)), scale = set(static_cast<float>(g.scale));
  return forRandomWords(g, units, [&](int64_t i, int64_t count, Vec upper) {
    const Vec kept = mul(scale, loadPartial(g.x + i, count));
    storePartial(g.y + i, select(greater(upper, below), kept, zero()), count);
  });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
