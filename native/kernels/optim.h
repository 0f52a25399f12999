// Optimizer steps: parameters and moments change in place, element by element, in one pass. Every tensor is
// (n). Rates are computed in double precision and rounded once.
#pragma once
#include "elementwise.h"

namespace netwright {
namespace NETWRIGHT_ISA {

NETWRIGHT_INLINE Vec rounded(double value) { return set(static_cast<float>(value)); }

// One vector's place in every tensor of a step: a whole one, or the partial one at the end.
struct WholeVector {
  int64_t at;
  Vec read(const float* p) const { return load(p + at); }
  void write(float* p, Vec x) const { store(p + at, x); }
};
struct PartialVector {
  int64_t at, count;
  Vec read(const float* p) const { return loadPartial(p + at, count); }
  void write(float* p, Vec x) const { storePartial(p + at, x, count); }
};
template <class Step>
NETWRIGHT_INLINE Status eachVector(Range units, int64_t n, Step step) {
  const int64_t end = endElement(units, n);
  int64_t i = firstElement(units);
  for (; i + lanes <= end; i += lanes) step(WholeVector{i});
  if (i < end) step(PartialVector{i, end - i});
  return ok;
}

// parameters -= lr · (gradients + weightDecay · parameters).
static Status sgdStep(const SgdStepArguments& g, Range units, float*) {
  const Vec rate = rounded(-g.lr), decay = rounded(g.weightDecay);
  return mapUnits(units, g.n, g.parameters, g.parameters, g.gradients,
                  [=](Vec p, Vec gradient) { return fma(rate, fma(decay, p, gradient), p); });
}

// d = gradients + weightDecay · parameters; velocity = momentum · velocity + d; parameters -= lr · velocity,
// or with `nesterov` lr · (d + momentum · velocity).
static Status momentumStep(const MomentumStepArguments& g, Range units, float*) {
  const Vec rate = rounded(-g.lr), decay = rounded(g.weightDecay), momentum = rounded(g.momentum);
  const bool nesterov = g.nesterov != 0;
  return eachVector(units, g.n, [&](auto vector) {
    const Vec p = vector.read(g.parameters), d = fma(decay, p, vector.read(g.gradients));
    const Vec velocity = fma(momentum, vector.read(g.velocity), d);
    vector.write(g.velocity, velocity);
    vector.write(g.parameters, fma(rate, nesterov ? fma(momentum, velocity, d) : velocity, p));
  });
}

// d = gradients + weightDecay · parameters; squares += d²; parameters -= lr · d / (√squares + epsilon).
static Status adagradStep(const AdagradStepArguments& g, Range units, float*) {
  const Vec rate = rounded(-g.lr), decay = rounded(g.weightDecay), epsilon = rounded(g.epsilon);
  return eachVector(units, g.n, [&](auto vector) {
    const Vec p = vector.read(g.parameters), d = fma(decay, p, vector.read(g.gradients));
    const Vec squares = fma(d, d, vector.read(g.squares));
    vector.write(g.squares, squares);
    vector.write(g.parameters, fma(rate, div(d, add(sqrt(squares), epsilon)), p));
  });
}

// As adagradStep, with squares = alpha · squares + (1 - alpha) · d².
static Status rmspropStep(const RmspropStepArguments& g, Range units, float*) {
  const Vec rate = rounded(-g.lr), decay = rounded(g.weightDecay), epsilon = rounded(g.epsilon);
  const Vec alpha = rounded(g.alpha), rest = rounded(1 - g.alpha);
  return eachVector(units, g.n, [&](auto vector) {
    const Vec p = vector.read(g.parameters), d = fma(decay, p, vector.read(g.gradients));
    const Vec squares = fma(alpha, vector.read(g.squares), mul(rest, mul(d, d)));
    vector.write(g.squares, squares);
    vector.write(g.parameters, fma(rate, div(d, add(sqrt(squares), epsilon)), p));
  });
}

// d = gradients + weightDecay · parameters; mean = beta1 · mean + (1 - beta1) · d; squares = beta2 · squares
// + (1 - beta2) · d²; parameters = (1 - shrink) · parameters - lr · mean / (√squares · rootScale + epsilon).
static Status adamStep(const AdamStepArguments& g, Range units, float*) {
  const Vec rate = rounded(-g.lr), decay = rounded(g.weightDecay), epsilon = rounded(g.epsilon);
  const Vec beta1 = rounded(g.beta1), rest1 = rounded(1 - g.beta1);
  const Vec beta2 = rounded(g.beta2), rest2 = rounded(1 - g.beta2);
  const Vec rootScale = rounded(g.rootScale), keep = rounded(1 - g.shrink);
  return eachVector(units, g.n, [&](auto vector) {
    const Vec p = vector.read(g.parameters), d = fma(decay, p, vector.read(g.gradients));
    const Vec mean = fma(beta1, vector.read(g.mean), mul(rest1, d));
    const Vec squares = fma(beta2, vector.read(g.squares), mul(rest2, mul(d, d)));
    vector.write(g.mean, mean);
    vector.write(g.squares, squares);
    const Vec step = div(mean, fma(sqrt(squares), rootScale, epsilon));
    vector.write(g.parameters, fma(rate, step, mul(keep, p)));
  });
}

// averages += share · (parameters - averages).
static Status averageStep(const AverageStepArguments& g, Range units, float*) {
  const Vec share = rounded(g.share);
  return mapUnits(units, g.n, g.averages, g.parameters, g.averages,
                  [=](Vec p, Vec average) { return fma(share, sub(p, average), average); });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
