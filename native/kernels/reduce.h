// Reductions: sums, arg-max, counts and the finite check. Every sum has one fixed order.
#pragma once
#include "elementwise.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// sums (cols) = Σ of `rows` rows of x, `stride` apart, + beta · sums, rows in ascending order. With beta 0,
// sums is not read. A column's bits do not depend on where its call begins or ends.
NETWRIGHT_INLINE void addRows(float* sums, const float* x, int64_t rows, int64_t stride, int64_t cols,
                              double beta) {
  constexpr int group = 4;  // vectors side by side: an addition's latency covers the other three
  const Vec factor = set(static_cast<float>(beta));
  int64_t column = 0;
  for (; column + group * lanes <= cols; column += group * lanes) {
    Vec sum[group];
    NETWRIGHT_UNROLL
    for (int v = 0; v < group; ++v) sum[v] = zero();
    for (int64_t row = 0; row < rows; ++row) {
      const float* from = x + row * stride + column;
      NETWRIGHT_UNROLL
      for (int v = 0; v < group; ++v) sum[v] = add(sum[v], load(from + v * lanes));
    }
    NETWRIGHT_UNROLL
    for (int v = 0; v < group; ++v) {
      float* y = sums + column + v * lanes;
      store(y, beta != 0 ? fma(factor, load(y), sum[v]) : sum[v]);
    }
  }
  for (; column < cols; column += lanes) {
    const int64_t count = min64(cols - column, lanes);
    const float* from = x + column;
    Vec sum = zero();
    for (int64_t row = 0; row < rows; ++row, from += stride) sum = add(sum, loadPartial(from, count));
    float* y = sums + column;
    storePartial(y, beta != 0 ? fma(factor, loadPartial(y, count), sum) : sum, count);
  }
}

// sums (cols) = Σ over rows of x (rows,cols) + beta · sums. A unit is 64 columns.
static Status sumRows(const SumRowsArguments& g, Range units, float*) {
  constexpr int64_t unitColumns = 64;
  const int64_t begin = units.begin * unitColumns, end = min64(units.end * unitColumns, g.cols);
  if (begin < end) addRows(g.sums + begin, g.x + begin, g.rows, g.cols, end - begin, g.beta);
  return ok;
}

// sums (groups,cols) = Σ over i of x (groups,count,cols) + beta · sums. A unit is a group.
static Status sumGroups(const SumGroupsArguments& g, Range units, float*) {
  for (int64_t group = units.begin; group < units.end; ++group)
    addRows(g.sums + group * g.cols, g.x + group * g.count * g.cols, g.count, g.cols, g.cols, g.beta);
  return ok;
}

// Σ x (n) in one order for a given n: four vectors side by side, then together, then across the lanes.
NETWRIGHT_INLINE float sumOf(const float* x, int64_t n) {
  constexpr int ways = 4;  // an addition's latency covers the other three
  Vec sum[ways];
  NETWRIGHT_UNROLL
  for (int v = 0; v < ways; ++v) sum[v] = zero();
  int64_t i = 0;
  for (; i + ways * lanes <= n; i += ways * lanes) {
    NETWRIGHT_UNROLL
    for (int v = 0; v < ways; ++v) sum[v] = add(sum[v], load(x + i + v * lanes));
  }
  for (; i + lanes <= n; i += lanes) sum[0] = add(sum[0], load(x + i));
  if (i < n) sum[0] = add(sum[0], loadPartial(x + i, n - i));
  return reduceAdd(add(add(sum[0], sum[1]), add(sum[2], sum[3])));
}

// sums (groups,channels) = Σ over the rows of a group, from group · rows / groups on, and places of x
// (rows,channels,places). Each row's places first, then the rows in ascending order. A unit is a group.
static Status sumChannels(const SumChannelsArguments& g, Range units, float*) {
  for (int64_t group = units.begin; group < units.end; ++group) {
    const int64_t first = group * g.rows / g.groups, end = (group + 1) * g.rows / g.groups;
    float* const sums = g.sums + group * g.channels;
    for (int64_t channel = 0; channel < g.channels; ++channel) sums[channel] = 0;
    const float* x = g.x + first * g.channels * g.places;
    for (int64_t row = first; row < end; ++row)
      for (int64_t channel = 0; channel < g.channels; ++channel, x += g.places)
        sums[channel] += sumOf(x, g.places);
  }
  return ok;
}

