// The weight gradient of a convolution, one sum for each group of samples.
//
// A sample adds dy (filters, outputs) · windows (taps, outputs)ᵀ. Computed the other way up: windows times
// the transpose of dy, so that vectors run along filters, and the windows are read by broadcast from their
// planes (windows.h), where those of one row of the kernel lie equally far apart. The sums gather in scratch
// as (kernel row, channel and kernel column, filters) and are turned when a group's samples are through.
// Kernels of 3x3 go Winograd's way (winograd-weights.h) where it pays.
#pragma once
#include "gemm-pack.h"
#include "gemm-tile.h"
#include "windows.h"
#include "winograd-weights.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// Filters and outputs at a time; a multiple of every tile's width.
constexpr int64_t mostFilters = 192;
constexpr int64_t mostOutputs = 1024;
// Scratch: planes, sums, transposed dy, a turned vector of filters.
constexpr int64_t sumsAt = planeRoom;
constexpr int64_t turnedGradientAt = sumsAt + mostTaps * mostFilters;
constexpr int64_t turnedSumsAt = turnedGradientAt + mostOutputs * mostFilters;
static_assert(turnedSumsAt + (mostTaps + lanes) * lanes <= scratchFloats, "scratch holds it all");

// Filters in panels of up to tileVectors vectors, as gemm's columns.
struct FilterPanels {
  int64_t vectors, panels;
};
NETWRIGHT_INLINE FilterPanels panelsOf(int64_t filters) {
  const int64_t vectors = divideUp(filters, lanes);
  return {vectors, divideUp(vectors, tileVectors)};
}

// sums += one chunk of one sample: planes at scratch, dy at its first filter and output, filters dyRow apart.
static void addChunk(const Window& w, const Taps& taps, const Outputs& o, const float* dy, int64_t dyRow,
                     int64_t filters, bool first, float* scratch) {
  const int64_t planes = planesPerColumn(w, taps), plane = rowsOfPlane(w, taps, o) * o.columns;
  const int64_t outputs = o.rows * o.columns, rows = taps.channels * taps.width;
  const FilterPanels f = panelsOf(filters);
  float* const turned = scratch + turnedGradientAt;
  float* sums = scratch + sumsAt;
  Tile t = {};
  t.aRow = planes * plane;
  t.aStep = 1;
  t.b = turned;
  t.k = outputs;
  t.finish.alpha = 1;
  t.finish.beta = first ? 0.0f : 1.0f;
  t.finish.floor = bitsToFloat(0xff800000u);
  t.lastCount = lanes;
  for (int64_t panel = 0; panel < f.panels; ++panel) {
    const int64_t vector = panel * f.vectors / f.panels;
    const int64_t vectors = (panel + 1) * f.vectors / f.panels - vector;
    const int64_t width = vectors * lanes, filter = vector * lanes;
    copyTransposed(dy + filter * dyRow, dyRow, turned, width, min64(width, filters - filter), outputs, width);
    t.bStep = t.cRow = width;
    const int64_t tiles = divideUp(rows, tileRows[vectors]);
    for (int64_t kh = 0; kh < taps.height; ++kh) {
      const float* a = scratch + kh % w.strideHeight * plane + kh / w.strideHeight * o.columns;
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t begin = tile * rows / tiles, end = (tile + 1) * rows / tiles;
        t.a = a + begin * t.aRow;
        t.c = sums + begin * width;
        runRowTile(vectors, end - begin, t);
      }
      sums += rows * width;
    }
  }
}

