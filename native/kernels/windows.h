// What the windows of one image see, laid out for register tiles: the shared half of the convolutions.
//
// For every channel and every column kw of the kernel, a plane holds the image as that column sees it:
// shifted, cut to the width of the output, 0 outside the image. A tap (c,kh,kw) of all outputs (oh,ow) is
// then one contiguous run of its plane, kh rows further down (with strides: kh / strideHeight rows down the
// plane of kh % strideHeight). Memory and copying are those of kernelWidth images, not of kernelHeight ·
// kernelWidth as with im2col, and no vector is wasted at the ends of rows. Known as MEC (Cho and Brand 2017).
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// How a window passes over an image (channels,height,width). top and left may be negative: rows and columns
// that no window sees.
struct Window {
  int64_t channels, height, width;
  int64_t kernelHeight, kernelWidth;
  int64_t outHeight, outWidth;
  int64_t strideHeight, strideWidth;
  int64_t top, left;
};

// A box of taps: a block of K.
struct Taps {
  int64_t channel, channels;
  int64_t top, height;
  int64_t left, width;
};
// A box of outputs, contiguous among all: whole rows, or a part of one.
struct Outputs {
  int64_t row, rows;
  int64_t column, columns;
};

// Taps and outputs that are worked on at a time, chosen by shape alone. Blocks of taps are contiguous:
// channels only together with whole kernels, rows of a kernel only with whole rows.
struct WindowPlan {
  int64_t channels, height, width;  // of a block of taps
  int64_t rows, columns;            // of a chunk of outputs
  int64_t chunks;
};

// Taps of a block, as gemm's terms, and floats of its planes, which stay in the second-level cache. The room
// is enough for 64 outputs whatever the shape: a block's planes have fewer than twice its taps' rows.
constexpr int64_t mostTaps = 1024;
constexpr int64_t planeFloats = 1 << 17;
// Tiles read, and copies write, up to a vector beyond the last plane.
constexpr int64_t planeRoom = planeFloats + 64;

// `count` in equal parts of at most `most`, the last one shorter.
NETWRIGHT_INLINE int64_t equalParts(int64_t count, int64_t most) {
  return divideUp(count, divideUp(count, max64(1, most)));
}

NETWRIGHT_INLINE int64_t planesPerColumn(const Window& w, const Taps& t) {
  return min64(w.strideHeight, t.height);
}
NETWRIGHT_INLINE int64_t rowsOfPlane(const Window& w, const Taps& t, const Outputs& o) {
  return divideUp(t.height, w.strideHeight) - 1 + o.rows;
}

NETWRIGHT_INLINE WindowPlan planWindow(const Window& w, int64_t mostChannels, int64_t mostOutputs) {
  WindowPlan plan;
  plan.width = equalParts(w.kernelWidth, mostTaps);
  plan.height = plan.width < w.kernelWidth ? 1 : equalParts(w.kernelHeight, mostTaps / w.kernelWidth);
  const bool wholeKernels = plan.height == w.kernelHeight && plan.width == w.kernelWidth;
  const int64_t channels = min64(mostChannels, mostTaps / (plan.height * plan.width));
  plan.channels = wholeKernels ? equalParts(w.channels, channels) : 1;

  const Taps taps = {0, plan.channels, 0, plan.height, 0, plan.width};
  const int64_t planes = plan.channels * plan.width * planesPerColumn(w, taps);
  const int64_t extraRows = divideUp(plan.height, w.strideHeight) - 1;
  const int64_t rows = min64(planeFloats / planes / w.outWidth - extraRows, mostOutputs / w.outWidth);
  plan.rows = rows < 1 ? 1 : equalParts(w.outHeight, rows);
  plan.columns = w.outWidth;
  if (rows < 1) plan.columns = min64(w.outWidth, min64(planeFloats / planes / (extraRows + 1), mostOutputs));
  plan.chunks = divideUp(w.outHeight, plan.rows) * divideUp(w.outWidth, plan.columns);
  return plan;
}

