// Convolution forward and its input gradient: matrix products of weights, read where they lie, with what the
// windows of a sample see (windows.h). im2col is never written. Kernels of 3x3 go Winograd's way (winograd.h)
// where it pays.
//
// An output's sum runs over the taps in ascending order of (channel,kh,kw), in blocks that follow from the
// shape of kernel and channels alone. So neither the number of samples nor the cut into units changes a bit.
#pragma once
#include "correlation.h"
#include "gemm-tile.h"
#include "windows.h"
#include "winograd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// A step's place in A is an int32_t: so many channels apart at most. A window has at most 2^31 taps a
// channel.
NETWRIGHT_INLINE WindowPlan planCorrelation(const Correlation& g, int64_t mostOutputs) {
  return planWindow(g.window, max64(1, 2147483647 / g.aChannel), mostOutputs);
}

// Scratch: the planes, then the steps.
constexpr int64_t stepsAt = planeRoom;
constexpr int64_t correlationFloats = stepsAt + 2 * mostTaps;

// One chunk of outputs of one image; y at the chunk's first output, rows yRow apart.
static void correlate(const Correlation& g, const WindowPlan& plan, const float* image, const Outputs& o,
                      float* y, int64_t yRow, float* scratch) {
  const Window& w = g.window;
  Step* const steps = reinterpret_cast<Step*>(scratch + stepsAt);
  const int64_t outputs = o.rows * o.columns;
  const int64_t vectors = divideUp(outputs, lanes), panels = divideUp(vectors, steppedVectors);
  Tile t = {};
  t.aRow = g.aRow;
  t.cRow = yRow;
  t.steps = steps;
  t.finish.alpha = 1;
  for (Taps taps = firstBlock(w, plan);; taps = nextBlock(w, plan, taps)) {
    const bool last = isLastBlock(w, taps);
    copyPlanes(w, image, taps, o, scratch);
    const int64_t planes = planesPerColumn(w, taps), plane = rowsOfPlane(w, taps, o) * o.columns;
    Step* step = steps;
    for (int64_t c = 0; c < taps.channels; ++c)
      for (int64_t kh = 0; kh < taps.height; ++kh) {
        const int64_t a = c * g.aChannel + kh * g.aHeight;
        const int64_t b =
            (c * taps.width * planes + kh % w.strideHeight) * plane + kh / w.strideHeight * o.columns;
        for (int64_t kw = 0; kw < taps.width; ++kw, ++step) {
          step->a = static_cast<int32_t>(a + kw * g.aWidth);
          step->b = static_cast<int32_t>(b + kw * planes * plane);
        }
      }
    t.k = step - steps;
    t.finish.beta = taps.channel == 0 && taps.top == 0 && taps.left == 0 ? 0.0f : 1.0f;
    t.finish.floor = last ? g.floor : bitsToFloat(0xff800000u);
    const float* a = g.a + taps.channel * g.aChannel + taps.top * g.aHeight + taps.left * g.aWidth;
    for (int64_t panel = 0; panel < panels; ++panel) {
      const int64_t first = panel * vectors / panels, count = (panel + 1) * vectors / panels - first;
      t.b = scratch + first * lanes;
      t.lastCount = min64(lanes, outputs - (first + count - 1) * lanes);
      const int64_t tiles = divideUp(g.rows, tileRows[count]);
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t begin = tile * g.rows / tiles, end = (tile + 1) * g.rows / tiles;
        t.a = a + begin * g.aRow;
        t.c = y + begin * yRow + first * lanes;
        t.finish.bias = last && g.bias ? g.bias + begin : nullptr;
        runRowTile<true>(count, end - begin, t);
      }
    }
    if (last) return;
  }
}

NETWRIGHT_INLINE Correlation forwardCorrelation(const Conv2dForwardArguments& g) {
  const int64_t kernel = g.kernelHeight * g.kernelWidth;
  Correlation c;
  c.window = {g.channels, g.height,       g.width,       g.kernelHeight, g.kernelWidth, g.outHeight,
              g.outWidth, g.strideHeight, g.strideWidth, g.padTop,       g.padLeft};
  c.a = g.weight;
  c.rows = g.filters;
  c.aRow = g.channels * kernel;
  c.aChannel = kernel;
  c.aHeight = g.kernelWidth;
  c.aWidth = 1;
  c.bias = g.bias;
  c.floor = g.relu ? 0.0f : bitsToFloat(0xff800000u);
  return c;
}

