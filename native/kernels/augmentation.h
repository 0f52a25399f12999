// Samples changed at random, but for the warp itself (warp.h). Philox's counter is (block, number of the
// sample, epoch, use), its key the seed. What is drawn for a sample as a whole is computed in doubles, by
// exact operations in the reference's order: the same numbers on every backend. Codes: see the declarations.
#pragma once
#include "math.h"
#include "random.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// The fourth counter word tells the uses of one seed apart (src/random/random.ts).
constexpr uint32_t sampleUse = 0x80000002u, noiseUse = 0x80000003u;
// Blocks of four words of a sample, by what they are for.
constexpr uint32_t placeBlock = 0, shapeBlock = 1, flipBlock = 2, cutOutBlock = 3, partnerBlock = 4;

// The four words of a block: philox(), for one counter.
template <class Arguments>
NETWRIGHT_INLINE void drawWords(const Arguments& g, uint32_t block, int64_t row, uint32_t (&c)[4]) {
  uint32_t keyLow = static_cast<uint32_t>(g.seed), keyHigh = static_cast<uint32_t>(g.seed >> 32);
  c[0] = block;
  c[1] = static_cast<uint32_t>(readOnce(g.numbers + row));
  c[2] = static_cast<uint32_t>(g.epoch);
  c[3] = sampleUse;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(c[0]) * 0xd2511f53u;
    const uint64_t product2 = static_cast<uint64_t>(c[2]) * 0xcd9e8d57u;
    c[0] = static_cast<uint32_t>(product2 >> 32) ^ c[1] ^ keyLow;
    c[1] = static_cast<uint32_t>(product2);
    c[2] = static_cast<uint32_t>(product0 >> 32) ^ c[3] ^ keyHigh;
    c[3] = static_cast<uint32_t>(product0);
    keyLow += 0x9e3779b9u;
    keyHigh += 0xbb67ae85u;
  }
}

// Evenly from 0, below 1; from -1, below 1; a whole number from -most to most.
NETWRIGHT_INLINE double unitOf(uint32_t word) { return word * (1.0 / 4294967296.0); }
NETWRIGHT_INLINE double signedOf(uint32_t word) { return 2 * unitOf(word) - 1; }
NETWRIGHT_INLINE double shiftOf(uint32_t word, int64_t most) {
  return static_cast<double>(static_cast<int64_t>(unitOf(word) * static_cast<double>(2 * most + 1)) - most);
}

// y (rows) = first + order[cursor + r], its lower 32 bits.
static Status sampleNumbers(const SampleNumbersArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  for (int64_t row = 0; row < g.rows; ++row) {
    const int32_t sample = readOnce(g.order + g.cursor + row);
    if (sample < 0 || sample >= g.samples) return {g.cursor + row, static_cast<double>(sample), 1};
    g.y[row] = static_cast<int32_t>(static_cast<uint32_t>(g.first) + static_cast<uint32_t>(sample));
  }
  return ok;
}

// For |x| <= π within 1e-15: Taylor series of a quarter, doubled twice.
struct Direction {
  double sine, cosine;
};
NETWRIGHT_INLINE Direction sineAndCosine(double x) {
  const double quarter = x / 4, square = quarter * quarter;
  double sine = 1, cosine = 1;
  for (int k = 17; k >= 3; k -= 2) {
    sine = 1 - square / (k * (k - 1)) * sine;
    cosine = 1 - square / ((k - 1) * (k - 2)) * cosine;
  }
  sine *= quarter;
  for (int i = 0; i < 2; ++i) {
    const double doubled = 2 * sine * cosine;
    cosine = 1 - 2 * sine * sine;
    sine = doubled;
  }
  return {sine, cosine};
}

