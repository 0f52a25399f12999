// Winograd's way for the correlations of convolution.h: kernels of 3x3 with stride 1. Images go into their
// points (winograd-tiles.h), where convolution is 36 matrix products over the channels, and come back.
//
// Each output is a sum over the channels in ascending order at every point, so neither the samples beside it
// nor the cut into units changes a bit. A pixel that is not finite can make all 16 outputs of the tiles
// that see it NaN, where direct convolution answers infinities and only to the windows that see it.
#pragma once
#include "correlation.h"
#include "gemm-tile.h"
#include "winograd-tiles.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// What is worked on at a time, and where it lies in scratch.
struct WinogradPlan {
  int64_t units;    // 0: direct convolution is better, or there are no samples
  int64_t rows;     // of tiles in a patch, which is a whole image or a part of its rows of tiles
  int64_t patches;  // of an image
  int64_t tiles;    // in a unit, at most
  int64_t panels;   // of filters
  int64_t weights, points, products, pixels, strip, outputs;
};

// A unit's tiles: four register tiles of 14 rows on AVX-512. With 16 or 28 instead, no shape was faster.
constexpr int64_t unitTiles = 56;

NETWRIGHT_INLINE TiledImage tiledInput(const Window& w) {
  return {w.channels,
          w.height,
          w.width,
          w.top,
          w.left,
          divideUp(w.outHeight, tileOutputs),
          divideUp(w.outWidth, tileOutputs)};
}

// Where Winograd's way is faster: enough channels and filters for the transforms to be little beside the
// products, and little of the tiles and vectors empty. Of the work, outputs · channels · filters over those
// of whole tiles and vectors, 0.55 decides: 17 to 17x28x28 on AVX-512 (share 0.28) 0.86 of direct's speed, 8
// to 16 (0.5) 0.80; 24 to 24 (0.56) 1.23; 16 to 16x9x9 (0.56) 1.41, x6x6 (0.56) 1.77, x5x5 (0.39) below 1.
NETWRIGHT_INLINE bool winogradPays(const Window& w, int64_t filters) {
  const int64_t least = max64(8, lanes * 3 / 4);
  if (w.kernelHeight != 3 || w.kernelWidth != 3 || w.strideHeight != 1 || w.strideWidth != 1) return false;
  if (w.channels < least || filters < least) return false;
  const int64_t tiles = divideUp(w.outHeight, tileOutputs) * divideUp(w.outWidth, tileOutputs);
  const double used =
      static_cast<double>(w.outHeight * w.outWidth) * static_cast<double>(w.channels * filters);
  const double whole = static_cast<double>(tiles * tileOutputs * tileOutputs) *
                       static_cast<double>(wholeVectors(w.channels) * wholeVectors(filters));
  return used >= 0.55 * whole;
}

NETWRIGHT_INLINE WinogradPlan planWinograd(const Window& w, int64_t filters, int64_t samples) {
  WinogradPlan plan = {};
  if (!winogradPays(w, filters)) return plan;
  const TiledImage g = tiledInput(w);
  const int64_t width = wholeVectors(filters);
  if (g.across > unitTiles) return plan;
  plan.rows = equalParts(g.down, unitTiles / g.across);
  plan.patches = divideUp(g.down, plan.rows);
  const int64_t tiles = plan.rows * g.across, most = unitTiles / tiles;
  plan.tiles = most * tiles;
  plan.panels = divideUp(width / lanes, tileVectors);
  const int64_t panel = divideUp(width / lanes, plan.panels) * lanes;
  plan.weights = 0;
  plan.points = plan.weights + tilePositions * positionFloats(w.channels, filters);
  plan.products = plan.points + tilePositions * positionFloats(plan.tiles, w.channels);
  plan.pixels = plan.products + tilePositions * positionFloats(plan.tiles, panel);
  plan.strip = plan.pixels + pixelFloats(g, plan.rows);
  plan.outputs = plan.strip + stripFloats(g);
  const int64_t end = plan.outputs + min64(w.outHeight, plan.rows * tileOutputs) * w.outWidth * panel;
  if (end <= scratchFloats) plan.units = divideUp(samples * plan.patches, most);
  return plan;
}

