// Batch normalisation of x (rows,channels,places): statistics per channel over rows and places. Written once
// over two ways through x: along a channel's places or, with one place, along channels. Sums have one order,
// given by rows and places alone.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

NETWRIGHT_INLINE Vec loadLanes(const float* p, int64_t count) {
  return count == lanes ? load(p) : loadPartial(p, count);
}
NETWRIGHT_INLINE void storeLanes(float* p, Vec x, int64_t count) {
  if (count == lanes)
    store(p, x);
  else
    storePartial(p, x, count);
}

// Vectors along the places of one channel; a number of the channel's stands in all lanes.
struct PlacesOfChannel {
  int64_t rows, channels, places, channel;
};
NETWRIGHT_INLINE Vec ofChannels(const PlacesOfChannel& c, const float* p) { return set(p[c.channel]); }
NETWRIGHT_INLINE void toChannels(const PlacesOfChannel& c, float* p, Vec x) {
  storePartial(p + c.channel, x, 1);
}

// With one place: `count` (1 to lanes) channels from `first` on, one per lane.
struct VectorOfChannels {
  int64_t rows, channels, first, count;
};
NETWRIGHT_INLINE Vec ofChannels(const VectorOfChannels& c, const float* p) {
  return loadLanes(p + c.first, c.count);
}
NETWRIGHT_INLINE void toChannels(const VectorOfChannels& c, float* p, Vec x) {
  storeLanes(p + c.first, x, c.count);
}

// visit(at, count) for all elements of the channels, `count` of them from offset `at` of x on.
template <class Visit>
NETWRIGHT_INLINE void forEach(const PlacesOfChannel& c, Visit visit) {
  for (int64_t row = 0; row < c.rows; ++row) {
    const int64_t start = (row * c.channels + c.channel) * c.places;
    int64_t i = 0;
    for (; i + lanes <= c.places; i += lanes) visit(start + i, static_cast<int64_t>(lanes));
    if (i < c.places) visit(start + i, c.places - i);
  }
}
template <class Visit>
NETWRIGHT_INLINE void forEach(const VectorOfChannels& c, Visit visit) {
  for (int64_t row = 0; row < c.rows; ++row) visit(row * c.channels + c.first, c.count);
}

// Additions under way at a time: one's latency covers the other three.
constexpr int normWays = 4;

// totals[s] = the channels' sums of term s; terms(at, count, t) sets t[s] of `count` elements from `at` on.
// Errors grow with the terms of one sum in float, so blocks of 1,024 places are added up in double.
template <int n, class Terms>
NETWRIGHT_INLINE void sumTerms(const PlacesOfChannel& c, Vec (&totals)[n], Terms terms) {
  constexpr int64_t block = 1024;
  double total[n] = {};
  for (int64_t row = 0; row < c.rows; ++row) {
    const int64_t start = (row * c.channels + c.channel) * c.places, stop = start + c.places;
    for (int64_t at = start; at < stop;) {
      const int64_t end = min64(at + block, stop);
      Vec sum[normWays][n], t[n];
      for (int way = 0; way < normWays; ++way)
        for (int s = 0; s < n; ++s) sum[way][s] = zero();
      for (; at + normWays * lanes <= end; at += normWays * lanes) {
        NETWRIGHT_UNROLL
        for (int way = 0; way < normWays; ++way) {
          terms(at + way * lanes, static_cast<int64_t>(lanes), t);
          NETWRIGHT_UNROLL
          for (int s = 0; s < n; ++s) sum[way][s] = add(sum[way][s], t[s]);
        }
      }
      for (; at < end; at += lanes) {
        const int64_t count = min64(end - at, lanes);
        terms(at, count, t);
        for (int s = 0; s < n; ++s)
          sum[0][s] = add(sum[0][s], count == lanes ? t[s] : select(firstLanes(count), t[s], zero()));
      }
      at = end;
      for (int s = 0; s < n; ++s)
        total[s] += static_cast<double>(reduceAdd(add(add(sum[0][s], sum[1][s]), add(sum[2][s], sum[3][s]))));
    }
  }
  for (int s = 0; s < n; ++s) totals[s] = set(static_cast<float>(total[s]));
}
// The same lane by lane, in blocks of 256 rows, whose sums are added in turn.
template <int n, class Terms>
NETWRIGHT_INLINE void sumTerms(const VectorOfChannels& c, Vec (&totals)[n], Terms terms) {
  constexpr int64_t block = 256;
  for (int s = 0; s < n; ++s) totals[s] = zero();
  for (int64_t begin = 0; begin < c.rows; begin += block) {
    const int64_t end = min64(begin + block, c.rows);
    Vec sum[normWays][n], t[n];
    for (int way = 0; way < normWays; ++way)
      for (int s = 0; s < n; ++s) sum[way][s] = zero();
    int64_t row = begin;
    for (; row + normWays <= end; row += normWays) {
      NETWRIGHT_UNROLL
      for (int way = 0; way < normWays; ++way) {
        terms((row + way) * c.channels + c.first, c.count, t);
        NETWRIGHT_UNROLL
        for (int s = 0; s < n; ++s) sum[way][s] = add(sum[way][s], t[s]);
      }
    }
    for (; row < end; ++row) {
      terms(row * c.channels + c.first, c.count, t);
      for (int s = 0; s < n; ++s) sum[0][s] = add(sum[0][s], t[s]);
    }
    for (int s = 0; s < n; ++s)
      totals[s] = add(totals[s], add(add(sum[0][s], sum[1][s]), add(sum[2][s], sum[3][s])));
  }
}