// warps (rows,6): the image at (a·x + b·y + c, d·x + e·y + f) becomes pixel (x, y).
static Status drawWarps(const DrawWarpsArguments& g, Range units, float*) {
  const double degree = 3.141592653589793 / 180;
  const double right = static_cast<double>(g.width) - 1, bottom = static_cast<double>(g.height) - 1;
  for (int64_t row = units.begin; row < units.end; ++row) {
    uint32_t words[4];
    drawWords(g, placeBlock, row, words);
    const double x = right / 2 + shiftOf(words[0], g.shift) + shiftOf(words[2], g.crop);
    const double y = bottom / 2 + shiftOf(words[1], g.shift) + shiftOf(words[3], g.crop);
    drawWords(g, shapeBlock, row, words);
    const Direction turn = sineAndCosine(g.rotate * degree * signedOf(words[0]));
    const double factor = 1 + g.zoom * signedOf(words[1]);
    const Direction lean = sineAndCosine(g.shear * degree * signedOf(words[2]));
    const double slope = lean.sine / lean.cosine;
    // The inverse of: shear along x, turn, scale.
    double a = (turn.cosine + slope * turn.sine) / factor, b = (turn.sine - slope * turn.cosine) / factor;
    double d = -turn.sine / factor, e = turn.cosine / factor;
    double c = right / 2 - (a * x + b * y), f = bottom / 2 - (d * x + e * y);
    drawWords(g, flipBlock, row, words);
    if ((g.flip & 1) && words[0] >= 0x80000000u) a = -a, b = -b, c = right - c;
    if ((g.flip & 2) && words[1] >= 0x80000000u) d = -d, e = -e, f = bottom - f;
    const double warp[6] = {a, b, c, d, e, f};
    for (int i = 0; i < 6; ++i) g.warps[6 * row + i] = static_cast<float>(warp[i]);
  }
  return ok;
}

// y (rows,channels,height,width): a square of side by side pixels around a random pixel of each image = fill.
static Status cutOut(const CutOutArguments& g, Range units, float*) {
  const Vec fill = set(static_cast<float>(g.fill));
  for (int64_t sample = units.begin; sample < units.end; ++sample) {
    uint32_t words[4];
    drawWords(g, cutOutBlock, sample, words);
    const int64_t left = static_cast<int64_t>(unitOf(words[0]) * static_cast<double>(g.width)) - g.side / 2;
    const int64_t top = static_cast<int64_t>(unitOf(words[1]) * static_cast<double>(g.height)) - g.side / 2;
    const int64_t right = min64(g.width, left + g.side), bottom = min64(g.height, top + g.side);
    for (int64_t plane = sample * g.channels; plane < (sample + 1) * g.channels; ++plane)
      for (int64_t row = max64(0, top); row < bottom; ++row) {
        float* y = g.y + (plane * g.height + row) * g.width;
        for (int64_t i = max64(0, left); i < right; i += lanes)
          storePartial(y + i, fill, min64(right - i, lanes));
      }
  }
  return ok;
}

// √2 times the inverse of the error function is the quantile function of normal numbers. Polynomials of w =
// -ln(1 - x²), below 5 around 2.5, else of √w around 3: Giles, Approximating the erfinv function, 2010.
constexpr int normalTerms = 9;
constexpr float normalCentre[normalTerms] = {2.81022636e-8f,  3.43273939e-7f, -3.5233877e-6f,
                                             -4.39150654e-6f, 0.00021858087f, -0.00125372503f,
                                             -0.00417768164f, 0.246640727f,   1.50140941f};
constexpr float normalTail[normalTerms] = {-0.000200214257f, 0.000100950558f, 0.00134934322f,
                                           -0.00367342844f,  0.00573950773f,  -0.0076224613f,
                                           0.00943887047f,   1.00167406f,     2.83297682f};

// The normal number of a word's upper 24 bits: a place in the middle of one of 2^24 equal parts. x is exact.
NETWRIGHT_INLINE Vec normalOf(Vec upper) {
  const Vec one = set(1.0f);
  const Vec x = mul(fma(upper, set(2.0f), set(1.0f - 16777216.0f)), set(1.0f / 16777216.0f));
  const Vec w = sub(zero(), log(mul(sub(one, x), add(one, x))));
  const Mask inner = greater(set(5.0f), w);
  const Vec at = select(inner, sub(w, set(2.5f)), sub(sqrt(w), set(3.0f)));
  Vec p = select(inner, set(normalCentre[0]), set(normalTail[0]));
  NETWRIGHT_UNROLL
  for (int i = 1; i < normalTerms; ++i)
    p = fma(p, at, select(inner, set(normalCentre[i]), set(normalTail[i])));
  return mul(mul(set(1.41421356237f), p), x);
}