// to = the sums of a block of taps; `to` at its first filter and tap, filters toRow apart.
static void storeSums(const Window& w, const Taps& taps, int64_t filters, float* to, int64_t toRow,
                      float* scratch) {
  const int64_t rows = taps.channels * taps.width, count = taps.height * rows;
  const int64_t turnedRow = divideUp(count, lanes) * lanes;
  const FilterPanels f = panelsOf(filters);
  const float* sums = scratch + sumsAt;
  float* const turned = scratch + turnedSumsAt;
  for (int64_t panel = 0; panel < f.panels; ++panel) {
    const int64_t vector = panel * f.vectors / f.panels;
    const int64_t vectors = (panel + 1) * f.vectors / f.panels - vector, width = vectors * lanes;
    for (int64_t v = 0; v < vectors; ++v) {
      copyTransposed(sums + v * lanes, width, turned, turnedRow, count, lanes, turnedRow);
      const int64_t filter = (vector + v) * lanes;
      for (int64_t i = 0; i < min64(lanes, filters - filter); ++i)
        for (int64_t c = 0; c < taps.channels; ++c)
          for (int64_t kh = 0; kh < taps.height; ++kh) {
            const float* from = turned + i * turnedRow + kh * rows + c * taps.width;
            float* run = to + (filter + i) * toRow + (c * w.kernelHeight + kh) * w.kernelWidth;
            for (int64_t kw = 0; kw < taps.width; ++kw) run[kw] = from[kw];
          }
    }
    sums += count * width;
  }
}

// The way for few taps, where turning dy would cost as much as the product: the right way up, vectors along
// the outputs of both. An element's sum stays a vector in scratch, (filters, taps, lanes), until the group is
// through. 1x28x28 with 30 filters of 5x5: 0.65 of peak, and 0.38 the other way. At 144 taps the other way
// wins: 16x14x14 with 32 filters of 3x3 0.77 of peak, and 0.58 this way.
constexpr int64_t fewTaps = 32;
constexpr int64_t fewTapsFilters = 1024;
static_assert(planeRoom + fewTapsFilters * fewTaps * lanes <= scratchFloats, "scratch holds it all");

// sums (rows,columns, lanes) += products of rows of a and columns of b, both contiguous along k.
struct DotSums {
  const float* a;
  int64_t aRow;
  const float* b;
  int64_t bColumn;
  int64_t k;
  float* sums;
  int64_t sumsRow;
};
// The products behind the last whole vector of k.
NETWRIGHT_NOINLINE void addLastDots(const DotSums& t, int columns, int rows) {
  const int64_t rest = t.k % lanes;
  for (int j = 0; j < columns; ++j) {
    const Vec b = loadPartial(t.b + j * t.bColumn + t.k - rest, rest);
    for (int i = 0; i < rows; ++i) {
      float* const sum = t.sums + i * t.sumsRow + j * lanes;
      store(sum, fma(loadPartial(t.a + i * t.aRow + t.k - rest, rest), b, load(sum)));
    }
  }
}

template <int columns, int rows>
NETWRIGHT_NOINLINE void addDots(const DotSums& t) {
  Vec sum[rows][columns];
  NETWRIGHT_UNROLL
  for (int i = 0; i < rows; ++i) {
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) sum[i][j] = load(t.sums + i * t.sumsRow + j * lanes);
  }
  const float* a = t.a;
  const float* b = t.b;
  const int64_t aRow = t.aRow, bColumn = t.bColumn;
  for (int64_t p = t.k / lanes; p > 0; --p) {
    Vec bs[columns];
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) bs[j] = load(b + j * bColumn);
    NETWRIGHT_UNROLL
    for (int i = 0; i < rows; ++i) {
      const Vec ai = held(load(a + i * aRow));
      NETWRIGHT_UNROLL
      for (int j = 0; j < columns; ++j) sum[i][j] = fma(ai, bs[j], sum[i][j]);
    }
    a += lanes;
    b += lanes;
  }
  NETWRIGHT_UNROLL
  for (int i = 0; i < rows; ++i) {
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) store(t.sums + i * t.sumsRow + j * lanes, sum[i][j]);
  }
  if (t.k % lanes) addLastDots(t, columns, rows);
}