NETWRIGHT_INLINE Outputs outputsOfChunk(const Window& w, const WindowPlan& plan, int64_t chunk) {
  const int64_t across = divideUp(w.outWidth, plan.columns);
  const int64_t row = chunk / across * plan.rows, column = chunk % across * plan.columns;
  return {row, min64(plan.rows, w.outHeight - row), column, min64(plan.columns, w.outWidth - column)};
}

// The block of taps after `t`, or one without channels after the last.
NETWRIGHT_INLINE Taps blockAt(const Window& w, const WindowPlan& plan, int64_t channel, int64_t top,
                              int64_t left) {
  return {channel, min64(plan.channels, w.channels - channel), top, min64(plan.height, w.kernelHeight - top),
          left,    min64(plan.width, w.kernelWidth - left)};
}
NETWRIGHT_INLINE Taps firstBlock(const Window& w, const WindowPlan& plan) {
  return blockAt(w, plan, 0, 0, 0);
}
NETWRIGHT_INLINE Taps nextBlock(const Window& w, const WindowPlan& plan, const Taps& t) {
  if (t.left + t.width < w.kernelWidth) return blockAt(w, plan, t.channel, t.top, t.left + t.width);
  if (t.top + t.height < w.kernelHeight) return blockAt(w, plan, t.channel, t.top + t.height, 0);
  return blockAt(w, plan, t.channel + t.channels, 0, 0);
}
NETWRIGHT_INLINE bool isLastBlock(const Window& w, const Taps& t) {
  return t.channel + t.channels == w.channels && t.top + t.height == w.kernelHeight &&
         t.left + t.width == w.kernelWidth;
}

// Of `count` places from `first` on, `stride` apart, those in [begin, end) lie inside [0, size).
struct Inside {
  int64_t begin, end;
};
NETWRIGHT_INLINE Inside insideOf(int64_t first, int64_t count, int64_t stride, int64_t size) {
  const int64_t begin = first >= 0 ? 0 : min64(count, divideUp(-first, stride));
  const int64_t end = first >= size ? 0 : min64(count, divideUp(size - first, stride));
  return {begin, max64(begin, end)};
}

// Writes to (count) and up to a vector more.
NETWRIGHT_INLINE void zeroRun(float* to, int64_t count) {
  for (int64_t i = 0; i < count; i += lanes) store(to + i, zero());
}
// `count` columns of to (rows,toRow), and nothing else.
NETWRIGHT_INLINE void zeroColumns(float* to, int64_t toRow, int64_t rows, int64_t count) {
  for (int64_t r = 0; r < rows; ++r, to += toRow) {
    if (count == 1) {
      *to = 0;
      continue;
    }
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) store(to + i, zero());
    if (i < count) storePartial(to + i, zero(), count - i);
  }
}

// Rows of `vectors` vectors, the last with `lastCount` floats, filled up with 0.
template <int vectors>
NETWRIGHT_INLINE void copyRowsOf(const float* from, int64_t fromRow, float* to, int64_t toRow, int64_t rows,
                                 int64_t lastCount) {
  for (int64_t r = 0; r < rows; ++r, from += fromRow, to += toRow) {
    NETWRIGHT_UNROLL
    for (int v = 0; v < vectors - 1; ++v) store(to + v * lanes, load(from + v * lanes));
    constexpr int last = (vectors - 1) * lanes;
    store(to + last, loadPartial(from + last, lastCount));
  }
}

