// Optimizer steps: parameters change in place, element by element.
#pragma once
#include "elementwise.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// parameters -= lr · (gradients + weightDecay · parameters), each (n).
static Status sgdStep(const SgdStepArguments& g, Range units, float*) {
  const Vec rate = set(-static_cast<float>(g.lr)), decay = set(static_cast<float>(g.weightDecay));
  return mapUnits(units, g.n, g.parameters, g.parameters, g.gradients,
                  [=](Vec p, Vec gradient) { return fma(rate, fma(decay, p, gradient), p); });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
