// Matrix products of every ISA that this CPU has, at many more shapes than the parity tests' (test/kernels)
// have time for: against a naive product in double precision, fused bias and ReLU against their parts, some
// rows against all of them, and in random pieces. Usage: gemm-test [isa]. NETWRIGHT_TEST_SEED repeats a run.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"
#include "memory.h"
#include "random.h"
#include "test-tables.h"

using namespace netwright;

namespace {

constexpr double epsilon = 1.1920928955078125e-7;  // 2^-23

struct Shape {
  int64_t m, n, k;
};

// A product, and for each element of C what it should be and how far off it may be.
struct Product {
  GemmArguments arguments;
  std::vector<double> want, bound;
};

struct Test {
  const KernelTable* table;
  Random random{1};
  Memory memory;

  float* reals(int64_t count) {
    float* p = memory.room<float>(count);
    for (int64_t i = 0; i < count; ++i) p[i] = random.uniform(-1, 1);
    return p;
  }
  int64_t units(const GemmArguments& g) const { return table->units[gemmKernel](&g); }
  void run(const GemmArguments& g, Range range) const {
    table->run[gemmKernel](&g, range, testScratch(scratchFloats));
  }
  void runWhole(const GemmArguments& g) const { run(g, {0, units(g)}); }
  // The same product into other memory that holds `before`.
  GemmArguments into(const GemmArguments& g, const std::vector<float>& before) {
    GemmArguments other = g;
    other.c = memory.room<float>(static_cast<int64_t>(before.size()));
    if (!before.empty()) memcpy(other.c, before.data(), before.size() * sizeof(float));
    return other;
  }
};

bool sameBits(const float* a, const float* b, int64_t count) {
  return count == 0 || memcmp(a, b, static_cast<size_t>(count) * sizeof(float)) == 0;
}

// Random options and contents; the answer in double precision.
Product makeProduct(Test& test, Shape s, int transposeA, int transposeB) {
  Random& random = test.random;
  const bool withBias = random.below(2), relu = random.below(3) == 0;
  const double alpha = random.below(3) ? 1 : -0.75, beta = random.below(3) ? 0 : random.below(2) ? 1 : 0.5;
  float *a = test.reals(s.m * s.k), *b = test.reals(s.k * s.n), *bias = withBias ? test.reals(s.n) : nullptr;
  float* c = test.reals(s.m * s.n);
  std::vector<double> want(static_cast<size_t>(s.m * s.n)), bound(want.size());
  for (int64_t i = 0; i < s.m; ++i) {
    double* row = want.data() + i * s.n;
    double* size = bound.data() + i * s.n;
    for (int64_t p = 0; p < s.k; ++p) {
      const double x = alpha * static_cast<double>(transposeA ? a[p * s.m + i] : a[i * s.k + p]);
      for (int64_t j = 0; j < s.n; ++j) {
        const double product = x * static_cast<double>(transposeB ? b[j * s.k + p] : b[p * s.n + j]);
        row[j] += product;
        size[j] += fabs(product);
      }
    }
    for (int64_t j = 0; j < s.n; ++j) {
      const double old = beta * static_cast<double>(c[i * s.n + j]),
                   add = bias ? static_cast<double>(bias[j]) : 0;
      row[j] += old + add;
      // Rounding errors of a sum behave like a random walk: a few eps of the sum of magnitudes at these
      // sizes.
      size[j] = 4 * epsilon * (size[j] + fabs(old) + fabs(add));
      if (relu && row[j] < 0) row[j] = 0;
    }
  }
  // With beta 0, C is not read.
  if (beta == 0) std::fill(c, c + s.m * s.n, NAN);
  return {{c, a, b, bias, s.m, s.n, s.k, transposeA, transposeB, relu, alpha, beta}, want, bound};
}

void checkPieces(Test& test, const GemmArguments& g, const std::vector<float>& before,
                 const std::string& what) {
  const GemmArguments cut = test.into(g, before);
  const int64_t units = test.units(g);
  std::vector<Range> pieces;
  for (int64_t unit = 0; unit < units;) {
    const int64_t end = std::min(units, unit + 1 + test.random.below(test.random.below(2) ? 2 : units));
    pieces.push_back({unit, end});
    unit = end;
  }
  for (size_t i = pieces.size(); i > 1; --i)
    std::swap(pieces[i - 1], pieces[static_cast<size_t>(test.random.below(static_cast<int64_t>(i)))]);
  for (const Range& piece : pieces) test.run(cut, piece);
  check(sameBits(cut.c, g.c, g.m * g.n),
        what + text(": other bits in %d pieces", static_cast<int>(pieces.size())));
}

void checkParts(Test& test, const GemmArguments& g, const std::vector<float>& before,
                const std::string& what) {
  GemmArguments parts = test.into(g, before);
  parts.bias = nullptr;
  parts.relu = 0;
  test.runWhole(parts);
  bool same = true;
  for (int64_t i = 0; i < g.m * g.n; ++i) {
    float x = parts.c[i];
    if (g.bias) x += g.bias[i % g.n];
    if (g.relu && x < 0) x = 0;
    same = same && x == g.c[i];
  }
  check(same, what + ": fused differs from its parts");
}

// A single row has a path of its own.
void checkFirstRows(Test& test, const GemmArguments& g, const std::string& what) {
  for (const int64_t rows : {int64_t{1}, 1 + test.random.below(g.m - 1)}) {
    GemmArguments first = g;
    first.m = rows;
    first.c = test.memory.room<float>(rows * g.n);
    test.runWhole(first);
    check(sameBits(first.c, g.c, rows * g.n),
          what + text(": its first %d rows alone differ", static_cast<int>(rows)));
  }
}

void testProduct(Test& test, Shape s, int transposeA, int transposeB) {
  test.memory.reset();
  const Product product = makeProduct(test, s, transposeA, transposeB);
  const GemmArguments& g = product.arguments;
  const std::string what =
      text("%s gemm (%d,%d,%d) %c%c alpha %g beta %g%s%s", test.table->isa, static_cast<int>(s.m),
           static_cast<int>(s.n), static_cast<int>(s.k), transposeA ? 'T' : 'N', transposeB ? 'T' : 'N',
           g.alpha, g.beta, g.bias ? " bias" : "", g.relu ? " relu" : "");
  const std::vector<float> before(g.c, g.c + s.m * s.n);
  test.runWhole(g);
  bool good = true;
  std::string why;
  for (size_t i = 0; good && i < product.want.size(); ++i) {
    const double got = static_cast<double>(g.c[i]);
    good = fabs(got - product.want[i]) <= product.bound[i];
    if (!good)
      why = text(": element %d is %.9g, expected %.9g within %.3g", static_cast<int>(i), got, product.want[i],
                 product.bound[i]);
  }
  check(good, what + why);
  checkPieces(test, g, before, what);
  checkParts(test, g, before, what);
  if (!transposeA && s.m > 1 && g.beta == 0) checkFirstRows(test, g, what);
  check(test.memory.intact(), what + ": wrote before a tensor");
}

void testShapes(Test& test) {
  const Shape shapes[] = {{100, 50, 784}, {100, 10, 50},  {50, 10, 100},  {784, 50, 100}, {100, 50, 10},
                          {1, 1, 1},      {1, 50, 784},   {0, 5, 5},      {5, 0, 5},      {5, 5, 0},
                          {0, 0, 0},      {17, 50, 0},    {3, 1000, 5},   {9, 901, 67},   {200, 1, 30},
                          {1, 200, 30},   {33, 7, 2500},  {2, 3, 1025},   {70, 70, 1030}, {300, 33, 40},
                          {40, 300, 33},  {128, 96, 512}, {96, 64, 1024}, {1, 149, 1100}, {2, 100, 2060},
                          {2, 517, 70},   {2, 129, 1}};
  for (const Shape& s : shapes)
    for (int layout = 0; layout < 4; ++layout) testProduct(test, s, layout & 1, layout >> 1);
  // More panels than the copy of B holds at once, more rows than the copy of A.
  testProduct(test, {10, 1100, 1000}, 0, 0);
  testProduct(test, {400, 110, 300}, 1, 1);
  testProduct(test, {512, 100, 1030}, 1, 0);
  testProduct(test, {512, 149, 600}, 1, 1);
  testProduct(test, {700, 100, 200}, 0, 1);
  const int64_t m[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
                       15, 17, 19, 23, 25, 27, 29, 37, 41, 64, 65, 67, 100};
  const int64_t n[] = {1,  2,  3,  4,  5,  7,  8,  9,  11, 12, 13, 15, 16, 17, 19,  23,  24, 25,
                       31, 32, 33, 47, 48, 49, 50, 53, 63, 64, 65, 95, 96, 97, 100, 113, 149};
  const int64_t k[] = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 50, 64, 100, 131, 257};
  for (int i = 0; i < 1000; ++i) {
    const Shape s = {test.random.pick(m), test.random.pick(n), test.random.pick(k)};
    testProduct(test, s, static_cast<int>(test.random.below(2)), static_cast<int>(test.random.below(2)));
  }
}

}  // namespace

int main(int count, char** arguments) {
  static Test test;
  for (const KernelTable* table : tablesFor(count, arguments)) {
    test.table = table;
    test.random = Random(testSeed());
    testShapes(test);
    printf("%s: %lld so far\n", table->isa, static_cast<long long>(passed));
    fflush(stdout);
  }
  return summary();
}
