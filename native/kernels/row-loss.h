// Losses that compare a row of numbers with a row of targets, element by element, and their gradients.
// Forward: losses (rows) = scale · Σ over the row of f(prediction, target), both (rows,cols). Backward:
// dprediction (rows,cols) = f(dlosses · scale, prediction, target), dlosses (rows).
#pragma once
#include "softmax.h"

namespace netwright {
namespace NETWRIGHT_ISA {

template <class Arguments, class Function>
NETWRIGHT_INLINE Status rowLosses(const Arguments& g, Range units, Function f) {
  const float scale = static_cast<float>(g.scale);
  for (int64_t row = units.begin; row < units.end; ++row)
    g.losses[row] = scale * sumRow(g.prediction + row * g.cols, g.target + row * g.cols, g.cols, f);
  return ok;
}

template <class Arguments, class Function>
NETWRIGHT_INLINE Status rowGradients(const Arguments& g, Range units, Function f) {
  const float scale = static_cast<float>(g.scale);
  for (int64_t row = units.begin; row < units.end; ++row) {
    const Vec factor = set(g.dlosses[row] * scale);
    mapRow(g.dprediction + row * g.cols, g.prediction + row * g.cols, g.target + row * g.cols, g.cols,
           [=](Vec p, Vec t) { return f(factor, p, t); });
  }
  return ok;
}

// f = (p - t)².
static Status squaredErrorForward(const SquaredErrorForwardArguments& g, Range units, float*) {
  return rowLosses(g, units, [](Vec p, Vec t) { return mul(sub(p, t), sub(p, t)); });
}
static Status squaredErrorBackward(const SquaredErrorBackwardArguments& g, Range units, float*) {
  return rowGradients(g, units, [](Vec factor, Vec p, Vec t) { return mul(add(factor, factor), sub(p, t)); });
}

// f = |p - t|. Its gradient has the sign of p - t, and 0 or NaN where that is 0 or NaN.
static Status absoluteErrorForward(const AbsoluteErrorForwardArguments& g, Range units, float*) {
  return rowLosses(g, units, [](Vec p, Vec t) { return abs(sub(p, t)); });
}
static Status absoluteErrorBackward(const AbsoluteErrorBackwardArguments& g, Range units, float*) {
  return rowGradients(g, units, [](Vec factor, Vec p, Vec t) {
    const Vec d = sub(p, t), minus = sub(zero(), factor);
    return select(greater(d, zero()), factor, select(greater(zero(), d), minus, d));
  });
}

// f = c · (|d| - c/2), d = p - t, c = min(delta, |d|): d²/2 up to delta, a straight line beyond. Its gradient
// is d, clamped to delta.
static Status huberForward(const HuberForwardArguments& g, Range units, float*) {
  const Vec delta = set(static_cast<float>(g.delta));
  return rowLosses(g, units, [=](Vec p, Vec t) {
    const Vec size = abs(sub(p, t)), within = min(delta, size);
    return mul(within, fma(set(-0.5f), within, size));
  });
}
static Status huberBackward(const HuberBackwardArguments& g, Range units, float*) {
  const Vec delta = set(static_cast<float>(g.delta)), below = sub(zero(), delta);
  return rowGradients(
      g, units, [=](Vec factor, Vec p, Vec t) { return mul(factor, min(delta, max(below, sub(p, t)))); });
}

// f = max(x, 0) - x · t + ln(1 + e^-|x|), x logits and t from 0 to 1: -t · ln σ(x) - (1 - t) · ln(1 - σ(x))
// without its overflow. Its gradient is σ(x) - t.
static Status binaryCrossEntropyForward(const BinaryCrossEntropyForwardArguments& g, Range units, float*) {
  return rowLosses(g, units, [](Vec x, Vec t) {
    return add(sub(max(zero(), x), mul(x, t)), log1p(exp(sub(zero(), abs(x)))));
  });
}
static Status binaryCrossEntropyBackward(const BinaryCrossEntropyBackwardArguments& g, Range units, float*) {
  return rowGradients(g, units, [](Vec factor, Vec x, Vec t) { return mul(factor, sub(sigmoid(x), t)); });
}

// f = t · (ln t - p), p log-probabilities; 0 where t is 0. Its gradient is -t.
static Status klDivergenceForward(const KlDivergenceForwardArguments& g, Range units, float*) {
  return rowLosses(g, units,
                   [](Vec p, Vec t) { return select(equal(t, zero()), zero(), mul(t, sub(log(t), p))); });
}
static Status klDivergenceBackward(const KlDivergenceBackwardArguments& g, Range units, float*) {
  return rowGradients(g, units, [](Vec factor, Vec, Vec t) { return mul(sub(zero(), factor), t); });
}

// f = max(0, 1 - t · p), t being -1 or 1. Its gradient is -t where f is above 0.
static Status hingeForward(const HingeForwardArguments& g, Range units, float*) {
  return rowLosses(g, units, [](Vec p, Vec t) { return max(zero(), sub(set(1.0f), mul(t, p))); });
}
static Status hingeBackward(const HingeBackwardArguments& g, Range units, float*) {
  return rowGradients(g, units, [](Vec factor, Vec p, Vec t) {
    return select(greater(set(1.0f), mul(t, p)), mul(sub(zero(), factor), t), zero());
  });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
