// Losses against class labels or rows of target weights, and the weights of labels. Code 1: label out of
// range. Losses that compare number with number are in row-loss.h.
#pragma once
#include "softmax.h"

namespace netwright {
namespace NETWRIGHT_ISA {

NETWRIGHT_INLINE float weightOf(const float* weights, int64_t row) { return weights ? weights[row] : 1.0f; }

// losses (rows) = weight · ((1 - smoothing) · -ln p[label] + smoothing · mean of -ln p), with -ln p = ln Σ
// e^(x - max)
// - (x - max), x a row of logits (rows,classes); labels, weights (rows), weights may be null; probabilities
// (rows,classes) = softmax of each row.
static Status softmaxCrossEntropyForward(const SoftmaxCrossEntropyForwardArguments& g, Range units, float*) {
  const float smoothing = static_cast<float>(g.smoothing), keep = static_cast<float>(1 - g.smoothing);
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* x = g.logits + row * g.classes;
    float* p = g.probabilities + row * g.classes;
    const float weight = weightOf(g.weights, row);
    const int32_t label = weight == 0 ? 0 : readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    const RowSums r = softmaxRow(p, x, g.classes);
    if (weight == 0) {
      g.losses[row] = 0;
      continue;
    }
    const float logSum = log(r.sum);
    float loss = logSum - (x[label] - r.maximum);
    if (smoothing != 0) {
      const Vec maximum = set(r.maximum);
      const float distances = sumRow(x, x, g.classes, [=](Vec x, Vec) { return sub(maximum, x); });
      loss = keep * loss + smoothing * (logSum + distances / static_cast<float>(g.classes));
    }
    g.losses[row] = g.weights ? weight * loss : loss;
  }
  return ok;
}

// dlogits = dlosses (rows) · weight · (probabilities - smoothing / classes - (1 - smoothing) · one-hot of the
// label), (rows,classes) each; labels, weights (rows), weights may be null. dlogits may be probabilities.
static Status softmaxCrossEntropyBackward(const SoftmaxCrossEntropyBackwardArguments& g, Range units,
                                          float*) {
  const float keep = static_cast<float>(1 - g.smoothing);
  const float share = static_cast<float>(g.smoothing / static_cast<double>(g.classes));
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* p = g.probabilities + row * g.classes;
    float* d = g.dlogits + row * g.classes;
    const float weight = weightOf(g.weights, row);
    if (weight == 0) {
      mapRow(d, p, p, g.classes, [](Vec, Vec) { return zero(); });
      continue;
    }
    const int32_t label = readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    const float dloss = g.weights ? g.dlosses[row] * weight : g.dlosses[row];
    const float atLabel = dloss * (p[label] - share - keep);
    const Vec scale = set(dloss), shares = set(share);
    mapRow(d, p, p, g.classes, [=](Vec p, Vec) { return mul(scale, sub(p, shares)); });
    d[label] = atLabel;
  }
  return ok;
}

// losses (rows) = Σ t' · (ln Σ e^(x - max) - (x - max)) over a row x of logits, t' = (1 - smoothing) · t +
// smoothing / classes · Σ t, t a row of targets, (rows,classes) each; probabilities (rows,classes) = softmax
// of each row.
static Status softmaxCrossEntropyDenseForward(const SoftmaxCrossEntropyDenseForwardArguments& g, Range units,
                                              float*) {
  const Vec keep = set(static_cast<float>(1 - g.smoothing));
  const float share = static_cast<float>(g.smoothing / static_cast<double>(g.classes));
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* x = g.logits + row * g.classes;
    const float* t = g.targets + row * g.classes;
    const RowSums r = softmaxRow(g.probabilities + row * g.classes, x, g.classes);
    const Vec maximum = set(r.maximum), logSum = set(log(r.sum));
    // Without smoothing keep is 1 and added 0: t' is t.
    const Vec added =
        share != 0 ? set(share * sumRow(t, t, g.classes, [](Vec t, Vec) { return t; })) : zero();
    Vec loss = zero();
    int64_t j = 0;
    for (; j + lanes <= g.classes; j += lanes)
      loss = fma(fma(keep, load(t + j), added), sub(logSum, sub(load(x + j), maximum)), loss);
    if (j < g.classes) {
      const int64_t count = g.classes - j;
      const Vec target = fma(keep, loadPartial(t + j, count), added);
      const Vec term = mul(target, sub(logSum, sub(loadPartial(x + j, count), maximum)));
      loss = add(loss, select(firstLanes(count), term, zero()));
    }
    g.losses[row] = reduceAdd(loss);
  }
  return ok;
}

// dlogits = dlosses (rows) · (probabilities · Σ t - t'), row by row, (rows,classes) each, with t' as above.
// dlogits may be probabilities.
static Status softmaxCrossEntropyDenseBackward(const SoftmaxCrossEntropyDenseBackwardArguments& g,
                                               Range units, float*) {
  const Vec keep = set(static_cast<float>(1 - g.smoothing));
  const float share = static_cast<float>(g.smoothing / static_cast<double>(g.classes));
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* t = g.targets + row * g.classes;
    const float sum = sumRow(t, t, g.classes, [](Vec t, Vec) { return t; });
    const Vec total = set(sum), added = set(share != 0 ? share * sum : 0.0f), scale = set(g.dlosses[row]);
    mapRow(g.dlogits + row * g.classes, g.probabilities + row * g.classes, t, g.classes,
           [=](Vec p, Vec t) { return mul(scale, sub(mul(p, total), fma(keep, t, added))); });
  }
  return ok;
}

// losses (rows) = -weight · logProbabilities (rows,classes) at the label; labels, weights (rows), weights may
// be null.
static Status negativeLogLikelihoodForward(const NegativeLogLikelihoodForwardArguments& g, Range units,
                                           float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float weight = weightOf(g.weights, row);
    g.losses[row] = 0;
    if (weight == 0) continue;
    const int32_t label = readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    g.losses[row] = -weight * g.logProbabilities[row * g.classes + label];
  }
  return ok;
}

// dlogProbabilities (rows,classes) = -dlosses (rows) · weight at the label, else 0; labels, weights (rows),
// weights may be null.
static Status negativeLogLikelihoodBackward(const NegativeLogLikelihoodBackwardArguments& g, Range units,
                                            float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    float* d = g.dlogProbabilities + row * g.classes;
    int64_t j = 0;
    for (; j + lanes <= g.classes; j += lanes) store(d + j, zero());
    if (j < g.classes) storePartial(d + j, zero(), g.classes - j);
    const float weight = weightOf(g.weights, row);
    if (weight == 0) continue;
    const int32_t label = readOnce(g.labels + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    d[label] = -g.dlosses[row] * weight;
  }
  return ok;
}

// weights (rows) = classWeights (classes, or null: all 1) at each of labels (rows), 0 for the label `ignore`;
// with `normalize` times rows / Σ weights, in double precision.
static Status sampleWeights(const SampleWeightsArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  double total = 0;
  for (int64_t row = 0; row < g.rows; ++row) {
    const int32_t label = readOnce(g.labels + row);
    g.weights[row] = 0;
    if (static_cast<double>(label) == g.ignore) continue;
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    g.weights[row] = weightOf(g.classWeights, label);
    total += static_cast<double>(g.weights[row]);
  }
  if (!g.normalize) return ok;
  const double factor = total == 0 ? 0 : static_cast<double>(g.rows) / total;
  for (int64_t row = 0; row < g.rows; ++row)
    g.weights[row] = static_cast<float>(static_cast<double>(g.weights[row]) * factor);
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
