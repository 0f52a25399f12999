// im2col and col2im: the patches of a convolution as a matrix, and back. The convolutions themselves do
// without (windows.h); these are for those who want the matrix.
#pragma once
#include "windows.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// to (count) = from (count), or 0 for null. A loop over single floats, GCC makes a call of memcpy, which
// takes several times as long for the few of a window's row.
NETWRIGHT_INLINE void moveRun(const float* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; i += lanes) {
    const int64_t some = min64(lanes, count - i);
    storePartial(to + i, from ? loadPartial(from + i, some) : zero(), some);
  }
}

// columns (rows·outHeight·outWidth, channels·kernelHeight·kernelWidth) = the windows of x
// (rows,channels,height,width), 0 outside the image. A unit is a row of windows, (n,oh).
static Status im2col(const Im2colArguments& g, Range units, float*) {
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const int64_t n = unit / g.outHeight, top = unit % g.outHeight * g.strideHeight - g.padTop;
    const Inside v = insideOf(top, g.kernelHeight, 1, g.height);
    float* to = g.columns + unit * g.outWidth * g.channels * g.kernelHeight * g.kernelWidth;
    for (int64_t ow = 0; ow < g.outWidth; ++ow) {
      const int64_t left = ow * g.strideWidth - g.padLeft;
      const Inside h = insideOf(left, g.kernelWidth, 1, g.width);
      for (int64_t c = 0; c < g.channels; ++c) {
        const float* image = g.x + ((n * g.channels + c) * g.height + top) * g.width + left;
        for (int64_t kh = 0; kh < g.kernelHeight; ++kh, to += g.kernelWidth) {
          if (kh < v.begin || kh >= v.end || h.begin == h.end) {
            moveRun(nullptr, to, g.kernelWidth);
            continue;
          }
          moveRun(nullptr, to, h.begin);
          moveRun(image + kh * g.width + h.begin, to + h.begin, h.end - h.begin);
          moveRun(nullptr, to + h.end, g.kernelWidth - h.end);
        }
      }
    }
  }
  return ok;
}

// x (rows,channels,height,width) = the sums of what im2col copied from each place, windows in ascending order
// of (oh,ow). A unit is a channel of a sample.
static Status col2im(const Col2imArguments& g, Range units, float*) {
  const int64_t kernel = g.kernelHeight * g.kernelWidth, columnsRow = g.channels * kernel;
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const int64_t n = unit / g.channels, c = unit % g.channels;
    float* image = g.x + unit * g.height * g.width;
    for (int64_t i = 0; i < g.height * g.width; ++i) image[i] = 0;
    for (int64_t oh = 0; oh < g.outHeight; ++oh) {
      const int64_t top = oh * g.strideHeight - g.padTop;
      const Inside v = insideOf(top, g.kernelHeight, 1, g.height);
      const float* from = g.columns + (n * g.outHeight + oh) * g.outWidth * columnsRow + c * kernel;
      for (int64_t ow = 0; ow < g.outWidth; ++ow, from += columnsRow) {
        const int64_t left = ow * g.strideWidth - g.padLeft;
        const Inside h = insideOf(left, g.kernelWidth, 1, g.width);
        for (int64_t kh = v.begin; kh < v.end; ++kh) {
          float* to = image + (top + kh) * g.width + left;
          for (int64_t kw = h.begin; kw < h.end; ++kw) to[kw] += from[kh * g.kernelWidth + kw];
        }
      }
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