// to (rows, `count` of toRow) = from (rows, `count` of fromRow). Every row is written in whole vectors; the
// next one overwrites what is too much.
NETWRIGHT_NOINLINE void copyRuns(const float* from, int64_t fromRow, float* to, int64_t toRow, int64_t rows,
                                 int64_t count) {
  const int64_t vectors = divideUp(count, lanes), last = count - (vectors - 1) * lanes;
  if (vectors == 1) return copyRowsOf<1>(from, fromRow, to, toRow, rows, last);
  if (vectors == 2) return copyRowsOf<2>(from, fromRow, to, toRow, rows, last);
  if (vectors == 3) return copyRowsOf<3>(from, fromRow, to, toRow, rows, last);
  if (vectors == 4) return copyRowsOf<4>(from, fromRow, to, toRow, rows, last);
  for (int64_t r = 0; r < rows; ++r, from += fromRow, to += toRow) {
    int64_t i = 0;
    for (; i + lanes < count; i += lanes) store(to + i, load(from + i));
    store(to + i, loadPartial(from + i, count - i));
  }
}

// to (rows,columns) = the image's rows from `row` on, strideHeight apart, its columns from `column` on,
// strideWidth apart; 0 outside. `to` has room for a vector more.
NETWRIGHT_INLINE void copyPlane(const Window& w, const float* image, int64_t row, int64_t column,
                                int64_t rows, int64_t columns, float* to) {
  // Rows [top, bottom) and columns [left, right) lie inside the image.
  const Inside v = insideOf(row, rows, w.strideHeight, w.height);
  const Inside h = insideOf(column, columns, w.strideWidth, w.width);
  if (v.begin == v.end || h.begin == h.end) return zeroRun(to, rows * columns);
  zeroRun(to, v.begin * columns);
  float* const inside = to + v.begin * columns;
  const float* const from = image + (row + v.begin * w.strideHeight) * w.width + column;
  const int64_t fromRow = w.strideHeight * w.width, height = v.end - v.begin;
  if (w.strideWidth > 1) {
    for (int64_t r = 0; r < height; ++r)
      for (int64_t i = h.begin; i < h.end; ++i)
        inside[r * columns + i] = from[r * fromRow + i * w.strideWidth];
  } else if (columns == fromRow) {
    // All rows in one run, from the first place inside to the last.
    const int64_t end = (height - 1) * columns + h.end;
    copyRuns(from + h.begin, 0, inside + h.begin, 0, 1, end - h.begin);
  } else {
    copyRuns(from + h.begin, fromRow, inside + h.begin, columns, height, h.end - h.begin);
  }
  if (h.begin > 0) zeroColumns(inside, columns, height, h.begin);
  if (h.end < columns) zeroColumns(inside + h.end, columns, height, columns - h.end);
  zeroRun(to + v.end * columns, (rows - v.end) * columns);
}

// Channels of small images are runs too short for the hardware to see them coming, so they are asked for two
// ahead, into the next sample too: 16x28x28 with 16 filters of 3x3, images in the third-level cache, 0.75 of
// peak without this and 0.82 with it.
NETWRIGHT_INLINE void prefetchRun(const float* p, int64_t count) {
  for (int64_t i = 0; i < min64(count, 4096); i += 16) prefetch(p + i);
}

// The planes of a block of taps for a chunk of outputs: by channel, by column of the kernel, by row of it
// modulo strideHeight.
NETWRIGHT_NOINLINE void copyPlanes(const Window& w, const float* image, const Taps& t, const Outputs& o,
                                   float* to) {
  const int64_t planes = planesPerColumn(w, t), rows = rowsOfPlane(w, t, o);
  const int64_t row = o.row * w.strideHeight - w.top + t.top;
  const int64_t column = o.column * w.strideWidth - w.left + t.left;
  const int64_t size = w.height * w.width;
  for (int64_t c = 0; c < t.channels; ++c) {
    const float* channel = image + (t.channel + c) * size;
    prefetchRun(channel + 2 * size, size);
    for (int64_t kw = 0; kw < t.width; ++kw)
      for (int64_t plane = 0; plane < planes; ++plane, to += rows * o.columns)
        copyPlane(w, channel, row + plane, column + kw, rows, o.columns, to);
  }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
