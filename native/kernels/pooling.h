// Pooling: the largest or the mean of each window, channel by channel. A unit is one channel's image of one
// row. A window that reaches over the image's edge is cut there; the rules of the declarations leave it at
// least one place.
#pragma once
#include "reduce.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// Places [begin, end) along one axis of an image.
struct PoolSpan {
  int64_t begin;
  int64_t end;
};

// What is inside the image, `size` places, of the window of output `at`.
NETWRIGHT_INLINE PoolSpan insideImage(int64_t at, int64_t stride, int64_t padding, int64_t kernel,
                                      int64_t size) {
  const int64_t first = at * stride - padding;
  return {max64(first, 0), min64(first + kernel, size)};
}
template <class Arguments>
NETWRIGHT_INLINE PoolSpan rowsOf(const Arguments& g, int64_t oh) {
  return insideImage(oh, g.strideHeight, g.padTop, g.kernelHeight, g.height);
}
template <class Arguments>
NETWRIGHT_INLINE PoolSpan columnsOf(const Arguments& g, int64_t ow) {
  return insideImage(ow, g.strideWidth, g.padLeft, g.kernelWidth, g.width);
}

NETWRIGHT_INLINE void fillZeros(float* p, int64_t count) {
  for (int64_t i = 0; i < count; ++i) p[i] = 0;
}

// y, argMax = the first largest value of a window of the image x, and its place. The first NaN counts as
// largest.
NETWRIGHT_INLINE void maxOfWindow(float* y, int32_t* argMax, const float* x, int64_t width, PoolSpan rows,
                                  PoolSpan columns) {
  int64_t place = rows.begin * width + columns.begin;
  if (columns.end - columns.begin == width) {  // whole rows lie in one piece, as when pooling is global
    place += argMaxOfRow(x + place, (rows.end - rows.begin) * width);
    *y = x[place];
    *argMax = static_cast<int32_t>(place);
    return;
  }
  float largest = x[place];
  for (int64_t ih = rows.begin; ih < rows.end; ++ih) {
    for (int64_t i = ih * width + columns.begin; i < ih * width + columns.end; ++i) {
      const float value = x[i];
      if (value <= largest || largest != largest) continue;
      largest = value;
      place = i;
    }
  }
  *y = largest;
  *argMax = static_cast<int32_t>(place);
}

// The same for `count` (`whole`: lanes) windows side by side, the first from column `left` on, each `stride`
// columns after the one before and none cut at the sides. Writes nothing and answers false where it may have
// met a NaN.
template <int stride, bool whole>
NETWRIGHT_INLINE bool maxOfWindows(float* y, int32_t* argMax, const float* x, int64_t width, PoolSpan rows,
                                   int64_t left, int64_t kernelWidth, int64_t count) {
  uint32_t columns[lanes];
  for (uint32_t i = 0; i < lanes; ++i) columns[i] = i * stride;
  const IntVec offsets = loadInt(columns);
  const auto placesFrom = [&](int64_t at) {
    return asFloats(addInt(offsets, setInt(static_cast<uint32_t>(at))));
  };
  Vec largest = set(bitsToFloat(0xff800000u));  // -infinity
  Vec place = placesFrom(rows.begin * width + left), sum = zero();
  const auto take = [&](Vec value, int64_t at) {
    const Mask larger = greater(value, largest);
    largest = select(larger, value, largest);
    place = select(larger, placesFrom(at), place);
    sum = add(sum, value);  // keeps a NaN; infinities of both signs make one
  };
  for (int64_t ih = rows.begin; ih < rows.end; ++ih) {
    for (int64_t kw = 0; kw < kernelWidth; kw += stride) {
      const int64_t at = ih * width + left + kw;
      const float* p = x + at;
      if (stride == 1) {
        take(whole ? load(p) : loadPartial(p, count), at);
        continue;
      }
      // Even lanes are column kw of each window, odd ones kw + 1, which the last column of an odd width
      // lacks.
      const bool pair = kw + 1 < kernelWidth;
      const int64_t there = 2 * count - (pair ? 0 : 1);
      Vec even, odd;
      deinterleave(whole ? load(p) : loadPartial(p, min64(there, lanes)),
                   whole && pair ? load(p + lanes) : loadPartial(p + lanes, max64(there - lanes, 0)), even,
                   odd);
      take(even, at);
      if (pair) take(odd, at + 1);
    }
  }
  if (toBits(isNaN(sum))) return false;
  if (whole) {
    store(y, largest);
    store(reinterpret_cast<float*>(argMax), place);
  } else {
    storePartial(y, largest, count);
    storePartial(reinterpret_cast<float*>(argMax), place, count);
  }
  return true;
}

