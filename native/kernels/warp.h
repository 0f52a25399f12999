// Images through affine maps. Whole shifts and flips copy runs of pixels. Anything else interpolates from a
// copy of the image with two pixels of `fill` on each side: coordinates are clamped to where all is fill, and
// then nothing has to ask whether it is inside.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr int64_t warpEdge = 2;

NETWRIGHT_INLINE void fillRun(float* y, int64_t count, Vec value) {
  for (int64_t i = 0; i < count; i += lanes) storePartial(y + i, value, min64(count - i, lanes));
}
NETWRIGHT_INLINE void copyRun(float* y, const float* x, int64_t count) {
  for (int64_t i = 0; i < count; i += lanes) {
    const int64_t part = min64(count - i, lanes);
    storePartial(y + i, loadPartial(x + i, part), part);
  }
}

// Whether x is a whole number that an int64_t and a float hold; not for NaN.
NETWRIGHT_INLINE bool isWhole(float x) {
  return x > -16777216.0f && x < 16777216.0f && static_cast<float>(static_cast<int64_t>(x)) == x;
}
NETWRIGHT_INLINE bool movesWhole(const float (&m)[6]) {
  return (m[0] == 1 || m[0] == -1) && m[1] == 0 && m[3] == 0 && (m[4] == 1 || m[4] == -1) && isWhole(m[2]) &&
         isWhole(m[5]);
}

// A plane under a whole shift, maybe with flips: y (height,width).
NETWRIGHT_INLINE void movePlane(const WarpImagesArguments& g, const float (&m)[6], const float* x, float* y) {
  const int64_t right = static_cast<int64_t>(m[2]), down = static_cast<int64_t>(m[5]);
  const bool turned = m[0] < 0, upsideDown = m[4] < 0;
  // Columns [begin, end) of y are inside x.
  const int64_t begin = min64(g.width, max64(0, turned ? right - g.width + 1 : -right));
  const int64_t end = max64(begin, min64(g.width, turned ? right + 1 : g.width - right));
  const Vec fill = set(static_cast<float>(g.fill));
  for (int64_t row = 0; row < g.height; ++row, y += g.width) {
    const int64_t from = upsideDown ? down - row : down + row;
    if (from < 0 || from >= g.height) {
      fillRun(y, g.width, fill);
      continue;
    }
    const float* line = x + from * g.width;
    fillRun(y, begin, fill);
    if (turned)
      for (int64_t i = begin; i < end; ++i) y[i] = line[right - i];
    else if (begin < end)
      copyRun(y + begin, line + begin + right, end - begin);
    fillRun(y + end, g.width - end, fill);
  }
}

// At most `most`, at least -1: also for NaN.
NETWRIGHT_INLINE Vec clampPlace(Vec x, Vec most) {
  x = select(greater(x, set(-1.0f)), x, set(-1.0f));
  return select(greater(most, x), x, most);
}

// `planes` planes of an image, each with its edges `stride` floats a line in scratch, through the map m.
NETWRIGHT_INLINE void warpPlanes(const WarpImagesArguments& g, const float (&m)[6], const float* padded,
                                 int64_t planes, float* y) {
  const int64_t stride = g.width + 2 * warpEdge, plane = stride * (g.height + 2 * warpEdge);
  const float* origin = padded + warpEdge * stride + warpEdge;
  float ascending[lanes];
  for (int i = 0; i < lanes; ++i) ascending[i] = static_cast<float>(i);
  const Vec columns = load(ascending), half = set(0.5f), one = set(1.0f);
  const Vec a = set(m[0]), d = set(m[3]), line = set(static_cast<float>(stride));
  const Vec mostX = set(static_cast<float>(g.width)), mostY = set(static_cast<float>(g.height));
  for (int64_t row = 0; row < g.height; ++row) {
    const float atRow = static_cast<float>(row);
    const Vec firstX = set(m[1] * atRow + m[2]), firstY = set(m[4] * atRow + m[5]);
    for (int64_t column = 0; column < g.width; column += lanes) {
      const Vec at = add(columns, set(static_cast<float>(column)));
      const Vec atX = clampPlace(fma(a, at, firstX), mostX), atY = clampPlace(fma(d, at, firstY), mostY);
      // Of a whole number either neighbour may come out as the one before, and the rest is then 1.
      const Vec left = toFloat(roundToInt(sub(atX, half))), top = toFloat(roundToInt(sub(atY, half)));
      const Vec restX = sub(atX, left), restY = sub(atY, top);
      const Vec keptX = sub(one, restX), keptY = sub(one, restY);
      // Below 2^24, so exact.
      const IntVec index = roundToInt(fma(top, line, left));
      for (int64_t p = 0; p < planes; ++p) {
        const float* from = origin + p * plane;
        const Vec upper = fma(gather(from + 1, index), restX, mul(gather(from, index), keptX));
        const Vec lower =
            fma(gather(from + stride + 1, index), restX, mul(gather(from + stride, index), keptX));
        storePartial(y + (p * g.height + row) * g.width + column, fma(lower, restY, mul(upper, keptY)),
                     min64(g.width - column, lanes));
      }
    }
  }
}

// y (rows,channels,height,width): each image of x through its map of warps (rows,6).
static Status warpImages(const WarpImagesArguments& g, Range units, float* scratch) {
  const int64_t pixels = g.height * g.width, stride = g.width + 2 * warpEdge;
  const int64_t plane = stride * (g.height + 2 * warpEdge);
  const int64_t planesAtOnce = scratchFloats / plane;
  const Vec fill = set(static_cast<float>(g.fill));
  for (int64_t row = units.begin; row < units.end; ++row) {
    float m[6];
    for (int i = 0; i < 6; ++i) m[i] = g.warps[6 * row + i];
    const float* x = g.x + row * g.channels * pixels;
    float* y = g.y + row * g.channels * pixels;
    if (movesWhole(m)) {
      for (int64_t c = 0; c < g.channels; ++c) movePlane(g, m, x + c * pixels, y + c * pixels);
      continue;
    }
    for (int64_t c = 0; c < g.channels; c += planesAtOnce) {
      const int64_t planes = min64(g.channels - c, planesAtOnce);
      fillRun(scratch, planes * plane, fill);
      for (int64_t p = 0; p < planes; ++p)
        for (int64_t line = 0; line < g.height; ++line)
          copyRun(scratch + p * plane + (line + warpEdge) * stride + warpEdge,
                  x + (c + p) * pixels + line * g.width, g.width);
      warpPlanes(g, m, scratch, planes, y + c * pixels);
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