// With one place a unit is 64 channels, whole cache lines; otherwise one channel.
constexpr int64_t normUnitChannels = 64;
template <class Arguments>
NETWRIGHT_INLINE int64_t normUnits(const Arguments& g) {
  return g.places == 1 ? divideUp(g.channels, normUnitChannels) : g.channels;
}
// work(channels) for all channels of the units.
template <class Arguments, class Work>
NETWRIGHT_INLINE Status forChannels(const Arguments& g, Range units, Work work) {
  if (g.places == 1) {
    const int64_t end = min64(units.end * normUnitChannels, g.channels);
    for (int64_t c = units.begin * normUnitChannels; c < end; c += lanes)
      work(VectorOfChannels{g.rows, g.channels, c, min64(end - c, lanes)});
  } else {
    const int64_t rows = g.places == 0 ? 0 : g.rows;  // rows of nothing may be 2^53
    for (int64_t c = units.begin; c < units.end; ++c) work(PlacesOfChannel{rows, g.channels, g.places, c});
  }
  return ok;
}

// 1 / √(variance + epsilon), by true division and root: no estimates, equal bits in every lane.
NETWRIGHT_INLINE Vec inverseDeviation(Vec variance, double epsilon) {
  return div(set(1.0f), sqrt(add(variance, set(static_cast<float>(epsilon)))));
}

// mean, variance (channels) of x (rows,channels,places), the variance about that mean;
// y (rows,channels,places) = (x - mean) / √(variance + epsilon) · scale + shift; scale (channels) may be null
// for 1, shift (channels) for 0.
template <class Channels>
NETWRIGHT_INLINE void normaliseBatch(const BatchNormForwardArguments& g, const Channels& c) {
  // Of an empty batch all sums are 0, and so are mean and variance.
  const Vec count = set(static_cast<float>(max64(g.rows * g.places, 1)));
  Vec sum[1];
  sumTerms(c, sum, [&](int64_t at, int64_t n, Vec(&t)[1]) { t[0] = loadLanes(g.x + at, n); });
  const Vec mean = div(sum[0], count);
  sumTerms(c, sum, [&](int64_t at, int64_t n, Vec(&t)[1]) {
    const Vec distance = sub(loadLanes(g.x + at, n), mean);
    t[0] = mul(distance, distance);
  });
  const Vec variance = div(sum[0], count);
  toChannels(c, g.mean, mean);
  toChannels(c, g.variance, variance);
  const Vec inverse = inverseDeviation(variance, g.epsilon);
  const Vec factor = g.scale ? mul(ofChannels(c, g.scale), inverse) : inverse;
  const Vec shift = g.shift ? ofChannels(c, g.shift) : zero();
  forEach(c, [&](int64_t at, int64_t n) {
    storeLanes(g.y + at, fma(sub(loadLanes(g.x + at, n), mean), factor, shift), n);
  });
}
static int64_t batchNormForwardUnits(const BatchNormForwardArguments& g) { return normUnits(g); }
static Status batchNormForward(const BatchNormForwardArguments& g, Range units, float*) {
  return forChannels(g, units, [&](const auto& channels) { normaliseBatch(g, channels); });
}

