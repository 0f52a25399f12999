// Images cut into tiles and moved into the points of Winograd's convolution (winograd-transforms.h): what the
// forward pass and both gradients share.
//
// Vectors run along channels, so that no lane is wasted on small or odd images and no sample meets another:
// an image is turned to (pixels, channels), transformed by plain vertical arithmetic, and turned back.
#pragma once
#include "windows.h"
#include "winograd-transforms.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// to (columns, toRow) = transpose of from (rows, fromRow). `padded`: in whole vectors, 0 from `rows` on;
// else nothing is written from there on.
template <bool padded>
NETWRIGHT_NOINLINE void turn(const float* from, int64_t fromRow, int64_t rows, int64_t columns, float* to,
                             int64_t toRow) {
  for (int64_t i = 0; i < rows; i += lanes) {
    const int64_t height = min64(lanes, rows - i);
    for (int64_t j = 0; j < columns; j += lanes) {
      const int64_t width = min64(lanes, columns - j);
      const float* const a = from + i * fromRow + j;
      float* const b = to + j * toRow + i;
      if (height == lanes && width == lanes) {
        transpose(a, fromRow, b, toRow);
        continue;
      }
      float part[lanes * lanes], turned[lanes * lanes];
      for (int64_t r = 0; r < height; ++r) store(part + r * lanes, loadPartial(a + r * fromRow, width));
      for (int64_t r = height; r < lanes; ++r) store(part + r * lanes, zero());
      transpose(part, lanes, turned, lanes);
      for (int64_t c = 0; c < width; ++c)
        if (padded || height == lanes)
          store(b + c * toRow, load(turned + c * lanes));
        else
          storePartial(b + c * toRow, load(turned + c * lanes), height);
    }
  }
}

NETWRIGHT_INLINE int64_t wholeVectors(int64_t count) { return divideUp(count, lanes) * lanes; }

// An image (channels,height,width) under tiles that lie 4 apart: tile (r,c) begins at row 4r - top, column
// 4c - left, and is 0 outside the image.
struct TiledImage {
  int64_t channels, height, width;
  int64_t top, left;
  int64_t down, across;  // tiles
};

// Floats of the pixels that `rows` rows of tiles see, and of one row of tiles after its columns are
// transformed.
NETWRIGHT_INLINE int64_t pixelFloats(const TiledImage& g, int64_t rows) {
  return (rows * tileOutputs + 2) * g.width * wholeVectors(g.channels);
}
NETWRIGHT_INLINE int64_t stripFloats(const TiledImage& g) {
  return tilePoints * (g.across * tileOutputs + 2) * lanes;
}

// Tiles in their points: (positions, tiles, channels in whole vectors), positions `position` apart.
struct Points {
  float* at;
  int64_t tile, position;
};
// A vector more than the tiles need, so that the positions do not fall on the same lines of the first cache.
NETWRIGHT_INLINE int64_t positionFloats(int64_t tiles, int64_t channels) {
  return tiles * wholeVectors(channels) + lanes;
}
NETWRIGHT_INLINE Points pointsAt(float* at, int64_t tiles, int64_t channels) {
  return {at, wholeVectors(channels), positionFloats(tiles, channels)};
}

// to = the points of rows [row, row + rows) of tiles of an image. A tile's side is 6, transformed by Bᵀ, or
// 4, transformed by A.
template <auto transform, int side>
static void transformTiles(const TiledImage& g, const float* image, int64_t row, int64_t rows, Points to,
                           float* pixels, float* strip) {
  const int64_t width = wholeVectors(g.channels), pixelRow = g.width * width, across = g.across;
  const int64_t top = row * tileOutputs - g.top, height = (rows - 1) * tileOutputs + side;
  const Inside v = insideOf(top, height, 1, g.height);
  zeroRun(pixels, v.begin * pixelRow);
  turn<true>(image + (top + v.begin) * g.width, g.height * g.width, g.channels, (v.end - v.begin) * g.width,
             pixels + v.begin * pixelRow, width);
  zeroRun(pixels + v.end * pixelRow, (height - v.end) * pixelRow);

  // The columns of a row of tiles, (points, columns, lanes), are transformed once for both tiles that see
  // them. Those outside the image stay 0.
  const int64_t columns = (across - 1) * tileOutputs + side, stripRow = columns * lanes;
  const Inside h = insideOf(-g.left, columns, 1, g.width);
  for (int64_t i = 0; i < tilePoints; ++i) {
    zeroRun(strip + i * stripRow, h.begin * lanes);
    zeroRun(strip + i * stripRow + h.end * lanes, (columns - h.end) * lanes);
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < width; c += lanes) {
      const float* const from = pixels + r * tileOutputs * pixelRow + c;
      for (int64_t j = h.begin; j < h.end; ++j)
        transformLine<transform, side, tilePoints>(from + (j - g.left) * width, pixelRow, strip + j * lanes,
                                                   stripRow);
      float* const out = to.at + r * across * to.tile + c;
      for (int64_t i = 0; i < tilePoints; ++i)
        for (int64_t tile = 0; tile < across; ++tile)
          transformLine<transform, side, tilePoints>(strip + i * stripRow + tile * tileOutputs * lanes, lanes,
                                                     out + i * tilePoints * to.position + tile * to.tile,
                                                     to.position);
    }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
