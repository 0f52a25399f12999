// The windows of pooling, which goes channel by channel: a unit is one channel's image of one row. A window
// that reaches over the image's edge is cut there; the rules of the declarations leave it at least one place.
#pragma once
#include "elementwise.h"

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

NETWRIGHT_INLINE void fillWith(float* p, float value, int64_t count) {
  const Vec all = set(value);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) store(p + i, all);
  if (i < count) storePartial(p + i, all, count - i);
}
NETWRIGHT_INLINE void fillZeros(float* p, int64_t count) { fillWith(p, 0, count); }

// p[0], p[stride], …: `count` lanes. With strides 1 and 2, all lanes, from whole vectors.
template <int known>
struct PoolStride {
  int64_t stride;
};
NETWRIGHT_INLINE Vec everyNth(PoolStride<1>, const float* p, int64_t) { return load(p); }
NETWRIGHT_INLINE Vec everyNth(PoolStride<2>, const float* p, int64_t) {
  Vec even, odd;
  deinterleave(load(p), load(p + lanes), even, odd);
  return even;
}
NETWRIGHT_INLINE Vec everyNth(PoolStride<0> any, const float* p, int64_t count) {
  float values[lanes] = {};
  for (int64_t i = 0; i < count; ++i) values[i] = p[i * any.stride];
  return load(values);
}
// work(PoolStride): strides 1 and 2 are known to the compiler.
template <class Work>
NETWRIGHT_INLINE void forStride(int64_t stride, Work work) {
  if (stride == 1)
    work(PoolStride<1>{stride});
  else if (stride == 2)
    work(PoolStride<2>{stride});
  else
    work(PoolStride<0>{stride});
}

// 2 by 2 with stride 2, and none cut: see pooling-2x2.h.
template <class Arguments>
NETWRIGHT_INLINE bool halves(const Arguments& g) {
  return g.kernelHeight == 2 && g.kernelWidth == 2 && g.strideHeight == 2 && g.strideWidth == 2 &&
         g.padTop == 0 && g.padLeft == 0 && 2 * g.outHeight <= g.height && 2 * g.outWidth <= g.width;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
