// Clipping: gradients made smaller before an optimizer's step.
#pragma once
#include "elementwise.h"
#include "reduce.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// roots[at + row] = √(Σ x² / divisor) of each row of x (rows,cols). A unit is a row.
static Status rootMeanSquares(const RootMeanSquaresArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const double total = sumInDoubles(g.x + row * g.cols, g.cols, [](double x) { return x * x; });
    g.roots[g.at + row] = static_cast<float>(squareRoot(total / static_cast<double>(g.divisor)));
  }
  return ok;
}

// x (n) *= min(1, limit / (norm + 1e-6)), norm = √(divisor · Σ roots²). Each range of units adds up the roots
// (count) for itself: there are 4,096 times fewer of them than of x.
static Status clipByNorm(const ClipByNormArguments& g, Range units, float*) {
  const double total = sumInDoubles(g.roots, g.count, [](double x) { return x * x; });
  const double norm = squareRoot(static_cast<double>(g.divisor) * total);
  const double factor = g.limit / (norm + 1e-6);
  if (factor >= 1) return ok;
  // A factor below the normal floats takes two products: x may be as large as the factor is small.
  const bool tiny = factor < 1e-30;
  const Vec first = set(static_cast<float>(tiny ? factor * 0x1p64 : factor)),
            second = set(tiny ? 0x1p-64f : 1);
  return mapUnits(units, g.n, g.x, g.x, g.x, [=](Vec x, Vec) { return mul(mul(first, x), second); });
}

// x (n) = min(max(x, -limit), limit).
static Status clipByValue(const ClipByValueArguments& g, Range units, float*) {
  const Vec most = set(static_cast<float>(g.limit)), least = set(static_cast<float>(-g.limit));
  return mapUnits(units, g.n, g.x, g.x, g.x, [=](Vec x, Vec) { return min(most, max(least, x)); });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
