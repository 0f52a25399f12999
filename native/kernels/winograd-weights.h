// Winograd's way for the weight gradient of 3x3 kernels with stride 1: the adjoint of the forward pass in
// the weights (winograd-transforms.h). Tiles of x and of dy go into their points, where a group's sum over
// tiles is 36 matrix products, and the sums come back once for each group.
#pragma once
#include "winograd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// What is worked on at a time, and where it lies in scratch.
struct WinogradWeightsPlan {
  bool pays;
  int64_t rows;     // of tiles in a patch
  int64_t patches;  // of an image
  int64_t tiles;    // in a block of K, at most
  int64_t sums, inputs, gradients, pixels, strip, kernels;
};

NETWRIGHT_INLINE TiledImage tiledGradient(const Window& w, int64_t filters) {
  return {filters,
          w.outHeight,
          w.outWidth,
          0,
          0,
          divideUp(w.outHeight, tileOutputs),
          divideUp(w.outWidth, tileOutputs)};
}

NETWRIGHT_INLINE WinogradWeightsPlan planWinogradWeights(const Window& w, int64_t filters) {
  WinogradWeightsPlan plan = {};
  if (!winogradPays(w, filters)) return plan;
  const TiledImage x = tiledInput(w), dy = tiledGradient(w, filters);
  if (x.across > unitTiles) return plan;
  plan.rows = equalParts(x.down, unitTiles / x.across);
  plan.patches = divideUp(x.down, plan.rows);
  plan.tiles = unitTiles;
  plan.sums = 0;
  plan.inputs = plan.sums + tilePositions * positionFloats(w.channels, filters);
  plan.gradients = plan.inputs + tilePositions * positionFloats(plan.tiles, w.channels);
  plan.pixels = plan.gradients + tilePositions * positionFloats(plan.tiles, filters);
  plan.strip = plan.pixels + max64(pixelFloats(x, plan.rows), pixelFloats(dy, plan.rows));
  plan.kernels = plan.strip + stripFloats(x);
  plan.pays = plan.kernels + 9 * w.channels * wholeVectors(filters) <= scratchFloats;
  return plan;
}

// sums (positions, channels, filters) += inputs (positions, tiles, channels)ᵀ · gradients (…, filters).
static void addProducts(const Points& inputs, const Points& gradients, const Points& sums, int64_t tiles,
                        int64_t channels, bool first) {
  Tile t = {};
  t.aRow = 1;
  t.aStep = inputs.tile;
  t.bStep = gradients.tile;
  t.k = tiles;
  t.cRow = sums.tile;
  t.finish.alpha = 1;
  t.finish.beta = first ? 0 : 1;
  t.finish.floor = bitsToFloat(0xff800000u);
  t.lastCount = lanes;
  const int64_t vectors = sums.tile / lanes, panels = divideUp(vectors, tileVectors);
  for (int64_t position = 0; position < tilePositions; ++position)
    for (int64_t panel = 0; panel < panels; ++panel) {
      const int64_t vector = panel * vectors / panels, count = (panel + 1) * vectors / panels - vector;
      const int64_t parts = divideUp(channels, tileRows[count]);
      t.b = gradients.at + position * gradients.position + vector * lanes;
      for (int64_t part = 0; part < parts; ++part) {
        const int64_t begin = part * channels / parts, end = (part + 1) * channels / parts;
        t.a = inputs.at + position * inputs.position + begin;
        t.c = sums.at + position * sums.position + begin * sums.tile + vector * lanes;
        runRowTile(count, end - begin, t);
      }
    }
}

// to (filters, channels, 3, 3) = Gᵀ sums G.
static void transformSums(const Points& sums, int64_t channels, int64_t filters, float* to, float* kernels) {
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t v = 0; v < sums.tile; v += lanes) {
      const float* const from = sums.at + c * sums.tile + v;
      float* const kernel = kernels + c * 9 * sums.tile + v;
      float half[3 * tilePoints * lanes];
      for (int64_t j = 0; j < tilePoints; ++j)
        transformLine<weightTransformAdjoint, tilePoints, 3>(
            from + j * sums.position, tilePoints * sums.position, half + j * lanes, tilePoints * lanes);
      for (int64_t i = 0; i < 3; ++i)
        transformLine<weightTransformAdjoint, tilePoints, 3>(half + i * tilePoints * lanes, lanes,
                                                             kernel + i * 3 * sums.tile, sums.tile);
    }
  turn<false>(kernels, sums.tile, 9 * channels, filters, to, 9 * channels);
}

// partial (filters, channels, 3, 3) of samples [begin, end), one at least, added in ascending order.
static void weightGradientByWinograd(const Conv2dWeightGradientArguments& g, const Window& w,
                                     const WinogradWeightsPlan& plan, int64_t begin, int64_t end,
                                     float* partial, float* scratch) {
  const TiledImage x = tiledInput(w), dy = tiledGradient(w, g.filters);
  const int64_t image = g.channels * g.height * g.width, outputs = g.filters * g.outHeight * g.outWidth;
  const Points sums = pointsAt(scratch + plan.sums, g.channels, g.filters);
  const Points inputs = pointsAt(scratch + plan.inputs, plan.tiles, g.channels);
  const Points gradients = pointsAt(scratch + plan.gradients, plan.tiles, g.filters);
  float *const pixels = scratch + plan.pixels, *const strip = scratch + plan.strip;
  int64_t tiles = 0;
  bool first = true;
  for (int64_t sample = begin; sample < end; ++sample)
    for (int64_t patch = 0; patch < plan.patches; ++patch) {
      const int64_t row = patch * plan.rows, rows = min64(plan.rows, x.down - row);
      const Points xAt = {inputs.at + tiles * inputs.tile, inputs.tile, inputs.position};
      const Points dyAt = {gradients.at + tiles * gradients.tile, gradients.tile, gradients.position};
      transformTiles<inputTransform, tilePoints>(x, g.x + sample * image, row, rows, xAt, pixels, strip);
      transformTiles<outputTransformAdjoint, tileOutputs>(dy, g.dy + sample * outputs, row, rows, dyAt,
                                                          pixels, strip);
      tiles += rows * x.across;
      const bool last = sample + 1 == end && patch + 1 == plan.patches;
      if (!last && tiles + plan.rows * x.across <= plan.tiles) continue;
      addProducts(inputs, gradients, sums, tiles, g.channels, first);
      tiles = 0;
      first = false;
    }
  transformSums(sums, g.channels, g.filters, partial, scratch + plan.kernels);
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
