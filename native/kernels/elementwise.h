// Flat kernels: y[i] from element i of the inputs. A unit is 4,096 elements.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// Elements of a unit of `splitBlocks` in src/kernels/declaration.ts: whole vectors on every ISA, so that a
// cut never moves the partial vector at the end.
constexpr int64_t unitElements = 4096;

NETWRIGHT_INLINE int64_t firstElement(Range units) { return units.begin * unitElements; }
NETWRIGHT_INLINE int64_t endElement(Range units, int64_t n) { return min64(units.end * unitElements, n); }

// y[i] = f(a[i], b[i]). y may be a or b; a kernel of one input passes it twice.
template <class Function>
NETWRIGHT_INLINE Status mapUnits(Range units, int64_t n, float* y, const float* a, const float* b,
                                 Function f) {
  const int64_t end = endElement(units, n);
  int64_t i = firstElement(units);
  for (; i + lanes <= end; i += lanes) store(y + i, f(load(a + i), load(b + i)));
  if (i < end) storePartial(y + i, f(loadPartial(a + i, end - i), loadPartial(b + i, end - i)), end - i);
  return ok;
}

// y = a + b, each (n). y may be a or b.
static Status add(const AddArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.a, g.b, [](Vec a, Vec b) { return add(a, b); });
}

// y = a · b, each (n). y may be a or b.
static Status mul(const MulArguments& g, Range units, float*) {
  return mapUnits(units, g.n, g.y, g.a, g.b, [](Vec a, Vec b) { return mul(a, b); });
}

// y (n) = value / divisor, divided in double precision.
static Status fill(const FillArguments& g, Range units, float*) {
  const Vec value = set(static_cast<float>(g.value / static_cast<double>(g.divisor)));
  const int64_t end = endElement(units, g.n);
  int64_t i = firstElement(units);
  for (; i + lanes <= end; i += lanes) store(g.y + i, value);
  if (i < end) storePartial(g.y + i, value, end - i);
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