constexpr int64_t anyOutputs = int64_t{1} << 40;

// A unit is a chunk of a sample's outputs: for all but large images, the sample. Winograd's way: a few
// samples.
static int64_t conv2dForwardUnits(const Conv2dForwardArguments& g) {
  if (g.rows == 0 || g.filters == 0) return 0;
  const Correlation c = forwardCorrelation(g);
  const WinogradPlan winograd = planWinograd(c.window, c.rows, g.rows);
  return winograd.units ? winograd.units : g.rows * planCorrelation(c, anyOutputs).chunks;
}

// y (rows,filters,outHeight,outWidth) = relu?(windows of x (rows,channels,height,width) · weight
// (filters,channels,kernelHeight,kernelWidth) + bias (filters) or null). y overlaps no input.
static Status conv2dForward(const Conv2dForwardArguments& g, Range units, float* scratch) {
  if (units.begin >= units.end) return ok;
  const Correlation correlation = forwardCorrelation(g);
  const WinogradPlan winograd = planWinograd(correlation.window, correlation.rows, g.rows);
  if (winograd.units) {
    correlateByWinograd(correlation, winograd, g.rows, units, g.x, g.y, scratch);
    return ok;
  }
  const WindowPlan plan = planCorrelation(correlation, anyOutputs);
  const int64_t outputs = g.outHeight * g.outWidth;
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const int64_t sample = unit / plan.chunks;
    const Outputs o = outputsOfChunk(correlation.window, plan, unit % plan.chunks);
    correlate(correlation, plan, g.x + sample * g.channels * g.height * g.width, o,
              g.y + sample * g.filters * outputs + o.row * g.outWidth + o.column, outputs, scratch);
  }
  return ok;
}

// The input gradient of windows with strides falls into strideHeight · strideWidth phases: places (ih,iw)
// with equal remainders see the same taps of the kernel, every strideHeight-th and strideWidth-th, and those
// of one phase are outputs of a correlation of dy with them, with stride 1. One dimension of a phase:
struct Phase {
  int64_t first, count;  // places first, first + stride, …
  int64_t tap, taps;     // taps tap, tap + stride, …: none where the kernel is shorter than the stride
  int64_t pad;           // of the correlation: place i sees outputs from i - pad on
};
NETWRIGHT_INLINE Phase phaseOf(int64_t first, int64_t size, int64_t kernel, int64_t stride, int64_t pad) {
  Phase p;
  p.first = first;
  p.count = first < size ? divideUp(size - first, stride) : 0;
  p.tap = (first + pad) % stride;
  p.taps = p.tap < kernel ? divideUp(kernel - p.tap, stride) : 0;
  // Place 0 of the phase meets its lowest tap at output (first + pad - tap) / stride, its highest taps - 1
  // before.
  p.pad = p.taps - 1 - (first + pad - p.tap) / stride;
  return p;
}

NETWRIGHT_INLINE Correlation gradientCorrelation(const Conv2dInputGradientArguments& g, const Phase& v,
                                                 const Phase& h) {
  const int64_t kernel = g.kernelHeight * g.kernelWidth;
  Correlation c;
  c.window = {g.filters, g.outHeight, g.outWidth, v.taps, h.taps, v.count, h.count, 1, 1, v.pad, h.pad};
  // Ascending outputs meet descending taps.
  c.a = g.weight + (v.tap + (v.taps - 1) * g.strideHeight) * g.kernelWidth + h.tap +
        (h.taps - 1) * g.strideWidth;
  c.rows = g.channels;
  c.aRow = kernel;
  c.aChannel = g.channels * kernel;
  c.aHeight = -g.strideHeight * g.kernelWidth;
  c.aWidth = -g.strideWidth;
  c.bias = nullptr;
  c.floor = bitsToFloat(0xff800000u);
  return c;
}

NETWRIGHT_INLINE Phase verticalPhase(const Conv2dInputGradientArguments& g, int64_t first) {
  return phaseOf(first, g.height, g.kernelHeight, g.strideHeight, g.padTop);
}
NETWRIGHT_INLINE Phase horizontalPhase(const Conv2dInputGradientArguments& g, int64_t first) {
  return phaseOf(first, g.width, g.kernelWidth, g.strideWidth, g.padLeft);
}