// With x' = (x - mean) / √(variance + epsilon) and M = rows · places, all of x, dy, dx
// (rows,channels,places), the rest (channels): dScale = Σ dy · x' + beta · dScale; dShift = Σ dy + beta ·
// dShift; dx = scale / √(variance + epsilon) · (dy - Σ dy / M - x' · Σ(dy · x') / M). scale may be null for
// 1; with beta 0, dScale and dShift are not read.
template <class Channels>
NETWRIGHT_INLINE void differentiateBatch(const BatchNormBackwardArguments& g, const Channels& c) {
  const Vec count = set(static_cast<float>(max64(g.rows * g.places, 1)));
  const Vec beta = set(static_cast<float>(g.beta));
  const Vec mean = ofChannels(c, g.mean), inverse = inverseDeviation(ofChannels(c, g.variance), g.epsilon);
  Vec sum[2];
  sumTerms(c, sum, [&](int64_t at, int64_t n, Vec(&t)[2]) {
    t[0] = loadLanes(g.dy + at, n);
    t[1] = mul(t[0], sub(loadLanes(g.x + at, n), mean));
  });
  const Vec dShift = sum[0], dScale = mul(sum[1], inverse);
  toChannels(c, g.dShift, g.beta != 0 ? fma(beta, ofChannels(c, g.dShift), dShift) : dShift);
  toChannels(c, g.dScale, g.beta != 0 ? fma(beta, ofChannels(c, g.dScale), dScale) : dScale);
  const Vec factor = g.scale ? mul(ofChannels(c, g.scale), inverse) : inverse;
  const Vec meanShift = div(dShift, count), slope = mul(div(dScale, count), inverse);
  forEach(c, [&](int64_t at, int64_t n) {
    const Vec distance = sub(loadLanes(g.x + at, n), mean);
    const Vec centred = sub(loadLanes(g.dy + at, n), meanShift);
    storeLanes(g.dx + at, mul(factor, sub(centred, mul(distance, slope))), n);
  });
}
static int64_t batchNormBackwardUnits(const BatchNormBackwardArguments& g) { return normUnits(g); }
static Status batchNormBackward(const BatchNormBackwardArguments& g, Range units, float*) {
  return forChannels(g, units, [&](const auto& channels) { differentiateBatch(g, channels); });
}

// y = (x - mean) / √(variance + epsilon) · scale + shift, x and y (rows,channels,places), the rest
// (channels); scale may be null for 1, shift for 0. y may be x. A unit is a row.
static Status batchNormEvaluate(const BatchNormEvaluateArguments& g, Range units, float* factors) {
  // As many channels at a time as have their factors in scratch.
  for (int64_t first = 0; first < g.channels; first += scratchFloats) {
    const int64_t end = min64(first + scratchFloats, g.channels);
    for (int64_t c = first; c < end; c += lanes) {
      const int64_t n = min64(end - c, lanes);
      const Vec inverse = inverseDeviation(loadLanes(g.variance + c, n), g.epsilon);
      storeLanes(factors + c - first, g.scale ? mul(loadLanes(g.scale + c, n), inverse) : inverse, n);
    }
    for (int64_t row = units.begin; row < units.end; ++row) {
      if (g.places == 1) {
        for (int64_t c = first; c < end; c += lanes) {
          const int64_t n = min64(end - c, lanes), at = row * g.channels + c;
          const Vec shift = g.shift ? loadLanes(g.shift + c, n) : zero();
          const Vec distance = sub(loadLanes(g.x + at, n), loadLanes(g.mean + c, n));
          storeLanes(g.y + at, fma(distance, loadLanes(factors + c - first, n), shift), n);
        }
        continue;
      }
      for (int64_t c = first; c < end; ++c) {
        const Vec mean = set(g.mean[c]), factor = set(factors[c - first]);
        const Vec shift = g.shift ? set(g.shift[c]) : zero();
        const int64_t start = (row * g.channels + c) * g.places;
        for (int64_t i = 0; i < g.places; i += lanes) {
          const int64_t n = min64(g.places - i, lanes), at = start + i;
          storeLanes(g.y + at, fma(sub(loadLanes(g.x + at, n), mean), factor, shift), n);
        }
      }
    }
  }
  return ok;
}

// runningMean += momentum · (mean - runningMean), and the variance, corrected by count / (count - 1) where
// unbiased is 1 and count above 1; each (channels). A unit is 64 channels.
static Status batchNormUpdate(const BatchNormUpdateArguments& g, Range units, float*) {
  if (g.count < 2) return ok;
  const double count = static_cast<double>(g.count);
  const Vec correction = set(g.unbiased ? static_cast<float>(count / (count - 1)) : 1.0f);
  const Vec momentum = set(static_cast<float>(g.momentum));
  const int64_t end = min64(units.end * normUnitChannels, g.channels);
  for (int64_t c = units.begin * normUnitChannels; c < end; c += lanes) {
    const int64_t n = min64(end - c, lanes);
    const Vec mean = loadLanes(g.runningMean + c, n), variance = loadLanes(g.runningVariance + c, n);
    const Vec batchVariance = mul(loadLanes(g.variance + c, n), correction);
    storeLanes(g.runningMean + c, fma(momentum, sub(loadLanes(g.mean + c, n), mean), mean), n);
    storeLanes(g.runningVariance + c, fma(momentum, sub(batchVariance, variance), variance), n);
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
