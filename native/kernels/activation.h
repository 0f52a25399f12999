// Activations and their gradients, element by element; the backward kernels need only the forward's output y.
#pragma once
#include "elementwise.h"
#include "math.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// y = max(0, x), each (n). y may be x. The constant goes first, so that NaN stays NaN.
static Status reluForward(const ReluForwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.x, g.x, [](Vec x, Vec) { return max(zero(), x); });
}

// dx = dy where y > 0, else 0, each (n). dx may be dy.
static Status reluBackward(const ReluBackwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.dx, g.dy, g.y,
                  [](Vec dy, Vec y) { return select(greater(y, zero()), dy, zero()); });
}

// y = 1 / (1 + e^-x), each (n). y may be x. Where e^-x overflows, 1 / infinity is the right answer, 0.
static Status sigmoidForward(const SigmoidForwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.x, g.x, [](Vec x, Vec) {
    const Vec one = set(1.0f);
    return div(one, add(one, exp(sub(zero(), x))));
  });
}

// dx = dy · y · (1 - y), each (n). dx may be dy.
static Status sigmoidBackward(const SigmoidBackwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.dx, g.dy, g.y,
                  [](Vec dy, Vec y) { return mul(mul(dy, y), sub(set(1.0f), y)); });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