// y (rows,cols) = x + std · n: element i of a sample has word i mod 4 of its block i div 4. y may be x.
static Status addNoise(const AddNoiseArguments& g, Range units, float*) {
  const uint32_t keyLow = static_cast<uint32_t>(g.seed), keyHigh = static_cast<uint32_t>(g.seed >> 32);
  const Vec std = set(static_cast<float>(g.std));
  // The block of each lane, in storeInterleaved's order.
  uint32_t order[lanes];
  for (uint32_t i = 0; i < lanes; ++i) order[i] = i % 4 * (lanes / 4) + i / 4;
  const IntVec firstBlocks = loadInt(order);
  for (int64_t row = units.begin; row < units.end; ++row) {
    const float* x = g.x + row * g.cols;
    float* y = g.y + row * g.cols;
    const IntVec number = setInt(static_cast<uint32_t>(readOnce(g.numbers + row)));
    for (int64_t at = 0; at < g.cols; at += 4 * lanes) {
      IntVec c[4] = {addInt(firstBlocks, setInt(static_cast<uint32_t>(at / 4))), number,
                     setInt(static_cast<uint32_t>(g.epoch)), setInt(noiseUse)};
      philox(c, keyLow, keyHigh);
      float upper[4 * lanes];
      storeInterleaved(upper, upper24(c[0]), upper24(c[1]), upper24(c[2]), upper24(c[3]));
      for (int64_t i = at; i < min64(at + 4 * lanes, g.cols); i += lanes) {
        const int64_t count = min64(g.cols - i, lanes);
        storePartial(y + i, fma(std, normalOf(load(upper + (i - at))), loadPartial(x + i, count)), count);
      }
    }
  }
  return ok;
}

// partners (rows), evenly from 0 below samples; shares (rows), by the table of quantiles (points).
static Status drawPartners(const DrawPartnersArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    uint32_t words[4];
    drawWords(g, partnerBlock, row, words);
    // 53 random bits.
    const double unit = ((words[0] >> 5) * 67108864.0 + (words[1] >> 6)) * (1.0 / 9007199254740992.0);
    g.partners[row] = static_cast<int32_t>(unit * static_cast<double>(g.samples));
    const double at = unitOf(words[2]) * static_cast<double>(g.points - 1);
    const int64_t below = static_cast<int64_t>(at);
    const double rest = at - static_cast<double>(below);
    g.shares[row] = static_cast<float>((1 - rest) * static_cast<double>(g.quantiles[below]) +
                                       rest * static_cast<double>(g.quantiles[below + 1]));
  }
  return ok;
}

// y (rows,cols) = x + shares[r] · (z - x). y may be x.
static Status mixRows(const MixRowsArguments& g, Range units, float*) {
  for (int64_t row = units.begin; row < units.end; ++row) {
    const Vec share = set(g.shares[row]);
    const float *x = g.x + row * g.cols, *z = g.z + row * g.cols;
    float* y = g.y + row * g.cols;
    for (int64_t i = 0; i < g.cols; i += lanes) {
      const int64_t count = min64(g.cols - i, lanes);
      const Vec from = loadPartial(x + i, count);
      storePartial(y + i, fma(share, sub(loadPartial(z + i, count), from), from), count);
    }
  }
  return ok;
}

// y (rows,classes): 1 - shares[r] at labels[r], plus shares[r] at others[r], else 0.
static Status mixLabels(const MixLabelsArguments& g, Range units, float*) {
  if (units.begin >= units.end) return ok;
  for (int64_t row = 0; row < g.rows; ++row) {
    const int32_t label = readOnce(g.labels + row), other = readOnce(g.others + row);
    if (label < 0 || label >= g.classes) return {row, static_cast<double>(label), 1};
    if (other < 0 || other >= g.classes) return {row, static_cast<double>(other), 2};
    float* y = g.y + row * g.classes;
    for (int64_t i = 0; i < g.classes; i += lanes) storePartial(y + i, zero(), min64(g.classes - i, lanes));
    y[label] = 1.0f - g.shares[row];
    y[other] += g.shares[row];
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