// to = G g Gᵀ of every kernel: (positions, channels, rows of A in whole vectors).
static void transformWeights(const Correlation& g, const Points& to) {
  // Taps of a kernel lie in one run of 9, which may be walked backwards.
  const int64_t lowest = min64(0, 2 * g.aHeight + 2 * g.aWidth);
  for (int64_t c = 0; c < g.window.channels; ++c)
    for (int64_t row = 0; row < g.rows; row += lanes) {
      float taps[9 * lanes];
      turn<true>(g.a + row * g.aRow + c * g.aChannel + lowest, g.aRow, min64(lanes, g.rows - row), 9, taps,
                 lanes);
      // Columns of the kernel, then rows.
      float half[3 * tilePoints * lanes];
      for (int64_t j = 0; j < 3; ++j)
        transformLine<weightTransform, 3, tilePoints>(taps + (j * g.aWidth - lowest) * lanes,
                                                      g.aHeight * lanes, half + j * lanes, 3 * lanes);
      float* const out = to.at + c * to.tile + row;
      for (int64_t i = 0; i < tilePoints; ++i)
        transformLine<weightTransform, 3, tilePoints>(half + i * 3 * lanes, lanes,
                                                      out + i * tilePoints * to.position, to.position);
    }
}

// Memory that is needed after the products and asked for during them, a share at each position. 16 filters of
// 3x3 over 16x28x28 1.04 to 1.07 times as fast with it, 32 over 32x14x14 1.07 to 1.11, 64 over 64x8x8 the
// same; weight gradients gain nothing.
struct Wanted {
  const float* at;
  int64_t count;
};
NETWRIGHT_INLINE void prefetchShare(const Wanted& wanted, int64_t position) {
  const int64_t line = 16, lines = divideUp(wanted.count, line);
  for (int64_t i = position * lines / tilePositions; i < (position + 1) * lines / tilePositions; ++i)
    prefetch(wanted.at + i * line);
}

// M (positions, tiles, columns of the panel) = V (positions, tiles, channels) · U (positions, channels, …).
static void multiplyPoints(const Points& v, const Points& u, const Points& m, int64_t tiles, int64_t channels,
                           int64_t panel, int64_t vectors, const Wanted& images, const Wanted& outputs) {
  Tile t = {};
  t.aRow = v.tile;
  t.aStep = 1;
  t.bStep = u.tile;
  t.k = channels;
  t.cRow = m.tile;
  t.finish.alpha = 1;
  t.finish.floor = bitsToFloat(0xff800000u);
  t.lastCount = lanes;
  const int64_t parts = divideUp(tiles, tileRows[vectors]);
  for (int64_t position = 0; position < tilePositions; ++position) {
    prefetchShare(images, position);
    prefetchShare(outputs, position);
    t.b = u.at + position * u.position + panel;
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t begin = part * tiles / parts, end = (part + 1) * tiles / parts;
      t.a = v.at + position * v.position + begin * v.tile;
      t.c = m.at + position * m.position + begin * m.tile;
      runRowTile(vectors, end - begin, t);
    }
  }
}

