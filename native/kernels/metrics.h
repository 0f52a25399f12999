// What metrics need of each sample of a batch, and keeping it at the sample's place in a pass over the data.
// Code 1: label out of range.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// y[cursor + r] = x[r]: rows of x (rows,cols) to their place in y (length,cols).
template <class Element>
NETWRIGHT_INLINE Status putRows(Element* y, const Element* x, int64_t cols, int64_t cursor, Range units) {
  Element* const to = y + cursor * cols;
  for (int64_t i = units.begin * cols; i < units.end * cols; ++i) to[i] = x[i];
  return ok;
}

static Status putReals(const PutRealsArguments& g, Range units, float*) {
  return putRows(g.y, g.x, g.cols, g.cursor, units);
}

static Status putIntegers(const PutIntegersArguments& g, Range units, float*) {
  return putRows(g.y, g.x, g.cols, g.cursor, units);
}

// y (n) = 1 where x (n) is above the threshold, else 0. A unit is 4,096 elements.
static Status isAbove(const IsAboveArguments& g, Range units, float*) {
  constexpr int64_t block = 4096;
  const float threshold = static_cast<float>(g.threshold);
  const int64_t end = min64(units.end * block, g.n);
  for (int64_t i = units.begin * block; i < end; ++i) g.y[i] = g.x[i] > threshold;
  return ok;
}

// ranks (rows) = classes before the label when a row of scores (rows,classes) is sorted from the largest
// down, equal ones in their order and NaN as largest; -1 for the label `ignore`.
static Status labelRanks(const LabelRanksArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const int32_t label = readOnce(g.labels + row);
    if (static_cast<double>(label) == g.ignore) {
      g.ranks[row] = -1;
      continue;
    }
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    const float* x = g.scores + row * g.classes;
    const float score = x[label];
    int32_t before = 0;
    if (score != score) {
      for (int64_t j = 0; j < label; ++j) before += x[j] != x[j];
    } else {
      // Negated, so that NaN counts.
      for (int64_t j = 0; j < label; ++j) before += !(x[j] < score);
      for (int64_t j = label + 1; j < g.classes; ++j) before += !(x[j] <= score);
    }
    g.ranks[row] = before;
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
