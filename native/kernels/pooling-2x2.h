// Windows of 2 by 2 places with stride 2, none of them cut: what networks halve their images with. A vector
// takes a row of outputs, or two rows where both fit into it, and writes all of its windows' places at once.
#pragma once
#include "pooling.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// What a vector of outputs holds: all lanes of one row; the first `count` lanes of one row; two rows of
// `count` outputs, up to half of the lanes each, the second from lane lanes / 2 on.
enum class Pooled { whole, partial, twoRows };
template <Pooled held>
struct PooledLanes {
  static constexpr Pooled value = held;
};

// visit(PooledLanes, oh, ow, count) for all outputs of an image, as long as it answers true. The last vector
// of a long row overlaps the one before it. Two rows at a time: 8x8 images are 1.4 times as fast on AVX-512.
template <class Visit>
NETWRIGHT_INLINE bool forPooled(int64_t outHeight, int64_t outWidth, Visit visit) {
  int64_t oh = 0;
  if (outWidth >= lanes) {
    for (; oh < outHeight; ++oh)
      for (int64_t ow = 0; ow < outWidth; ow += lanes)
        if (!visit(PooledLanes<Pooled::whole>(), oh, min64(ow, outWidth - lanes), lanes)) return false;
    return true;
  }
  if (2 * outWidth <= lanes)
    for (; oh + 2 <= outHeight; oh += 2)
      if (!visit(PooledLanes<Pooled::twoRows>(), oh, 0, outWidth)) return false;
  for (; oh < outHeight; ++oh)
    if (!visit(PooledLanes<Pooled::partial>(), oh, 0, outWidth)) return false;
  return true;
}

template <Pooled held>
NETWRIGHT_INLINE Vec loadPooled(const float* p, int64_t count) {
  if (held == Pooled::whole) return load(p);
  if (held == Pooled::partial) return loadPartial(p, count);
  return lowerHalves(loadPartial(p, count), loadPartial(p + count, count));
}
template <Pooled held>
NETWRIGHT_INLINE void storePooled(float* p, Vec x, int64_t count) {
  if (held == Pooled::whole) return store(p, x);
  storePartial(p, x, count);
  if (held == Pooled::twoRows) storePartial(p + count, upperHalves(x, x), count);
}

// The left and the right places of windows in one row of theirs, which begins at p. With two rows of outputs
// the second one's windows lie 2 · width behind.
struct Sides {
  Vec left, right;
};
template <Pooled held>
NETWRIGHT_INLINE Sides loadSides(const float* p, int64_t width, int64_t count) {
  Sides sides;
  if (held == Pooled::whole)
    deinterleave(load(p), load(p + lanes), sides.left, sides.right);
  else if (held == Pooled::partial)
    deinterleave(loadPartial(p, min64(2 * count, lanes)), loadPartial(p + lanes, max64(2 * count - lanes, 0)),
                 sides.left, sides.right);
  else
    deinterleave(loadPartial(p, 2 * count), loadPartial(p + 2 * width, 2 * count), sides.left, sides.right);
  return sides;
}
template <Pooled held>
NETWRIGHT_INLINE void storeSides(float* p, int64_t width, int64_t count, Sides sides) {
  Vec low, high;
  interleave(sides.left, sides.right, low, high);
  if (held == Pooled::whole) {
    store(p, low);
    store(p + lanes, high);
  } else if (held == Pooled::partial) {
    storePartial(p, low, min64(2 * count, lanes));
    storePartial(p + lanes, high, max64(2 * count - lanes, 0));
  } else {
    storePartial(p, low, 2 * count);
    storePartial(p + 2 * width, high, 2 * count);
  }
}

// Zeros in the places of an image (height,width) that no window sees.
NETWRIGHT_INLINE void clearUnseen(float* image, int64_t height, int64_t width, int64_t outHeight,
                                  int64_t outWidth) {
  for (int64_t iw = 2 * outWidth; iw < width; ++iw)
    for (int64_t ih = 0; ih < 2 * outHeight; ++ih) image[ih * width + iw] = 0;
  fillZeros(image + 2 * outHeight * width, (height - 2 * outHeight) * width);
}

NETWRIGHT_INLINE IntVec setPlace(int64_t place) { return setInt(static_cast<uint32_t>(place)); }

// The places of the windows' first elements, less that of lane 0's.
struct FirstPlaces {
  IntVec ofOneRow, ofTwoRows;
};
NETWRIGHT_INLINE FirstPlaces firstPlaces(int64_t width) {
  uint32_t one[lanes], two[lanes];
  for (uint32_t i = 0; i < lanes; ++i) {
    one[i] = 2 * i;
    two[i] = 2 * (i < lanes / 2 ? i : static_cast<uint32_t>(width) + i - lanes / 2);
  }
  return {loadInt(one), loadInt(two)};
}
template <Pooled held>
NETWRIGHT_INLINE IntVec placesFrom(const FirstPlaces& places, int64_t first) {
  return addInt(held == Pooled::twoRows ? places.ofTwoRows : places.ofOneRow, setPlace(first));
}