// y (filters, outputs) of rows [row, row + rows) of tiles, from their products at m; `filters` of a panel.
static void transformOutputs(const Window& w, Points m, int64_t row, int64_t rows, int64_t filters,
                             const float* bias, float floor, float* y, float* outputs, float* strip) {
  const int64_t across = divideUp(w.outWidth, tileOutputs), width = m.tile, outWidth = w.outWidth;
  const int64_t height = min64(rows * tileOutputs, w.outHeight - row * tileOutputs);
  const int64_t stripRow = across * tilePoints * lanes;
  for (int64_t v = 0; v < width; v += lanes) {
    const Vec added = bias ? loadPartial(bias + v, min64(lanes, filters - v)) : set(-0.0f);
    const Vec least = set(floor);
    for (int64_t r = 0; r < rows; ++r) {
      const float* const from = m.at + r * across * width + v;
      for (int64_t j = 0; j < tilePoints; ++j)
        for (int64_t tile = 0; tile < across; ++tile)
          transformLine<outputTransform, tilePoints, tileOutputs>(
              from + j * m.position + tile * width, tilePoints * m.position,
              strip + (tile * tilePoints + j) * lanes, stripRow);
      for (int64_t i = 0; i < min64(tileOutputs, height - r * tileOutputs); ++i) {
        float* to = outputs + (r * tileOutputs + i) * outWidth * width + v;
        const float* in = strip + i * stripRow;
        for (int64_t right = outWidth; right > 0; right -= tileOutputs) {
          Vec line[tilePoints], out[tileOutputs];
          NETWRIGHT_UNROLL
          for (int j = 0; j < tilePoints; ++j) line[j] = load(in + j * lanes);
          outputTransform(line, out);
          NETWRIGHT_UNROLL
          for (int j = 0; j < tileOutputs; ++j)
            if (j < right) store(to + j * width, max(least, add(out[j], added)));
          in += tilePoints * lanes;
          to += tileOutputs * width;
        }
      }
    }
  }
  turn<false>(outputs, width, height * outWidth, filters, y + row * tileOutputs * outWidth,
              w.outHeight * outWidth);
}

// As correlate() for whole units: y (samples, rows of A, outputs) from images (samples, …).
static void correlateByWinograd(const Correlation& g, const WinogradPlan& plan, int64_t samples, Range units,
                                const float* images, float* y, float* scratch) {
  const Window& w = g.window;
  const TiledImage input = tiledInput(w);
  const int64_t image = w.channels * w.height * w.width, outputs = w.outHeight * w.outWidth;
  const int64_t vectors = divideUp(g.rows, lanes), patches = samples * plan.patches;
  const Points weights = pointsAt(scratch + plan.weights, w.channels, g.rows);
  const Points points = pointsAt(scratch + plan.points, plan.tiles, w.channels);
  transformWeights(g, weights);
  // Calls f(sample, first row of tiles, rows of tiles, first tile in the unit) for every patch of a unit.
  const auto eachPatch = [&](int64_t unit, const auto& f) {
    int64_t tile = 0;
    for (int64_t p = unit * patches / plan.units; p < (unit + 1) * patches / plan.units; ++p) {
      const int64_t row = p % plan.patches * plan.rows, rows = min64(plan.rows, input.down - row);
      f(p / plan.patches, row, rows, tile);
      tile += rows * input.across;
    }
    return tile;
  };
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const int64_t tiles = eachPatch(unit, [&](int64_t sample, int64_t row, int64_t rows, int64_t tile) {
      const Points to = {points.at + tile * points.tile, points.tile, points.position};
      transformTiles<inputTransform, tilePoints>(input, images + sample * image, row, rows, to,
                                                 scratch + plan.pixels, scratch + plan.strip);
    });
    // Whole samples of this unit, and as many of the next.
    const int64_t begin = unit * patches / plan.units / plan.patches;
    const int64_t end = (unit + 1) * patches / plan.units / plan.patches;
    const int64_t next = min64(end - begin, samples - end);
    for (int64_t panel = 0; panel < plan.panels; ++panel) {
      const Wanted wantedImages = {images + end * image, panel == 0 ? next * image : 0};
      const Wanted wantedOutputs = {y + begin * g.rows * outputs,
                                    panel == 0 ? (end - begin) * g.rows * outputs : 0};
      const int64_t first = panel * vectors / plan.panels;
      const int64_t count = (panel + 1) * vectors / plan.panels - first, filter = first * lanes;
      const Points products = pointsAt(scratch + plan.products, plan.tiles, count * lanes);
      multiplyPoints(points, weights, products, tiles, w.channels, filter, count, wantedImages,
                     wantedOutputs);
      eachPatch(unit, [&](int64_t sample, int64_t row, int64_t rows, int64_t tile) {
        const Points from = {products.at + tile * products.tile, products.tile, products.position};
        transformOutputs(
            w, from, row, rows, min64(count * lanes, g.rows - filter), g.bias ? g.bias + filter : nullptr,
            g.floor, y + (sample * g.rows + filter) * outputs, scratch + plan.outputs, scratch + plan.strip);
      });
    }
  }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