// Places of a phase with strides are computed side by side, so many channels and places at a time, and moved.
constexpr int64_t movedChannels = 256;
constexpr int64_t movedPlaces = 1024;

// One phase of one sample's dx (channels,height,width).
static void gradientOfPhase(const Conv2dInputGradientArguments& g, const Phase& v, const Phase& h,
                            const float* dy, float* dx, float* scratch) {
  const auto place = [&](int64_t c, int64_t i, int64_t j) {
    return dx + (c * g.height + v.first + i * g.strideHeight) * g.width + h.first + j * g.strideWidth;
  };
  if (v.taps == 0 || h.taps == 0 || g.filters == 0) {
    for (int64_t c = 0; c < g.channels; ++c)
      for (int64_t i = 0; i < v.count; ++i)
        for (int64_t j = 0; j < h.count; ++j) *place(c, i, j) = 0;
    return;
  }
  Correlation correlation = gradientCorrelation(g, v, h);
  const float* const weight = correlation.a;
  const WindowPlan plan = planCorrelation(correlation, movedPlaces);
  float* const moved = scratch + correlationFloats;
  for (int64_t c = 0; c < g.channels; c += movedChannels) {
    correlation.rows = min64(movedChannels, g.channels - c);
    correlation.a = weight + c * correlation.aRow;
    for (int64_t chunk = 0; chunk < plan.chunks; ++chunk) {
      const Outputs o = outputsOfChunk(correlation.window, plan, chunk);
      correlate(correlation, plan, dy, o, moved, movedPlaces, scratch);
      for (int64_t r = 0; r < correlation.rows; ++r) {
        const float* from = moved + r * movedPlaces;
        for (int64_t i = 0; i < o.rows; ++i)
          for (int64_t j = 0; j < o.columns; ++j) *place(c + r, o.row + i, o.column + j) = *from++;
      }
    }
  }
}

// A unit is a sample; without strides a chunk of one, as in conv2dForward.
static int64_t conv2dInputGradientUnits(const Conv2dInputGradientArguments& g) {
  if (g.strideHeight > 1 || g.strideWidth > 1 || g.filters == 0) return g.rows;
  const Correlation c = gradientCorrelation(g, verticalPhase(g, 0), horizontalPhase(g, 0));
  const WinogradPlan winograd = planWinograd(c.window, c.rows, g.rows);
  return winograd.units ? winograd.units : g.rows * planCorrelation(c, anyOutputs).chunks;
}

// dx (rows,channels,height,width) from dy (rows,filters,outHeight,outWidth) and weight
// (filters,channels,kernelHeight,kernelWidth). dx overlaps no input.
static Status conv2dInputGradient(const Conv2dInputGradientArguments& g, Range units, float* scratch) {
  if (units.begin >= units.end) return ok;
  const int64_t outputs = g.filters * g.outHeight * g.outWidth, places = g.channels * g.height * g.width;
  if (g.strideHeight > 1 || g.strideWidth > 1 || g.filters == 0) {
    for (int64_t sample = units.begin; sample < units.end; ++sample)
      for (int64_t i = 0; i < min64(g.strideHeight, g.height); ++i)
        for (int64_t j = 0; j < min64(g.strideWidth, g.width); ++j)
          gradientOfPhase(g, verticalPhase(g, i), horizontalPhase(g, j), g.dy + sample * outputs,
                          g.dx + sample * places, scratch);
    return ok;
  }
  const Correlation correlation = gradientCorrelation(g, verticalPhase(g, 0), horizontalPhase(g, 0));
  const WinogradPlan winograd = planWinograd(correlation.window, correlation.rows, g.rows);
  if (winograd.units) {
    correlateByWinograd(correlation, winograd, g.rows, units, g.dy, g.dx, scratch);
    return ok;
  }
  const WindowPlan plan = planCorrelation(correlation, anyOutputs);
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    const int64_t sample = unit / plan.chunks;
    const Outputs o = outputsOfChunk(correlation.window, plan, unit % plan.chunks);
    correlate(correlation, plan, g.dy + sample * outputs, o,
              g.dx + sample * places + o.row * g.width + o.column, g.height * g.width, scratch);
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
