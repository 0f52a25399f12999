// Average pooling: the mean of each window.
#pragma once
#include "pooling-2x2.h"
#include "pooling.h"
#include "reduce.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// The places by which a window's sum is divided: all of it, or what is inside the image.
template <class Arguments>
NETWRIGHT_INLINE float windowPlaces(const Arguments& g, PoolSpan rows, int64_t ow) {
  if (g.countPadding) return static_cast<float>(g.kernelHeight * g.kernelWidth);
  const PoolSpan columns = columnsOf(g, ow);
  return static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
}

// One window that sees the whole image.
template <class Arguments>
NETWRIGHT_INLINE bool isGlobal(const Arguments& g) {
  const PoolSpan rows = rowsOf(g, 0), columns = columnsOf(g, 0);
  return g.outHeight == 1 && g.outWidth == 1 && rows.begin == 0 && rows.end == g.height &&
         columns.begin == 0 && columns.end == g.width;
}

// y (rows,channels,outHeight,outWidth) = Σ of each window of x (rows,channels,height,width) / its places. For
// a row of outputs the columns of the windows are added up first, top to bottom, zeros standing for padding;
// then kernelWidth of these sums, left to right. The sum of a whole image is in the order of sumOf.
static Status averagePoolForward(const AveragePoolForwardArguments& g, Range units, float* scratch) {
  if (units.begin >= units.end) return ok;
  const int64_t places = g.height * g.width, outPlaces = g.outHeight * g.outWidth;
  if (halves(g)) {
    for (int64_t image = units.begin; image < units.end; ++image)
      averageOf2x2(g.y + image * outPlaces, g.x + image * places, g.width, g.outHeight, g.outWidth);
    return ok;
  }
  if (isGlobal(g)) {
    const float divisor = windowPlaces(g, rowsOf(g, 0), 0);
    for (int64_t image = units.begin; image < units.end; ++image)
      g.y[image] = sumOf(g.x + image * places, places) / divisor;
    return ok;
  }
  // Outputs whose columns and divisors fit into scratch together, with vectors to spare.
  const int64_t most = (scratchFloats - g.kernelWidth - 3 * lanes) / (g.strideWidth + 1);
  for (int64_t from = 0; from < g.outWidth; from += most) {
    const int64_t to = min64(from + most, g.outWidth);
    const int64_t left = from * g.strideWidth - g.padLeft;
    const int64_t right = (to - 1) * g.strideWidth - g.padLeft + g.kernelWidth;
    const int64_t first = max64(left, 0), end = min64(right, g.width);
    float* divisors = scratch + (right - left + 2 * lanes);
    for (int64_t ow = from; ow < to; ++ow) divisors[ow - from] = windowPlaces(g, {0, 1}, ow);
    fillZeros(scratch, first - left);
    fillZeros(scratch + (end - left), right + 2 * lanes - end);
    for (int64_t image = units.begin; image < units.end; ++image) {
      for (int64_t oh = 0; oh < g.outHeight; ++oh) {
        const PoolSpan rows = rowsOf(g, oh);
        const Vec height = set(static_cast<float>(g.countPadding ? 1 : rows.end - rows.begin));
        float* y = g.y + (image * g.outHeight + oh) * g.outWidth;
        addRows(scratch + (first - left), g.x + (image * g.height + rows.begin) * g.width + first,
                rows.end - rows.begin, g.width, end - first, 0);
        forStride(g.strideWidth, [&](auto stride) {
          for (int64_t ow = from; ow < to; ow += lanes) {
            const int64_t count = min64(to - ow, lanes);
            const float* sums = scratch + (ow - from) * g.strideWidth;
            Vec sum = everyNth(stride, sums, count);
            for (int64_t kw = 1; kw < g.kernelWidth; ++kw) sum = add(sum, everyNth(stride, sums + kw, count));
            storePartial(y + ow, div(sum, mul(height, load(divisors + (ow - from)))), count);
          }
        });
      }
    }
  }
  return ok;
}

// dx (rows,channels,height,width) = Σ over the windows that see a place of dy
// (rows,channels,outHeight,outWidth) / their places: the windows of a row of outputs first, left to right,
// then these rows. Each window's share stands in scratch at its first column, zeros between; a column's sum
// is that of the kernelWidth shares up to it.
static Status averagePoolBackward(const AveragePoolBackwardArguments& g, Range units, float* scratch) {
  if (halves(g)) {
    for (int64_t image = units.begin; image < units.end; ++image)
      spreadOver2x2(g.dx + image * g.height * g.width, g.dy + image * g.outHeight * g.outWidth, g.height,
                    g.width, g.outHeight, g.outWidth);
    return ok;
  }
  if (isGlobal(g)) {
    const float divisor = windowPlaces(g, rowsOf(g, 0), 0);
    const int64_t places = g.height * g.width;
    for (int64_t image = units.begin; image < units.end; ++image)
      fillWith(g.dx + image * places, g.dy[image] / divisor, places);
    return ok;
  }
  // Columns whose shares fit into scratch together, with a vector to spare.
  const int64_t most = scratchFloats - g.kernelWidth - lanes;
  for (int64_t image = units.begin; image < units.end; ++image) {
    float* dx = g.dx + image * g.height * g.width;
    const float* dy = g.dy + image * g.outHeight * g.outWidth;
    for (int64_t from = 0; from < g.width; from += most) {
      const int64_t columns = min64(g.width - from, most);
      // Where scratch begins, in columns of the padded image; outputs [first, end) begin inside it.
      const int64_t left = from + g.padLeft - (g.kernelWidth - 1), right = from + g.padLeft + columns;
      const int64_t first = divideUp(max64(left, 0), g.strideWidth);
      const int64_t end = min64(divideUp(right, g.strideWidth), g.outWidth);
      fillZeros(scratch, right - left + lanes);
      // Rows of dx that hold something: windows that do not overlap need no zeros to add to.
      int64_t written = 0;
      const auto fillRows = [&](int64_t below) {
        for (; written < below; ++written) fillZeros(dx + written * g.width + from, columns);
      };
      for (int64_t oh = 0; oh < g.outHeight; ++oh) {
        const PoolSpan rows = rowsOf(g, oh);
        fillRows(rows.begin);
        for (int64_t ow = first; ow < end; ++ow)
          scratch[ow * g.strideWidth - left] = dy[oh * g.outWidth + ow] / windowPlaces(g, rows, ow);
        for (int64_t i = 0; i < columns; i += lanes) {
          Vec sum = load(scratch + i);
          for (int64_t kw = 1; kw < g.kernelWidth; ++kw) sum = add(sum, load(scratch + i + kw));
          const int64_t count = min64(columns - i, lanes);
          for (int64_t ih = rows.begin; ih < rows.end; ++ih) {
            float* to = dx + ih * g.width + from + i;
            const Vec total = ih < written ? add(loadPartial(to, count), sum) : sum;
            if (count == lanes)
              store(to, total);
            else
              storePartial(to, total, count);
          }
        }
        written = max64(written, rows.end);
      }
      fillRows(g.height);
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