// y, argMax (rows,channels,outHeight,outWidth) = the first largest of each window of x
// (rows,channels,height,width) and its place ih · width + iw; NaN counts as largest. Windows that the image's
// sides do not cut go a vector at a time where strideWidth is 1 or 2.
static Status maxPoolForward(const MaxPoolForwardArguments& g, Range units, float*) {
  // Outputs [begin, end) of a row have whole windows: ow · stride - padLeft from 0 to width - kernelWidth.
  // One alone is no work for vectors.
  const int64_t last = g.width + g.padLeft - g.kernelWidth;
  const int64_t begin = min64(divideUp(g.padLeft, g.strideWidth), g.outWidth);
  int64_t end = g.strideWidth > 2 || last < 0 ? 0 : min64(last / g.strideWidth + 1, g.outWidth);
  if (end - begin < 2) end = begin;
  for (int64_t image = units.begin; image < units.end; ++image) {
    const float* x = g.x + image * g.height * g.width;
    for (int64_t oh = 0; oh < g.outHeight; ++oh) {
      const PoolSpan rows = rowsOf(g, oh);
      const int64_t row = (image * g.outHeight + oh) * g.outWidth;
      float* y = g.y + row;
      int32_t* argMax = g.argMax + row;
      const auto oneByOne = [&](int64_t from, int64_t to) {
        for (int64_t ow = from; ow < to; ++ow)
          maxOfWindow(y + ow, argMax + ow, x, g.width, rows, columnsOf(g, ow));
      };
      oneByOne(0, begin);
      int64_t ow = begin;
      for (; ow < end; ow += lanes) {
        const int64_t count = min64(end - ow, lanes), left = ow * g.strideWidth - g.padLeft;
        bool well;
        if (g.strideWidth == 1)
          well =
              count == lanes
                  ? maxOfWindows<1, true>(y + ow, argMax + ow, x, g.width, rows, left, g.kernelWidth, lanes)
                  : maxOfWindows<1, false>(y + ow, argMax + ow, x, g.width, rows, left, g.kernelWidth, count);
        else
          well =
              count == lanes
                  ? maxOfWindows<2, true>(y + ow, argMax + ow, x, g.width, rows, left, g.kernelWidth, lanes)
                  : maxOfWindows<2, false>(y + ow, argMax + ow, x, g.width, rows, left, g.kernelWidth, count);
        if (!well) oneByOne(ow, ow + count);
      }
      oneByOne(end, g.outWidth);
    }
  }
  return ok;
}

// dx (rows,channels,height,width) = Σ of dy (rows,channels,outHeight,outWidth) at the places argMax, as many,
// in ascending order. Code 1: argMax[row] is outside the image.
static Status maxPoolBackward(const MaxPoolBackwardArguments& g, Range units, float*) {
  const int64_t places = g.height * g.width, outPlaces = g.outHeight * g.outWidth;
  for (int64_t image = units.begin; image < units.end; ++image) {
    float* dx = g.dx + image * places;
    fillZeros(dx, places);
    for (int64_t i = image * outPlaces; i < (image + 1) * outPlaces; ++i) {
      const int32_t place = readOnce(g.argMax + i);
      if (place < 0 || place >= places) return {i, static_cast<double>(place), 1};
      dx[place] += g.dy[i];
    }
  }
  return ok;
}

// The places by which a window's sum is divided: all of it, or what is inside the image.
template <class Arguments>
NETWRIGHT_INLINE float windowPlaces(const Arguments& g, PoolSpan rows, int64_t ow) {
  if (g.countPadding) return static_cast<float>(g.kernelHeight * g.kernelWidth);
  const PoolSpan columns = columnsOf(g, ow);
  return static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
}

// y (rows,channels,outHeight,outWidth) = Σ of each window of x (rows,channels,height,width) / its places. For
// a row of outputs the columns of the windows are added up first, top to bottom, zeros standing for padding;
// then kernelWidth of these sums, left to right, for a window at every column, of which the stride takes its
// own.
static Status averagePoolForward(const AveragePoolForwardArguments& g, Range units, float* scratch) {
  // Outputs whose columns fit into scratch together, with a vector to spare.
  const int64_t most = (scratchFloats - g.kernelWidth - lanes) / g.strideWidth + 1;
  for (int64_t image = units.begin; image < units.end; ++image) {
    const float* x = g.x + image * g.height * g.width;
    float* y = g.y + image * g.outHeight * g.outWidth;
    for (int64_t oh = 0; oh < g.outHeight; ++oh, y += g.outWidth) {
      const PoolSpan rows = rowsOf(g, oh);
      for (int64_t from = 0; from < g.outWidth; from += most) {
        const int64_t to = min64(from + most, g.outWidth);
        const int64_t left = from * g.strideWidth - g.padLeft, windows = (to - 1 - from) * g.strideWidth + 1;
        const int64_t right = left + windows - 1 + g.kernelWidth;
        const int64_t first = max64(left, 0), end = min64(right, g.width);
        fillZeros(scratch, first - left);
        addRows(scratch + (first - left), x + rows.begin * g.width + first, rows.end - rows.begin, g.width,
                end - first, 0);
        fillZeros(scratch + (end - left), right + lanes - end);
        for (int64_t i = 0; i < windows; i += lanes) {
          Vec sum = load(scratch + i);
          for (int64_t kw = 1; kw < g.kernelWidth; ++kw) sum = add(sum, load(scratch + i + kw));
          store(scratch + i, sum);
        }
        for (int64_t ow = from; ow < to; ++ow)
          y[ow] = scratch[(ow - from) * g.strideWidth] / windowPlaces(g, rows, ow);
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
