// Max pooling: the first largest of each window and its place; its gradient goes there.
#pragma once
#include "pooling-2x2.h"
#include "pooling.h"
#include "reduce.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// y, argMax = the first largest value of a window of the image x, and its place. The first NaN counts as
// largest.
NETWRIGHT_NOINLINE void maxOfWindow(float* y, int32_t* argMax, const float* x, int64_t width, PoolSpan rows,
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

// -infinity, which is never larger than what is in a window.
NETWRIGHT_INLINE float lowest() { return bitsToFloat(0xff800000u); }

// An image's rows in scratch, `pitch` floats each: the columns that windows see, padding as lowest(), and two
// vectors of that behind the last window.
template <class Arguments>
NETWRIGHT_INLINE int64_t paddedPitch(const Arguments& g) {
  return (g.outWidth - 1) * g.strideWidth + g.kernelWidth + 2 * lanes;
}
template <class Arguments>
NETWRIGHT_NOINLINE void copyPadded(const Arguments& g, float* to, int64_t pitch, const float* x,
                                   PoolSpan rows) {
  const int64_t columns = min64(g.width, pitch - 2 * lanes - g.padLeft), end = g.padLeft + columns;
  for (int64_t ih = rows.begin; ih < rows.end; ++ih, to += pitch) {
    fillWith(to, lowest(), g.padLeft);
    copyRow(to + g.padLeft, x + ih * g.width, columns);
    fillWith(to + end, lowest(), pitch - end);
  }
}

// Lane i of each is place i · stride.
NETWRIGHT_INLINE IntVec placesApart(int64_t stride) {
  uint32_t places[lanes];
  for (uint32_t i = 0; i < lanes; ++i) places[i] = i * static_cast<uint32_t>(stride);
  return loadInt(places);
}

// y, argMax = the same of `count` windows side by side, `rows` high; p is the first one's first element in
// padded rows, `places` are those of their first elements in the image. Answers false, having written
// nothing, where it may have met a NaN and where a window holds nothing above -infinity: padding, too, equals
// that.
template <class Arguments, class Stride>
NETWRIGHT_INLINE bool maxOfWindows(const Arguments& g, Stride stride, float* y, int32_t* argMax,
                                   const float* p, int64_t pitch, int64_t rows, IntVec places,
                                   int64_t count) {
  const IntVec one = setInt(1), nextRow = setInt(static_cast<uint32_t>(g.width - g.kernelWidth));
  const Vec least = set(lowest());
  Vec largest = least, place = zero(), sum = zero();
  for (int64_t row = 0; row < rows; ++row, p += pitch, places = addInt(places, nextRow)) {
    for (int64_t kw = 0; kw < g.kernelWidth; ++kw, places = addInt(places, one)) {
      const Vec value = everyNth(stride, p + kw, count);
      const Mask larger = greater(value, largest);
      largest = select(larger, value, largest);
      place = select(larger, asFloats(places), place);
      sum = add(sum, value);  // keeps a NaN; infinities of both signs make one
    }
  }
  if (toBits(either(isNaN(sum), equal(largest, least))) & toBits(firstLanes(count))) return false;
  storePartial(y, largest, count);
  storePartial(reinterpret_cast<float*>(argMax), place, count);
  return true;
}

// y, argMax (outHeight,outWidth) = those of one image, by vectors of outputs; `behind` floats of x may be
// read behind it. Where windows are cut or vectors would reach too far, as many rows at a time go to scratch
// as fit, at least kernelHeight.
template <class Arguments, class Stride>
NETWRIGHT_INLINE void maxOfImage(const Arguments& g, Stride stride, IntVec offsets, float* y, int32_t* argMax,
                                 const float* x, int64_t behind, float* scratch) {
  const bool inPlace = g.padLeft == 0 && paddedPitch(g) - 2 * lanes <= g.width && behind >= 2 * lanes;
  const int64_t pitch = inPlace ? g.width : paddedPitch(g);
  const int64_t band = inPlace ? g.outHeight : (scratchFloats / pitch - g.kernelHeight) / g.strideHeight + 1;
  for (int64_t from = 0; from < g.outHeight; from += band) {
    const int64_t to = min64(from + band, g.outHeight);
    const PoolSpan seen = {rowsOf(g, from).begin, rowsOf(g, to - 1).end};
    if (!inPlace) copyPadded(g, scratch, pitch, x, seen);
    const float* seenRows = inPlace ? x + seen.begin * pitch : scratch;
    for (int64_t oh = from; oh < to; ++oh) {
      const PoolSpan rows = rowsOf(g, oh);
      const float* first = seenRows + (rows.begin - seen.begin) * pitch;
      for (int64_t ow = 0; ow < g.outWidth; ow += lanes) {
        const int64_t count = min64(g.outWidth - ow, lanes), at = oh * g.outWidth + ow;
        const int64_t left = ow * g.strideWidth, height = rows.end - rows.begin;
        const IntVec places = addInt(offsets, setPlace(rows.begin * g.width + left - g.padLeft));
        if (maxOfWindows(g, stride, y + at, argMax + at, first + left, pitch, height, places, count))
          continue;
        for (int64_t i = 0; i < count; ++i)
          maxOfWindow(y + at + i, argMax + at + i, x, g.width, rows, columnsOf(g, ow + i));
      }
    }
  }
}

// y, argMax (rows,channels,outHeight,outWidth) = the first largest of each window of x
// (rows,channels,height,width) and its place ih · width + iw; NaN counts as largest. All ways take the first
// largest of a window, so that they give the same bits.
static Status maxPoolForward(const MaxPoolForwardArguments& g, Range units, float* scratch) {
  if (units.begin >= units.end) return ok;
  const bool halved = halves(g);
  const FirstPlaces firsts = firstPlaces(g.width);
  const IntVec offsets = placesApart(g.strideWidth);
  const bool fits = scratchFloats / paddedPitch(g) >= g.kernelHeight;
  for (int64_t image = units.begin; image < units.end; ++image) {
    const float* x = g.x + image * g.height * g.width;
    float* y = g.y + image * g.outHeight * g.outWidth;
    int32_t* argMax = g.argMax + image * g.outHeight * g.outWidth;
    const auto one = [&](int64_t oh, int64_t ow) {
      const int64_t at = oh * g.outWidth + ow;
      maxOfWindow(y + at, argMax + at, x, g.width, rowsOf(g, oh), columnsOf(g, ow));
    };
    if (halved) {
      maxOf2x2(firsts, y, argMax, x, g.width, g.outHeight, g.outWidth, one);
    } else if (g.outWidth > 1 && fits) {
      const int64_t behind = (g.rows * g.channels - image - 1) * g.height * g.width;
      forStride(g.strideWidth,
                [&](auto stride) { maxOfImage(g, stride, offsets, y, argMax, x, behind, scratch); });
    } else {  // one window a row, as when pooling is global, or rows too wide for scratch
      for (int64_t oh = 0; oh < g.outHeight; ++oh)
        for (int64_t ow = 0; ow < g.outWidth; ++ow) one(oh, ow);
    }
  }
  return ok;
}

// dx (rows,channels,height,width) = Σ of dy (rows,channels,outHeight,outWidth) at the places argMax, as many,
// in ascending order. Code 1: argMax[row] is outside the image.
static Status maxPoolBackward(const MaxPoolBackwardArguments& g, Range units, float*) {
  const int64_t places = g.height * g.width, outPlaces = g.outHeight * g.outWidth;
  // Half as many outputs each way, an odd last row or column left over: most likely windows of 2 by 2. Short
  // rows are faster one by one: 7x7 images 1.6 times, with vectors of four 16x16 images 1.1 times.
  const bool halved =
      g.height / 2 == g.outHeight && g.width / 2 == g.outWidth && g.outWidth > (lanes > 4 ? 3 : 8);
  const FirstPlaces firsts = firstPlaces(g.width);
  for (int64_t image = units.begin; image < units.end; ++image) {
    float* dx = g.dx + image * places;
    const int64_t from = image * outPlaces;
    if (halved &&
        scatterInto2x2(firsts, dx, g.dy + from, g.argMax + from, g.height, g.width, g.outHeight, g.outWidth))
      continue;
    fillZeros(dx, places);
    for (int64_t i = from; i < from + outPlaces; ++i) {
      const int32_t place = readOnce(g.argMax + i);
      if (place < 0 || place >= places) return {i, static_cast<double>(place), 1};
      dx[place] += g.dy[i];
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