// y, argMax (outHeight,outWidth) = the first largest of each window of x (height,width) and its place. Of a
// vector that may hold a NaN, or infinities of both signs, nothing is written: careful(oh, ow) does its
// windows.
template <class Careful>
NETWRIGHT_INLINE void maxOf2x2(const FirstPlaces& places, float* y, int32_t* argMax, const float* x,
                               int64_t width, int64_t outHeight, int64_t outWidth, Careful careful) {
  const Vec topLeft = zero(), topRight = asFloats(setPlace(1));
  const Vec bottomLeft = asFloats(setPlace(width)), bottomRight = asFloats(setPlace(width + 1));
  forPooled(outHeight, outWidth, [&](auto outputs, int64_t oh, int64_t ow, int64_t count) {
    constexpr Pooled held = decltype(outputs)::value;
    const int64_t first = 2 * (oh * width + ow), to = oh * outWidth + ow;
    const Sides top = loadSides<held>(x + first, width, count);
    const Sides bottom = loadSides<held>(x + first + width, width, count);
    // A NaN stays in the sum.
    if (toBits(isNaN(add(add(top.left, top.right), add(bottom.left, bottom.right))))) {
      for (int64_t row = 0; row < (held == Pooled::twoRows ? 2 : 1); ++row)
        for (int64_t i = 0; i < count; ++i) careful(oh + row, ow + i);
      return true;
    }
    const Mask inTop = greater(top.right, top.left), inBottom = greater(bottom.right, bottom.left);
    const Vec ofTop = select(inTop, top.right, top.left);
    const Vec ofBottom = select(inBottom, bottom.right, bottom.left);
    const Mask below = greater(ofBottom, ofTop);
    const Vec place =
        select(below, select(inBottom, bottomRight, bottomLeft), select(inTop, topRight, topLeft));
    const IntVec firsts = placesFrom<held>(places, first);
    storePooled<held>(y + to, select(below, ofBottom, ofTop), count);
    storePooled<held>(reinterpret_cast<float*>(argMax + to), asFloats(addInt(firsts, asInts(place))), count);
    return true;
  });
}

// dx (height,width) = dy (outHeight,outWidth) at the places argMax, each in its own window; 0 elsewhere.
// Answers false, dx written in part, where a place is outside its window.
NETWRIGHT_INLINE bool scatterInto2x2(const FirstPlaces& places, float* dx, const float* dy,
                                     const int32_t* argMax, int64_t height, int64_t width, int64_t outHeight,
                                     int64_t outWidth) {
  const IntVec right = setPlace(1), below = setPlace(width);
  clearUnseen(dx, height, width, outHeight, outWidth);
  return forPooled(outHeight, outWidth, [&](auto outputs, int64_t oh, int64_t ow, int64_t count) {
    constexpr Pooled held = decltype(outputs)::value;
    const int64_t first = 2 * (oh * width + ow), from = oh * outWidth + ow;
    const IntVec place = asInts(loadPooled<held>(reinterpret_cast<const float*>(argMax + from), count));
    const IntVec firsts = placesFrom<held>(places, first), lower = addInt(firsts, below);
    const Mask topLeft = equalInt(place, firsts), topRight = equalInt(place, addInt(firsts, right));
    const Mask bottomLeft = equalInt(place, lower), bottomRight = equalInt(place, addInt(lower, right));
    const uint32_t found = toBits(either(either(topLeft, topRight), either(bottomLeft, bottomRight)));
    const uint32_t row = toBits(firstLanes(count));
    const uint32_t expected = held == Pooled::twoRows ? row | row << lanes / 2 : row;
    if ((found & expected) != expected) return false;
    // Added to 0 as elsewhere: -0 and denormals become 0.
    const Vec gradient = add(zero(), loadPooled<held>(dy + from, count));
    storeSides<held>(dx + first, width, count,
                     {select(topLeft, gradient, zero()), select(topRight, gradient, zero())});
    storeSides<held>(dx + first + width, width, count,
                     {select(bottomLeft, gradient, zero()), select(bottomRight, gradient, zero())});
    return true;
  });
}

// y (outHeight,outWidth) = Σ of each window of x (height,width) / 4, its columns' sums first.
NETWRIGHT_INLINE void averageOf2x2(float* y, const float* x, int64_t width, int64_t outHeight,
                                   int64_t outWidth) {
  const Vec quarter = set(0.25f);
  forPooled(outHeight, outWidth, [&](auto outputs, int64_t oh, int64_t ow, int64_t count) {
    constexpr Pooled held = decltype(outputs)::value;
    const float* from = x + 2 * (oh * width + ow);
    const Sides top = loadSides<held>(from, width, count),
                bottom = loadSides<held>(from + width, width, count);
    const Vec sum = add(add(top.left, bottom.left), add(top.right, bottom.right));
    storePooled<held>(y + oh * outWidth + ow, mul(quarter, sum), count);
    return true;
  });
}

// dx (height,width) = dy (outHeight,outWidth) / 4 in all places of its window; 0 where there is none.
NETWRIGHT_INLINE void spreadOver2x2(float* dx, const float* dy, int64_t height, int64_t width,
                                    int64_t outHeight, int64_t outWidth) {
  const Vec quarter = set(0.25f);
  clearUnseen(dx, height, width, outHeight, outWidth);
  forPooled(outHeight, outWidth, [&](auto outputs, int64_t oh, int64_t ow, int64_t count) {
    constexpr Pooled held = decltype(outputs)::value;
    float* to = dx + 2 * (oh * width + ow);
    const Vec share = mul(quarter, loadPooled<held>(dy + oh * outWidth + ow, count));
    storeSides<held>(to, width, count, {share, share});
    storeSides<held>(to + width, width, count, {share, share});
    return true;
  });
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
