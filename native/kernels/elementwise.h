// Flat kernels, y[i] from element i of the inputs (a unit is 4,096 elements), and copies.
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

// y = alpha · x, each (n). y may be x.
static Status scale(const ScaleArguments& g, Range units, float*) {
  const Vec alpha = set(static_cast<float>(g.alpha));
  return mapUnits(units, g.n, g.y, g.x, g.x, [=](Vec x, Vec) { return mul(alpha, x); });
}

// y += alpha · x, each (n).
static Status addScaled(const AddScaledArguments& g, Range units, float*) {
  const Vec alpha = set(static_cast<float>(g.alpha));
  return mapUnits(units, g.n, g.y, g.x, g.y, [=](Vec x, Vec y) { return fma(alpha, x, y); });
}

// y (cols) = x (cols), which do not overlap.
NETWRIGHT_INLINE void copyRow(float* y, const float* x, int64_t cols) {
  int64_t j = 0;
  for (; j + lanes <= cols; j += lanes) store(y + j, load(x + j));
  if (j < cols) storePartial(y + j, loadPartial(x + j, cols - j), cols - j);
}

// Columns [xOffset, xOffset + cols) of x (rows,xStride) to columns from yOffset on of y (rows,yStride).
static Status copyColumns(const CopyColumnsArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row)
    copyRow(g.y + row * g.yStride + g.yOffset, g.x + row * g.xStride + g.xOffset, g.cols);
  return ok;
}

// y (groups,count,cols) = each row of x (groups,cols), count times. A unit is a row of y.
static Status repeatRows(const RepeatRowsArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row)
    copyRow(g.y + row * g.cols, g.x + row / g.count * g.cols, g.cols);
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
