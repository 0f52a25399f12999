// Reductions: sums, arg-max, counts and the finite check. Every sum has one fixed order.
#pragma once
#include "elementwise.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// sums (cols) = Σ over rows of x (rows,cols) + beta · sums, rows in ascending order. A unit is 64 columns.
// With beta 0, sums is not read.
static Status sumRows(const SumRowsArguments& g, Range units, float*) {
  constexpr int64_t unitColumns = 64;
  constexpr int group = 4;  // vectors side by side: an addition's latency covers the other three
  const Vec beta = set(static_cast<float>(g.beta));
  const int64_t end = min64(units.end * unitColumns, g.cols);
  for (int64_t column = units.begin * unitColumns; column < end; column += group * lanes) {
    const int64_t width = min64(end - column, group * lanes);
    if (width == group * lanes) {
      Vec sum[group];
      NETWRIGHT_UNROLL
      for (int v = 0; v < group; ++v) sum[v] = zero();
      for (int64_t row = 0; row < g.rows; ++row) {
        const float* x = g.x + row * g.cols + column;
        NETWRIGHT_UNROLL
        for (int v = 0; v < group; ++v) sum[v] = add(sum[v], load(x + v * lanes));
      }
      NETWRIGHT_UNROLL
      for (int v = 0; v < group; ++v) {
        float* y = g.sums + column + v * lanes;
        store(y, g.beta != 0 ? fma(beta, load(y), sum[v]) : sum[v]);
      }
      continue;
    }
    for (int64_t at = column; at < end; at += lanes) {
      const int64_t count = min64(end - at, lanes);
      const float* x = g.x + at;
      Vec sum = zero();
      for (int64_t row = 0; row < g.rows; ++row, x += g.cols) sum = add(sum, loadPartial(x, count));
      float* y = g.sums + at;
      storePartial(y, g.beta != 0 ? fma(beta, loadPartial(y, count), sum) : sum, count);
    }
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

// counts[at] = number of rows of scores (rows,classes) whose arg-max is their label (rows). Code 1: label out
// of range.
static Status countCorrect(const CountCorrectArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  int64_t correct = 0;
  for (int64_t row = 0; row < g.rows; ++row) {
    const int32_t label = readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    correct += argMaxOfRow(g.scores + row * g.classes, g.classes) == label;
  }
  g.counts[g.at] = static_cast<float>(correct);
  return ok;
}

// sums[at] = Σ x (n) / divisor, in double precision: 16 interleaved sums (element i goes to sum i mod 16),
// then these in ascending order. Plain loops: every ISA gives the same bits.
static Status sum(const SumArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  constexpr int64_t ways = 16;
  double partial[ways] = {};
  int64_t i = 0;
  for (; i + ways <= g.n; i += ways)
    for (int64_t j = 0; j < ways; ++j) partial[j] += static_cast<double>(g.x[i + j]);
  for (int64_t j = 0; i + j < g.n; ++j) partial[j] += static_cast<double>(g.x[i + j]);
  double total = 0;
  for (int64_t j = 0; j < ways; ++j) total += partial[j];
  g.sums[g.at] = static_cast<float>(total / static_cast<double>(g.divisor));
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
