// Softmax and its logarithm, row by row, and their gradients. The losses that contain them are in loss.h.
#pragma once
#include "math.h"

namespace netwright {
namespace NETWRIGHT_ISA {

struct RowSums {
  float maximum;
  float sum;  // Σ e^(x - maximum)
  Vec last;   // e^(x - maximum) of the partial vector at the row's end
};

// The sums of a row x (cols); with `keep`, e = e^(x - maximum) for the row's whole vectors, and e may be x.
// Any NaN in the row makes the sum NaN.
template <bool keep>
NETWRIGHT_INLINE RowSums sumExponentials(float* e, const float* x, int64_t cols) {
  const Vec lowest = set(bitsToFloat(0xff800000u));  // -infinity: adds e^-infinity = 0 to the sum
  const int64_t whole = cols / lanes * lanes, rest = cols - whole;
  Vec last = lowest;
  if (rest) last = select(firstLanes(rest), loadPartial(x + whole, rest), lowest);

  Vec largest = last;
  for (int64_t j = 0; j < whole; j += lanes) largest = max(largest, load(x + j));
  const float maximum = reduceMax(largest);

  Vec sums = zero();
  for (int64_t j = 0; j < whole; j += lanes) {
    const Vec term = exp(sub(load(x + j), set(maximum)));
    if (keep) store(e + j, term);
    sums = add(sums, term);
  }
  last = exp(sub(last, set(maximum)));
  if (rest) sums = add(sums, last);
  return {maximum, reduceAdd(sums), last};
}

// y[j] = f(a[j], b[j]) over one row (cols). y may be a or b.
template <class Function>
NETWRIGHT_INLINE void mapRow(float* y, const float* a, const float* b, int64_t cols, Function f) {
  int64_t j = 0;
  for (; j + lanes <= cols; j += lanes) store(y + j, f(load(a + j), load(b + j)));
  if (j < cols) storePartial(y + j, f(loadPartial(a + j, cols - j), loadPartial(b + j, cols - j)), cols - j);
}

// Σ f(a[j], b[j]) over one row (cols).
template <class Function>
NETWRIGHT_INLINE float sumRow(const float* a, const float* b, int64_t cols, Function f) {
  Vec sums = zero();
  int64_t j = 0;
  for (; j + lanes <= cols; j += lanes) sums = add(sums, f(load(a + j), load(b + j)));
  if (j < cols) {
    const Vec last = f(loadPartial(a + j, cols - j), loadPartial(b + j, cols - j));
    sums = add(sums, select(firstLanes(cols - j), last, zero()));
  }
  return reduceAdd(sums);
}

// probabilities (cols) = softmax of x (cols). probabilities may be x.
NETWRIGHT_INLINE RowSums softmaxRow(float* probabilities, const float* x, int64_t cols) {
  const RowSums row = sumExponentials<true>(probabilities, x, cols);
  const Vec divisor = set(row.sum);
  int64_t j = 0;
  for (; j + lanes <= cols; j += lanes) store(probabilities + j, div(load(probabilities + j), divisor));
  // From the register: a masked store is slow to be read back.
  if (j < cols) storePartial(probabilities + j, div(row.last, divisor), cols - j);
  return row;
}

// y = softmax of each row of x, (rows,cols) each. y may be x.
static Status softmaxForward(const SoftmaxForwardArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row)
    softmaxRow(g.y + row * g.cols, g.x + row * g.cols, g.cols);
  return ok;
}

// dx = y · (dy - Σ dy · y), row by row, (rows,cols) each. dx may be dy.
static Status softmaxBackward(const SoftmaxBackwardArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float *dy = g.dy + row * g.cols, *y = g.y + row * g.cols;
    const Vec total = set(sumRow(dy, y, g.cols, [](Vec dy, Vec y) { return mul(dy, y); }));
    mapRow(g.dx + row * g.cols, dy, y, g.cols, [=](Vec dy, Vec y) { return mul(y, sub(dy, total)); });
  }
  return ok;
}

// y = x - max - ln Σ e^(x - max), row by row, (rows,cols) each. y may be x.
static Status logSoftmaxForward(const LogSoftmaxForwardArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* x = g.x + row * g.cols;
    const RowSums sums = sumExponentials<false>(nullptr, x, g.cols);
    const Vec maximum = set(sums.maximum), logSum = set(log(sums.sum));
    mapRow(g.y + row * g.cols, x, x, g.cols, [=](Vec x, Vec) { return sub(sub(x, maximum), logSum); });
  }
  return ok;
}

// dx = dy - e^y · Σ dy, row by row, (rows,cols) each. dx may be dy.
static Status logSoftmaxBackward(const LogSoftmaxBackwardArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float *dy = g.dy + row * g.cols, *y = g.y + row * g.cols;
    const Vec total = set(sumRow(dy, dy, g.cols, [](Vec dy, Vec) { return dy; }));
    mapRow(g.dx + row * g.cols, dy, y, g.cols, [=](Vec dy, Vec y) { return sub(dy, mul(exp(y), total)); });
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
