// Winograd's convolution F(4x4,3x3): the transforms of one dimension.
//
// A tile of 4 outputs y of a window of 3 taps g over 6 inputs d is, multiplied out as polynomials that are
// known at the points 0, a, -a, b, -b and infinity (Toom and Cook; Winograd 1980; Lavin and Gray 2016),
//
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]          6 multiplications instead of 12; in two dimensions 36 instead of 144:
//   Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
//
//        a²b²     0   -a²-b²    0     1  0           1  1   1  1   1  0           1/(a²b²)    0     0
//         0     -ab²    -b²     a     1  0           0  a  -a  b  -b  0              α       aα    a²α
//   Bᵀ =  0      ab²    -b²    -a     1  0      Aᵀ = 0  a²  a² b²  b² 0      G =     α      -aα    a²α
//         0     -a²b    -a²     b     1  0           0  a³ -a³ b³ -b³ 1              β       bβ    b²β
//         0      a²b    -a²    -b     1  0                                           β      -bβ    b²β
//         0     a²b²     0   -a²-b²   0  1                                           0        0     1
//
// with α = 1/(2a²(a²-b²)) and β = 1/(2b²(b²-a²)). The gradient of g is the same product the other way round,
//
//   dg = Gᵀ [(A dy) ⊙ (Bᵀ d)]
//
// The points are 5/8 and 3/2: but for α, β and 1/(a²b²) all constants are floats without rounding, and the
// error of random convolutions is 2 times that of direct summing, where the usual 1 and 2 make it 4 to 5
// times. Each function transforms one line in every lane; two dimensions are columns, then rows.
#pragma once
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

constexpr int tileOutputs = 4;  // along each side
constexpr int tilePoints = 6;
constexpr int tilePositions = tilePoints * tilePoints;

constexpr double pointA = 0.625, pointB = 1.5;
constexpr double squareA = pointA * pointA, squareB = pointB * pointB;
constexpr double scaleA = 1 / (2 * squareA * (squareA - squareB));
constexpr double scaleB = 1 / (2 * squareB * (squareB - squareA));

NETWRIGHT_INLINE Vec constant(double x) { return set(static_cast<float>(x)); }

// z = Bᵀ d
NETWRIGHT_INLINE void inputTransform(const Vec (&d)[6], Vec (&z)[6]) {
  const Vec product = constant(squareA * squareB), sum = constant(-squareA - squareB);
  z[0] = fma(product, d[0], fma(sum, d[2], d[4]));
  z[5] = fma(product, d[1], fma(sum, d[3], d[5]));
  const Vec evenA = fma(constant(-squareB), d[2], d[4]), oddA = fma(constant(-squareB), d[1], d[3]);
  z[1] = fma(constant(pointA), oddA, evenA);
  z[2] = fma(constant(-pointA), oddA, evenA);
  const Vec evenB = fma(constant(-squareA), d[2], d[4]), oddB = fma(constant(-squareA), d[1], d[3]);
  z[3] = fma(constant(pointB), oddB, evenB);
  z[4] = fma(constant(-pointB), oddB, evenB);
}

// y = Aᵀ m
NETWRIGHT_INLINE void outputTransform(const Vec (&m)[6], Vec (&y)[4]) {
  const Vec evenA = add(m[1], m[2]), oddA = sub(m[1], m[2]);
  const Vec evenB = add(m[3], m[4]), oddB = sub(m[3], m[4]);
  y[0] = add(m[0], add(evenA, evenB));
  y[1] = fma(constant(pointB), oddB, mul(constant(pointA), oddA));
  y[2] = fma(constant(squareB), evenB, mul(constant(squareA), evenA));
  y[3] = fma(constant(pointB * squareB), oddB, fma(constant(pointA * squareA), oddA, m[5]));
}

// z = A dy
NETWRIGHT_INLINE void outputTransformAdjoint(const Vec (&dy)[4], Vec (&z)[6]) {
  const Vec evenA = fma(constant(squareA), dy[2], dy[0]), oddA = fma(constant(squareA), dy[3], dy[1]);
  const Vec evenB = fma(constant(squareB), dy[2], dy[0]), oddB = fma(constant(squareB), dy[3], dy[1]);
  z[0] = dy[0];
  z[1] = fma(constant(pointA), oddA, evenA);
  z[2] = fma(constant(-pointA), oddA, evenA);
  z[3] = fma(constant(pointB), oddB, evenB);
  z[4] = fma(constant(-pointB), oddB, evenB);
  z[5] = dy[3];
}

// u = G g
NETWRIGHT_INLINE void weightTransform(const Vec (&g)[3], Vec (&u)[6]) {
  const Vec evenA = fma(constant(squareA * scaleA), g[2], mul(constant(scaleA), g[0]));
  const Vec evenB = fma(constant(squareB * scaleB), g[2], mul(constant(scaleB), g[0]));
  u[0] = mul(constant(1 / (squareA * squareB)), g[0]);
  u[1] = fma(constant(pointA * scaleA), g[1], evenA);
  u[2] = fma(constant(-pointA * scaleA), g[1], evenA);
  u[3] = fma(constant(pointB * scaleB), g[1], evenB);
  u[4] = fma(constant(-pointB * scaleB), g[1], evenB);
  u[5] = g[2];
}

// dg = Gᵀ s
NETWRIGHT_INLINE void weightTransformAdjoint(const Vec (&s)[6], Vec (&dg)[3]) {
  const Vec evenA = add(s[1], s[2]), oddA = sub(s[1], s[2]);
  const Vec evenB = add(s[3], s[4]), oddB = sub(s[3], s[4]);
  const Vec both = fma(constant(scaleB), evenB, mul(constant(scaleA), evenA));
  dg[0] = fma(constant(1 / (squareA * squareB)), s[0], both);
  dg[1] = fma(constant(pointB * scaleB), oddB, mul(constant(pointA * scaleA), oddA));
  dg[2] = fma(constant(squareB * scaleB), evenB, fma(constant(squareA * scaleA), evenA, s[5]));
}

// One line: `from` vectors inStep apart to `to` vectors outStep apart.
template <auto transform, int from, int to>
NETWRIGHT_INLINE void transformLine(const float* in, int64_t inStep, float* out, int64_t outStep) {
  Vec line[from], points[to];
  NETWRIGHT_UNROLL
  for (int i = 0; i < from; ++i) line[i] = load(in + i * inStep);
  transform(line, points);
  NETWRIGHT_UNROLL
  for (int i = 0; i < to; ++i) store(out + i * outStep, points[i]);
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