// sums += one chunk of one sample, all taps: planes at scratch, dy at its first filter and output.
static void addChunkOfFewTaps(const Window& w, const Taps& taps, const Outputs& o, const float* dy,
                              int64_t dyRow, int64_t filters, float* scratch) {
  const int64_t planes = planesPerColumn(w, taps), plane = rowsOfPlane(w, taps, o) * o.columns;
  const int64_t parts = divideUp(taps.width, tileVectors);
  DotSums t;
  t.aRow = dyRow;
  t.bColumn = planes * plane;
  t.k = o.rows * o.columns;
  t.sumsRow = taps.channels * taps.height * taps.width * lanes;
  // The widest part decides how many filters go together, so that their dy stays in the first-level cache.
  const int64_t tiles = divideUp(filters, tileRows[divideUp(taps.width, parts)]);
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t begin = tile * filters / tiles, end = (tile + 1) * filters / tiles;
    t.a = dy + begin * dyRow;
    t.sums = scratch + planeRoom + begin * t.sumsRow;
    for (int64_t c = 0; c < taps.channels; ++c)
      for (int64_t kh = 0; kh < taps.height; ++kh) {
        const int64_t row = kh % w.strideHeight * plane + kh / w.strideHeight * o.columns;
        for (int64_t part = 0; part < parts; ++part) {
          const int64_t kw = part * taps.width / parts, columns = (part + 1) * taps.width / parts - kw;
          t.b = scratch + (c * taps.width + kw) * t.bColumn + row;
          withTile(columns, end - begin,
                   [&t](auto n, auto m) { addDots<decltype(n)::value, decltype(m)::value>(t); });
          t.sums += columns * lanes;
        }
      }
  }
}

// partials (groups, filters,channels,kernelHeight,kernelWidth) from dy (rows,filters,outHeight,outWidth) and
// x (rows,channels,height,width); a unit is a group of samples. Within a group, samples and their outputs are
// added in ascending order. partials overlaps no input.
static Status conv2dWeightGradient(const Conv2dWeightGradientArguments& g, Range units, float* scratch) {
  const Window w = {g.channels, g.height,       g.width,       g.kernelHeight, g.kernelWidth, g.outHeight,
                    g.outWidth, g.strideHeight, g.strideWidth, g.padTop,       g.padLeft};
  const WindowPlan plan = planWindow(w, mostTaps, mostOutputs);
  const int64_t outputs = g.outHeight * g.outWidth, image = g.channels * g.height * g.width;
  const int64_t kernel = g.kernelHeight * g.kernelWidth, weights = g.channels * kernel;
  for (int64_t group = units.begin; group < units.end; ++group) {
    const int64_t begin = group * g.rows / g.groups, end = (group + 1) * g.rows / g.groups;
    float* const partial = g.partials + group * g.filters * weights;
    if (begin == end) {
      for (int64_t i = 0; i < g.filters * weights; ++i) partial[i] = 0;
      continue;
    }
    const WinogradWeightsPlan winograd = planWinogradWeights(w, g.filters);
    if (winograd.pays) {
      weightGradientByWinograd(g, w, winograd, begin, end, partial, scratch);
      continue;
    }
    const int64_t atATime = weights <= fewTaps ? fewTapsFilters : mostFilters;
    for (int64_t filter = 0; filter < g.filters; filter += atATime) {
      const int64_t filters = min64(atATime, g.filters - filter);
      const float* const dy = g.dy + filter * outputs;
      for (Taps taps = firstBlock(w, plan);; taps = nextBlock(w, plan, taps)) {
        if (weights <= fewTaps) zeroRun(scratch + planeRoom, filters * weights * lanes);
        for (int64_t sample = begin; sample < end; ++sample)
          for (int64_t chunk = 0; chunk < plan.chunks; ++chunk) {
            const Outputs o = outputsOfChunk(w, plan, chunk);
            const float* dyOfChunk = dy + sample * g.filters * outputs + o.row * g.outWidth + o.column;
            copyPlanes(w, g.x + sample * image, taps, o, scratch);
            if (weights <= fewTaps)
              addChunkOfFewTaps(w, taps, o, dyOfChunk, outputs, filters, scratch);
            else
              addChunk(w, taps, o, dyOfChunk, outputs, filters, sample == begin && chunk == 0, scratch);
          }
        float* const to =
            partial + filter * weights + taps.channel * kernel + taps.top * g.kernelWidth + taps.left;
        if (weights <= fewTaps)
          for (int64_t i = 0; i < filters * weights; ++i)
            to[i] = reduceAdd(load(scratch + planeRoom + i * lanes));
        else
          storeSums(w, taps, filters, to, weights, scratch);
        if (isLastBlock(w, taps)) break;
      }
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