// Column of the first largest of `cols` values; the first NaN, if any, counts as largest.
NETWRIGHT_INLINE int64_t argMaxOfRow(const float* x, int64_t cols) {
  const Vec lowest = set(bitsToFloat(0xff800000u));  // -infinity
  Vec best = lowest;
  for (int64_t j = 0; j < cols; j += lanes) {
    const int64_t count = min64(cols - j, lanes);
    const Vec v = count == lanes ? load(x + j) : select(firstLanes(count), loadPartial(x + j, count), lowest);
    const uint32_t nan = toBits(isNaN(v));
    if (nan) return j + lowestBit(nan);
    best = max(best, v);
  }
  const Vec largest = set(reduceMax(best));
  // The fillers, too, may equal a largest value of -infinity, but then column 0 does so before them.
  for (int64_t j = 0;; j += lanes) {
    const int64_t count = min64(cols - j, lanes);
    const Vec v = count == lanes ? load(x + j) : select(firstLanes(count), loadPartial(x + j, count), lowest);
    const uint32_t found = toBits(equal(v, largest));
    // x may be overwritten by JavaScript between the passes; then any column inside the row will do.
    if (found) return min64(j + lowestBit(found), cols - 1);
    if (j + lanes >= cols) return cols - 1;
  }
}

// y (rows) = column of the first largest value in each row of x (rows,cols).
static Status argMax(const ArgMaxArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row)
    g.y[row] = static_cast<int32_t>(argMaxOfRow(g.x + row * g.cols, g.cols));
  return ok;
}

// counts[at] = number of rows of scores (rows,classes) whose arg-max is their label (rows), times rows / rows
// whose label is not `ignore`. Code 1: label out of range.
static Status countCorrect(const CountCorrectArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  int64_t correct = 0, left = 0;
  for (int64_t row = 0; row < g.rows; ++row) {
    const int32_t label = readOnce(g.labels + row);
    if (static_cast<double>(label) == g.ignore) continue;
    ++left;
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    correct += argMaxOfRow(g.scores + row * g.classes, g.classes) == label;
  }
  const double scaled = static_cast<double>(correct) * static_cast<double>(g.rows);
  g.counts[g.at] = left ? static_cast<float>(scaled / static_cast<double>(left)) : 0.0f;
  return ok;
}

// Σ term(x[i]) over x (n), in double precision: 16 interleaved sums (element i goes to sum i mod 16), then
// these in ascending order. Plain loops: every ISA gives the same bits.
template <class Term>
NETWRIGHT_INLINE double sumInDoubles(const float* x, int64_t n, Term term) {
  constexpr int64_t ways = 16;
  double partial[ways] = {};
  int64_t i = 0;
  for (; i + ways <= n; i += ways)
    for (int64_t j = 0; j < ways; ++j) partial[j] += term(static_cast<double>(x[i + j]));
  for (int64_t j = 0; i + j < n; ++j) partial[j] += term(static_cast<double>(x[i + j]));
  double total = 0;
  for (int64_t j = 0; j < ways; ++j) total += partial[j];
  return total;
}

// sums[at] = Σ x (n) / divisor.
static Status sum(const SumArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  const double total = sumInDoubles(g.x, g.n, [](double x) { return x; });
  g.sums[g.at] = static_cast<float>(total / static_cast<double>(g.divisor));
  return ok;
}

// sums[at] = factor · Σ x² (n) + beta · sums[at]. With beta 0, sums is not read.
static Status sumSquares(const SumSquaresArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  const double total = g.factor * sumInDoubles(g.x, g.n, [](double x) { return x * x; });
  const double old = g.beta != 0 ? g.beta * static_cast<double>(g.sums[g.at]) : 0;
  g.sums[g.at] = static_cast<float>(total + old);
  return ok;
}

// Fails with code 1 at the first element of x (n) that is NaN or infinite.
static Status checkFinite(const CheckFiniteArguments& g, Range units, float*) {
  const int64_t end = endElement(units, g.n);
  for (int64_t begin = firstElement(units); begin < end; begin += unitElements) {
    const int64_t stop = min64(begin + unitElements, end);
    // 0 · x is 0 for a finite x, else NaN, and NaN stays in a sum. Four sums hide the latency.
    Vec s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
    int64_t i = begin;
    for (; i + 4 * lanes <= stop; i += 4 * lanes) {
      s0 = fma(zero(), load(g.x + i), s0);
      s1 = fma(zero(), load(g.x + i + lanes), s1);
      s2 = fma(zero(), load(g.x + i + 2 * lanes), s2);
      s3 = fma(zero(), load(g.x + i + 3 * lanes), s3);
    }
    for (; i < stop; i += lanes) s0 = fma(zero(), loadPartial(g.x + i, min64(stop - i, lanes)), s0);
    if (!toBits(isNaN(add(add(s0, s1), add(s2, s3))))) continue;
    for (int64_t j = begin; j < stop; ++j) {
      const float value = g.x[j];
      if ((floatToBits(value) & 0x7f800000u) == 0x7f800000u) return {j, static_cast<double>(value), 1};
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
