// Softmax with cross-entropy, row by row, against labels or rows of target weights. Code 1: label out of
// range.
#pragma once
#include "math.h"

namespace netwright {
namespace NETWRIGHT_ISA {

struct RowMaximum {
  float maximum;
  float logSum;  // ln Σ e^(x - maximum)
};

// probabilities (classes) = softmax of logits (classes). Any NaN in the row makes all of it NaN.
NETWRIGHT_INLINE RowMaximum softmaxRow(float* probabilities, const float* logits, int64_t classes) {
  const Vec lowest = set(bitsToFloat(0xff800000u));  // -infinity: adds e^-infinity = 0 to the sum
  const int64_t whole = classes / lanes * lanes, rest = classes - whole;
  Vec last = lowest;
  if (rest) last = select(firstLanes(rest), loadPartial(logits + whole, rest), lowest);

  Vec largest = last;
  for (int64_t j = 0; j < whole; j += lanes) largest = max(largest, load(logits + j));
  const float maximum = reduceMax(largest);

  Vec sums = zero();
  for (int64_t j = 0; j < whole; j += lanes) {
    const Vec e = exp(sub(load(logits + j), set(maximum)));
    store(probabilities + j, e);
    sums = add(sums, e);
  }
  const Vec lastE = exp(sub(last, set(maximum)));
  if (rest) sums = add(sums, lastE);
  const float sum = reduceAdd(sums);

  const Vec divisor = set(sum);
  for (int64_t j = 0; j < whole; j += lanes) store(probabilities + j, div(load(probabilities + j), divisor));
  if (rest) storePartial(probabilities + whole, div(lastE, divisor), rest);
  return {maximum, log(sum)};
}

// losses (rows) = ln Σ e^(x - max) - (x[label] - max), x a row of logits (rows,classes), labels (rows);
// probabilities (rows,classes) = softmax of each row.
static Status softmaxCrossEntropyForward(const SoftmaxCrossEntropyForwardArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const int32_t label = readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    const float* logits = g.logits + row * g.classes;
    const RowMaximum r = softmaxRow(g.probabilities + row * g.classes, logits, g.classes);
    g.losses[row] = r.logSum - (logits[label] - r.maximum);
  }
  return ok;
}

// dlogits (rows,classes) = dlosses (rows) · (probabilities (rows,classes) - one-hot of labels (rows)).
// dlogits may be probabilities.
static Status softmaxCrossEntropyBackward(const SoftmaxCrossEntropyBackwardArguments& g, Range units,
                                          float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const int32_t label = readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    const float* p = g.probabilities + row * g.classes;
    float* d = g.dlogits + row * g.classes;
    const float dloss = g.dlosses[row], atLabel = dloss * (p[label] - 1.0f);
    const Vec scale = set(dloss);
    int64_t j = 0;
    for (; j + lanes <= g.classes; j += lanes) store(d + j, mul(scale, load(p + j)));
    if (j < g.classes) storePartial(d + j, mul(scale, loadPartial(p + j, g.classes - j)), g.classes - j);
    d[label] = atLabel;
  }
  return ok;
}

// losses (rows) = Σ t · (ln Σ e^(x - max) - (x - max)) over a row x of logits and t of targets,
// (rows,classes) each; probabilities (rows,classes) = softmax of each row.
static Status softmaxCrossEntropyDenseForward(const SoftmaxCrossEntropyDenseForwardArguments& g, Range units,
                                              float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* x = g.logits + row * g.classes;
    const float* t = g.targets + row * g.classes;
    const RowMaximum r = softmaxRow(g.probabilities + row * g.classes, x, g.classes);
    const Vec maximum = set(r.maximum), logSum = set(r.logSum);
    Vec loss = zero();
    int64_t j = 0;
    for (; j + lanes <= g.classes; j += lanes)
      loss = fma(load(t + j), sub(logSum, sub(load(x + j), maximum)), loss);
    if (j < g.classes) {
      const int64_t count = g.classes - j;
      const Vec term = mul(loadPartial(t + j, count), sub(logSum, sub(loadPartial(x + j, count), maximum)));
      loss = add(loss, select(firstLanes(count), term, zero()));
    }
    g.losses[row] = reduceAdd(loss);
  }
  return ok;
}

// dlogits = dlosses (rows) · (probabilities · Σ targets - targets), row by row, (rows,classes) each.
// dlogits may be probabilities.
static Status softmaxCrossEntropyDenseBackward(const SoftmaxCrossEntropyDenseBackwardArguments& g,
                                               Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* p = g.probabilities + row * g.classes;
    const float* t = g.targets + row * g.classes;
    float* d = g.dlogits + row * g.classes;
    Vec sums = zero();
    int64_t j = 0;
    for (; j + lanes <= g.classes; j += lanes) sums = add(sums, load(t + j));
    if (j < g.classes) sums = add(sums, loadPartial(t + j, g.classes - j));
    const Vec total = set(reduceAdd(sums)), scale = set(g.dlosses[row]);
    for (j = 0; j + lanes <= g.classes; j += lanes)
      store(d + j, mul(scale, sub(mul(load(p + j), total), load(t + j))));
    if (j < g.classes) {
      const int64_t count = g.classes - j;
      const Vec term = mul(scale, sub(mul(loadPartial(p + j, count), total), loadPartial(t + j, count)));
      storePartial(d + j, term, count);
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
