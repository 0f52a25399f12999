// Gathering a batch: rows of a data set in the order of a shuffled index, converted and scaled on the way.
// Code 1: order[row] is outside the data set.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// The data set is larger than the caches and its order random: a row's lines are asked for while the rows
// before it are converted. An index out of range is met, and reported, when its turn comes. Over all of MNIST
// (47 MB), 100 rows: 18 µs with 2 rows ahead into the first-level cache, 13 µs with 8 rows ahead into the
// second (DRAM's own time), 5 µs when the rows are in the third.
template <class Element>
NETWRIGHT_INLINE void prefetchRow(const Element* data, int64_t sample, int64_t samples, int64_t cols) {
  constexpr int64_t line = 64 / sizeof(Element);
  if (sample < 0 || sample >= samples) return;
  const Element* row = data + sample * cols;
  for (int64_t j = 0; j < cols; j += line) prefetch(row + j);
}

template <class Arguments, class ConvertRow>
NETWRIGHT_INLINE Status gatherRows(const Arguments& g, Range units, ConvertRow convertRow) {
  constexpr int64_t ahead = 8;
  const int32_t* order = g.order + g.cursor;
  for (int64_t row = units.begin; row < min64(units.begin + ahead, units.end); ++row)
    prefetchRow(g.data, readOnce(order + row), g.samples, g.cols);
  for (int64_t row = units.begin; row < units.end; ++row) {
    if (row + ahead < units.end) prefetchRow(g.data, readOnce(order + row + ahead), g.samples, g.cols);
    const int32_t sample = readOnce(order + row);
    if (sample < 0 || sample >= g.samples) return {g.cursor + row, static_cast<double>(sample), 1};
    convertRow(g.y + row * g.cols, g.data + sample * g.cols);
  }
  return ok;
}

// y (rows,cols) = data[order[cursor + r]] · scale + shift; data is (samples,cols) bytes, order is (length).
static Status gatherBytes(const GatherBytesArguments& g, Range units, float*) {
  const Vec scale = set(static_cast<float>(g.scale)), shift = set(static_cast<float>(g.shift));
  return gatherRows(g, units, [&](float* y, const uint8_t* x) {
    int64_t j = 0;
    for (; j + lanes <= g.cols; j += lanes) store(y + j, fma(loadBytes(x + j), scale, shift));
    if (j == g.cols) return;
    uint8_t rest[lanes] = {};
    for (int64_t i = j; i < g.cols; ++i) rest[i - j] = x[i];
    storePartial(y + j, fma(loadBytes(rest), scale, shift), g.cols - j);
  });
}

// y (rows,cols) = data[order[cursor + r]] · scale + shift; data is (samples,cols), order is (length).
static Status gatherReals(const GatherRealsArguments& g, Range units, float*) {
  const Vec scale = set(static_cast<float>(g.scale)), shift = set(static_cast<float>(g.shift));
  return gatherRows(g, units, [&](float* y, const float* x) {
    int64_t j = 0;
    for (; j + lanes <= g.cols; j += lanes) store(y + j, fma(load(x + j), scale, shift));
    if (j < g.cols) storePartial(y + j, fma(loadPartial(x + j, g.cols - j), scale, shift), g.cols - j);
  });
}

// y (rows) = data[order[cursor + r]]; data is (samples), order is (length).
static Status gatherLabels(const GatherLabelsArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  const int32_t* order = g.order + g.cursor;
  for (int64_t row = 0; row < g.rows; ++row) {
    const int32_t sample = readOnce(order + row);
    if (sample < 0 || sample >= g.samples) return {g.cursor + row, static_cast<double>(sample), 1};
    g.y[row] = g.data[sample];
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
