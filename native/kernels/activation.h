// Activations and their gradients, element by element. Softmax, which goes by rows, is in softmax.h.
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

// y = σ(x) = 1 / (1 + e^-x), each (n). y may be x.
static Status sigmoidForward(const SigmoidForwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.x, g.x, [](Vec x, Vec) { return sigmoid(x); });
}

// dx = dy · y · (1 - y), each (n). dx may be dy.
static Status sigmoidBackward(const SigmoidBackwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.dx, g.dy, g.y,
                  [](Vec dy, Vec y) { return mul(mul(dy, y), sub(set(1.0f), y)); });
}

// y = tanh x, each (n). y may be x.
static Status tanhForward(const TanhForwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.x, g.x, [](Vec x, Vec) { return tanh(x); });
}

// dx = dy · (1 - y²), each (n), as dy · (1 - y) · (1 + y): 1 - y is exact where 1 - y² would cancel. dx may
// be dy.
static Status tanhBackward(const TanhBackwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.dx, g.dy, g.y,
                  [](Vec dy, Vec y) { return mul(mul(dy, sub(set(1.0f), y)), add(set(1.0f), y)); });
}

// y = x where x > 0, else slope · x, each (n). y may be x.
static Status leakyReluForward(const LeakyReluForwardArguments& g, Range units, float*) {
  const Vec slope = set(static_cast<float>(g.slope));
  return mapUnits(units, g.n, g.y, g.x, g.x,
                  [=](Vec x, Vec) { return select(greater(x, zero()), x, mul(slope, x)); });
}

// dx = dy where x > 0, else slope · dy, each (n). dx may be dy.
static Status leakyReluBackward(const LeakyReluBackwardArguments& g, Range units, float*) {
  const Vec slope = set(static_cast<float>(g.slope));
  return mapUnits(units, g.n, g.dx, g.dy, g.x,
                  [=](Vec dy, Vec x) { return select(greater(x, zero()), dy, mul(slope, dy)); });
}

// y = x where x > 0, else alpha · (e^x - 1), each (n). y may be x.
static Status eluForward(const EluForwardArguments& g, Range units, float*) {
  const Vec alpha = set(static_cast<float>(g.alpha));
  return mapUnits(units, g.n, g.y, g.x, g.x, [=](Vec x, Vec) {
    return select(greater(x, zero()), x, mul(alpha, expm1(min(zero(), x))));
  });
}

// dx = dy where y > 0, else dy · (y + alpha), which is alpha · e^x, each (n). dx may be dy.
static Status eluBackward(const EluBackwardArguments& g, Range units, float*) {
  const Vec alpha = set(static_cast<float>(g.alpha));
  return mapUnits(units, g.n, g.dx, g.dy, g.y,
                  [=](Vec dy, Vec y) { return select(greater(y, zero()), dy, mul(dy, add(y, alpha))); });
}

// y = x · Φ(x), each (n). y may be x.
static Status geluForward(const GeluForwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.x, g.x, [](Vec x, Vec) { return mul(x, normal(x).distribution); });
}

// dx = dy · (Φ(x) + x · φ(x)), each (n). dx may be dy.
static Status geluBackward(const GeluBackwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.dx, g.dy, g.x, [](Vec dy, Vec x) {
    const Normal at = normal(x);
    return mul(dy, fma(x, at.density, at.distribution));
  });
}

// y = x · σ(x), each (n). y may be x.
static Status siluForward(const SiluForwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.x, g.x, [](Vec x, Vec) { return mul(x, sigmoid(x)); });
}

// dx = dy · σ(x) · (1 + x · (1 - σ(x))), each (n). dx may be dy.
static Status siluBackward(const SiluBackwardArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.dx, g.dy, g.x, [](Vec dy, Vec x) {
    const Vec s = sigmoid(x), one = set(1.0f);
    return mul(mul(dy, s), fma(x, sub(one, s), one));
  });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
