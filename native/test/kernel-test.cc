// Every kernel of every ISA that this CPU has, without Node: against naive loops in double precision, with
// each tensor ending at an unreadable page (or in its own allocation, under sanitizers), and with the units
// cut at random and run in random order, which must give the same bits. Usage: kernel-test [isa [group]].
// NETWRIGHT_TEST_SEED repeats a run.

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "../dispatch.h"
#include "memory.h"
#include "random.h"

using namespace netwright;

namespace {

const char* const names[] = {
#define NAME(name, Arguments) #name,
    NETWRIGHT_KERNELS(NAME)
#undef NAME
};

constexpr double epsilon = 1.1920928955078125e-7;  // 2^-23
const double infinity = HUGE_VAL;

struct Test {
  const KernelTable* table;
  Memory memory;
  std::vector<float> scratch;
  Random random{1};
  int64_t passed = 0, failed = 0;
  int64_t failedHere = 0;

  void check(bool good, const char* kernel, const std::string& what) {
    good ? ++passed : ++failed;
    if (!good && ++failedHere <= 10) printf("FAILED %s %s: %s\n", table->isa, kernel, what.c_str());
  }

  float* alignedScratch() {
    scratch.resize(scratchFloats + 16);
    return reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  }

  float* reals(int64_t n, float from = -1, float to = 1) {
    float* p = memory.room<float>(n);
    for (int64_t i = 0; i < n; ++i) p[i] = random.uniform(from, to);
    return p;
  }
  // An output: NaN everywhere, so that a read or an unwritten element shows.
  float* blank(int64_t n) {
    float* p = memory.room<float>(n);
    for (int64_t i = 0; i < n; ++i) p[i] = NAN;
    return p;
  }
  int32_t* indices(int64_t n, int64_t below) {
    int32_t* p = memory.room<int32_t>(n);
    for (int64_t i = 0; i < n; ++i) p[i] = static_cast<int32_t>(random.below(below));
    return p;
  }
};

std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string text(const char* format, ...) {
  char buffer[200];
  va_list list;
  va_start(list, format);
  vsnprintf(buffer, sizeof buffer, format, list);
  va_end(list);
  return buffer;
}

// Element i must be within bound(i) of want(i); NaN must meet NaN.
struct Output {
  void* data;
  int64_t count;
  std::function<double(int64_t)> want;
  std::function<double(int64_t)> bound;
  bool integers = false;
};
double at(const Output& output, int64_t i) {
  return output.integers ? static_cast<double>(static_cast<int32_t*>(output.data)[i])
                         : static_cast<double>(static_cast<float*>(output.data)[i]);
}

// Runs a kernel whole, compares, then again in random pieces from the same beginning, and compares bits.
template <class Arguments>
void run(Test& test, KernelIndex kernel, const Arguments& arguments, int64_t units,
         const std::vector<Output>& outputs, const std::string& what) {
  const KernelFunction function = test.table->run[kernel];
  const char* name = names[kernel];
  float* scratch = test.alignedScratch();
  std::vector<std::vector<uint32_t>> before, whole;
  const auto bits = [](const Output& o) {
    std::vector<uint32_t> copy(static_cast<size_t>(o.count));
    if (o.count) memcpy(copy.data(), o.data, copy.size() * 4);
    return copy;
  };
  for (const Output& o : outputs) before.push_back(bits(o));
  Status status = function(&arguments, {0, units}, scratch);
  bool good = status.code == 0;
  std::string why = good ? "" : text(" code %d at %lld", status.code, static_cast<long long>(status.row));
  for (const Output& o : outputs) {
    for (int64_t i = 0; good && o.want && i < o.count; ++i) {
      const double got = at(o, i), want = o.want(i), bound = o.bound ? o.bound(i) : 0;
      if (isnan(want) ? isnan(got) : got == want || fabs(got - want) <= bound) continue;
      good = false;
      why = text(" element %lld is %.9g, expected %.9g within %.3g", static_cast<long long>(i), got, want,
                 bound);
    }
    whole.push_back(bits(o));
  }
  if (!test.memory.frontIntact()) good = false, why += " wrote before a tensor";
  test.check(good, name, what + why);
  if (!good || units < 2) return;

  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].count) memcpy(outputs[i].data, before[i].data(), before[i].size() * 4);
  std::vector<Range> pieces;
  for (int64_t unit = 0; unit < units;) {
    const int64_t end = std::min(units, unit + 1 + test.random.below(test.random.below(2) ? 2 : units));
    pieces.push_back({unit, end});
    unit = end;
  }
  for (size_t i = pieces.size(); i > 1; --i)
    std::swap(pieces[i - 1], pieces[static_cast<size_t>(test.random.below(static_cast<int64_t>(i)))]);
  for (const Range& piece : pieces) function(&arguments, piece, scratch);
  good = test.memory.frontIntact();
  for (size_t i = 0; i < outputs.size(); ++i) good = good && bits(outputs[i]) == whole[i];
  test.check(good, name, what + text(" in %d pieces: other bits", static_cast<int>(pieces.size())));
}

int64_t blocks(int64_t n) { return (n + 4095) / 4096; }

const int64_t flatSizes[] = {0,  1,  2,  3,  4,  5,   7,   8,    9,    15,   16,   17,   31,   33,
                             47, 63, 64, 65, 97, 127, 129, 1000, 4095, 4096, 4097, 8191, 12301};

// --- gemm ---

struct Shape {
  int64_t m, n, k;
};

// One product with random options; `random` decides alpha, beta, bias, ReLU.
void gemmCase(Test& test, Shape s, int transposeA, int transposeB) {
  test.memory.reset();
  const bool withBias = test.random.below(2), relu = test.random.below(3) == 0;
  const double alpha = test.random.below(3) ? 1 : -0.75, beta = test.random.below(3)   ? 0
                                                                : test.random.below(2) ? 1
                                                                                       : 0.5;
  float* a = test.reals(s.m * s.k);
  float* b = test.reals(s.k * s.n);
  float* bias = withBias ? test.reals(s.n) : nullptr;
  float* c = beta != 0 ? test.reals(s.m * s.n) : test.blank(s.m * s.n);
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
      const double old = beta != 0 ? beta * static_cast<double>(c[i * s.n + j]) : 0,
                   add = bias ? static_cast<double>(bias[j]) : 0;
      row[j] += old + add;
      // Rounding errors of a sum behave like a random walk: a few eps of the sum of magnitudes at these
      // sizes.
      size[j] = 4 * epsilon * (size[j] + fabs(old) + fabs(add));
      if (relu && row[j] < 0) row[j] = 0;
    }
  }
  const GemmArguments g = {c, a, b, bias, s.m, s.n, s.k, transposeA, transposeB, relu, alpha, beta};
  const std::string what =
      text("(%d,%d,%d) %c%c alpha %g beta %g%s%s", static_cast<int>(s.m), static_cast<int>(s.n),
           static_cast<int>(s.k), transposeA ? 'T' : 'N', transposeB ? 'T' : 'N', alpha, beta,
           withBias ? " bias" : "", relu ? " relu" : "");
  const std::vector<float> before(c, c + s.m * s.n);
  run(test, gemmKernel, g, test.table->units[gemmKernel](&g),
      {{c, s.m * s.n, [&](int64_t i) { return want[static_cast<size_t>(i)]; },
        [&](int64_t i) { return bound[static_cast<size_t>(i)]; }}},
      what);

  // Fused bias and ReLU are the parts, to the bit.
  float* parts = test.memory.room<float>(s.m * s.n);
  if (!before.empty()) memcpy(parts, before.data(), before.size() * 4);
  GemmArguments h = g;
  h.c = parts;
  h.bias = nullptr;
  h.relu = 0;
  float* scratch = test.alignedScratch();
  test.table->run[gemmKernel](&h, {0, test.table->units[gemmKernel](&h)}, scratch);
  bool same = true;
  for (int64_t i = 0; i < s.m * s.n; ++i) {
    float x = parts[i];
    if (bias) x += bias[i % s.n];
    if (relu && x < 0) x = 0;
    same = same && x == c[i];
  }
  test.check(same, "gemm", what + ": fused differs from its parts");

  // A row's bits do not depend on the rows beside it.
  if (!transposeA && s.m > 1 && beta == 0) {
    h = g;
    h.m = 1 + test.random.below(s.m - 1);
    h.c = test.blank(h.m * s.n);
    test.table->run[gemmKernel](&h, {0, test.table->units[gemmKernel](&h)}, scratch);
    const bool equal = h.m * s.n == 0 || memcmp(h.c, c, static_cast<size_t>(h.m * s.n) * 4) == 0;
    test.check(equal, "gemm", what + text(": its first %d rows alone differ", static_cast<int>(h.m)));
  }
}

void testGemm(Test& test) {
  const Shape shapes[] = {{100, 50, 784}, {100, 10, 50},  {50, 10, 100}, {784, 50, 100}, {100, 50, 10},
                          {1, 1, 1},      {1, 50, 784},   {0, 5, 5},     {5, 0, 5},      {5, 5, 0},
                          {0, 0, 0},      {17, 50, 0},    {3, 1000, 5},  {9, 901, 67},   {200, 1, 30},
                          {1, 200, 30},   {33, 7, 2500},  {2, 3, 1025},  {70, 70, 1030}, {300, 33, 40},
                          {40, 300, 33},  {128, 96, 512}, {96, 64, 1024}};
  for (const Shape& s : shapes)
    for (int layout = 0; layout < 4; ++layout) gemmCase(test, s, layout & 1, layout >> 1);
  // More panels than the copy of B holds at once, more rows than the copy of A.
  gemmCase(test, {10, 1100, 1000}, 0, 0);
  gemmCase(test, {400, 110, 300}, 1, 1);
  gemmCase(test, {512, 100, 1030}, 1, 0);
  gemmCase(test, {512, 149, 600}, 1, 1);
  gemmCase(test, {700, 100, 200}, 0, 1);
  const int64_t m[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
                       15, 17, 19, 23, 25, 27, 29, 37, 41, 64, 65, 67, 100};
  const int64_t n[] = {1,  2,  3,  4,  5,  7,  8,  9,  11, 12, 13, 15, 16, 17, 19,  23,  24, 25,
                       31, 32, 33, 47, 48, 49, 50, 53, 63, 64, 65, 95, 96, 97, 100, 113, 149};
  const int64_t k[] = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 50, 64, 100, 131, 257};
#define PICK(list) list[test.random.below(sizeof(list) / sizeof(list[0]))]
  for (int i = 0; i < 1000; ++i) {
    const Shape s = {PICK(m), PICK(n), PICK(k)};
    gemmCase(test, s, static_cast<int>(test.random.below(2)), static_cast<int>(test.random.below(2)));
  }
#undef PICK
}

// --- flat kernels ---

template <class Arguments>
void flatCase(Test& test, KernelIndex kernel, Arguments g, float* y, int64_t n,
              const std::function<double(int64_t)>& f, double ulps, const char* what) {
  std::vector<double> want(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) want[static_cast<size_t>(i)] = f(i);
  run(test, kernel, g, blocks(n),
      {{y, n, [&](int64_t i) { return want[static_cast<size_t>(i)]; },
        [&](int64_t i) { return ulps * epsilon * fabs(want[static_cast<size_t>(i)]) + 1.2e-38; }}},
      text("n %d%s", static_cast<int>(n), what));
}

double sigmoid(double x) { return 1 / (1 + exp(-x)); }

void testFlat(Test& test) {
  for (const int64_t n : flatSizes)
    for (int inPlace = 0; inPlace < 2; ++inPlace) {
      const char* what = inPlace ? " in place" : "";
      const auto d = [](float x) { return static_cast<double>(x); };
      {
        test.memory.reset();
        float *a = test.reals(n), *b = test.reals(n), *y = inPlace ? a : test.blank(n);
        const std::vector<float> x(a, a + n);
        flatCase(
            test, addKernel, AddArguments{y, a, b, n}, y, n,
            [&](int64_t i) { return d(x[static_cast<size_t>(i)]) + d(b[i]); }, 0.5, what);
      }
      {
        test.memory.reset();
        float *a = test.reals(n), *b = test.reals(n), *y = inPlace ? b : test.blank(n);
        const std::vector<float> x(b, b + n);
        flatCase(
            test, mulKernel, MulArguments{y, a, b, n}, y, n,
            [&](int64_t i) { return d(a[i]) * d(x[static_cast<size_t>(i)]); }, 0.5, what);
      }
      {
        test.memory.reset();
        float *x = test.reals(n), *y = inPlace ? x : test.blank(n);
        if (n > 2)
          x[n - 1] = NAN, x[n / 2] = -static_cast<float>(infinity), x[0] = static_cast<float>(infinity);
        const std::vector<float> old(x, x + n);
        flatCase(
            test, reluForwardKernel, ReluForwardArguments{y, x, n}, y, n,
            [&](int64_t i) {
              const double v = d(old[static_cast<size_t>(i)]);
              return v < 0 ? 0 : v;
            },
            0, what);
      }
      {
        test.memory.reset();
        float *dy = test.reals(n), *y = test.reals(n), *dx = inPlace ? dy : test.blank(n);
        for (int64_t i = 0; i < n; i += 3) y[i] = 0;
        const std::vector<float> old(dy, dy + n);
        flatCase(
            test, reluBackwardKernel, ReluBackwardArguments{dx, dy, y, n}, dx, n,
            [&](int64_t i) { return y[i] > 0 ? d(old[static_cast<size_t>(i)]) : 0; }, 0, what);
      }
      {
        test.memory.reset();
        float *x = test.reals(n, -110, 110), *y = inPlace ? x : test.blank(n);
        if (n > 3)
          x[n - 1] = NAN, x[n / 2] = -static_cast<float>(infinity), x[0] = static_cast<float>(infinity),
                x[1] = 0;
        const std::vector<float> old(x, x + n);
        flatCase(
            test, sigmoidForwardKernel, SigmoidForwardArguments{y, x, n}, y, n,
            [&](int64_t i) { return sigmoid(d(old[static_cast<size_t>(i)])); }, 2.5, what);
      }
      {
        test.memory.reset();
        float *dy = test.reals(n), *y = test.reals(n, 0, 1), *dx = inPlace ? dy : test.blank(n);
        const std::vector<float> old(dy, dy + n);
        flatCase(
            test, sigmoidBackwardKernel, SigmoidBackwardArguments{dx, dy, y, n}, dx, n,
            [&](int64_t i) { return d(old[static_cast<size_t>(i)]) * d(y[i]) * (1 - d(y[i])); }, 2, what);
      }
      {
        test.memory.reset();
        float *p = test.reals(n), *gradient = test.reals(n);
        const std::vector<float> old(p, p + n);
        const double lr = 0.1, decay = inPlace ? 0.01 : 0;
        std::vector<double> want(static_cast<size_t>(n));
        for (int64_t i = 0; i < n; ++i)
          want[static_cast<size_t>(i)] =
              d(old[static_cast<size_t>(i)]) - lr * (d(gradient[i]) + decay * d(old[static_cast<size_t>(i)]));
        run(test, sgdStepKernel, SgdStepArguments{p, gradient, n, lr, decay}, blocks(n),
            {{p, n, [&](int64_t i) { return want[static_cast<size_t>(i)]; },
              [](int64_t) { return 3 * epsilon; }}},
            text("n %d", static_cast<int>(n)));
      }
      {
        test.memory.reset();
        float* y = test.blank(n);
        flatCase(
            test, fillKernel, FillArguments{y, n, 3, 0.7}, y, n,
            [&](int64_t) { return d(static_cast<float>(0.7 / 3)); }, 0, "");
      }
      {
        test.memory.reset();
        float* x = test.reals(n, -1.5e38f, 1.5e38f);
        run(test, checkFiniteKernel, CheckFiniteArguments{x, n}, blocks(n), {},
            text("n %d", static_cast<int>(n)));
        for (int trial = 0; n && trial < 6; ++trial) {
          const int64_t bad = trial < 3 ? test.random.below(n) : trial == 3 ? n - 1 : 0;
          const float keep = x[bad];
          x[bad] = trial % 3 == 0   ? NAN
                   : trial % 3 == 1 ? static_cast<float>(infinity)
                                    : -static_cast<float>(infinity);
          const CheckFiniteArguments g = {x, n};
          const Status s = test.table->run[checkFiniteKernel](&g, {0, blocks(n)}, nullptr);
          test.check(s.code == 1 && s.row == bad && !(s.value - s.value == 0), "checkFinite",
                     text("n %d misses element %d", static_cast<int>(n), static_cast<int>(bad)));
          x[bad] = keep;
        }
      }
    }
}

// --- reductions ---

void testReductions(Test& test) {
  const auto d = [](float x) { return static_cast<double>(x); };
  for (const int64_t cols : {1, 2, 3, 7, 10, 15, 16, 17, 50, 63, 64, 65, 100, 127, 128, 129, 200, 333})
    for (const int64_t rows : {0, 1, 2, 9, 100}) {
      test.memory.reset();
      const double beta = test.random.below(2) ? 0 : 0.5;
      float *x = test.reals(rows * cols), *sums = beta != 0 ? test.reals(cols) : test.blank(cols);
      std::vector<double> want(static_cast<size_t>(cols), 0.0), size(want);
      for (int64_t j = 0; j < cols; ++j) {
        double total = beta != 0 ? beta * d(sums[j]) : 0, magnitude = fabs(total);
        for (int64_t i = 0; i < rows; ++i) total += d(x[i * cols + j]), magnitude += fabs(d(x[i * cols + j]));
        want[static_cast<size_t>(j)] = total;
        size[static_cast<size_t>(j)] = magnitude;
      }
      run(test, sumRowsKernel, SumRowsArguments{sums, x, rows, cols, beta}, (cols + 63) / 64,
          {{sums, cols, [&](int64_t j) { return want[static_cast<size_t>(j)]; },
            [&](int64_t j) { return 4 * epsilon * size[static_cast<size_t>(j)]; }}},
          text("rows %d cols %d beta %g", static_cast<int>(rows), static_cast<int>(cols), beta));

      test.memory.reset();
      x = test.reals(rows * cols);
      for (int64_t i = 0; i < rows; ++i) {  // ties, NaN, infinities
        const int64_t kind = test.random.below(6);
        float* row = x + i * cols;
        if (kind == 0)
          for (int64_t j = 0; j < cols; ++j) row[j] = static_cast<float>(test.random.below(3));
        if (kind == 1) row[test.random.below(cols)] = NAN, row[test.random.below(cols)] = NAN;
        if (kind == 2)
          for (int64_t j = 0; j < cols; ++j) row[j] = -static_cast<float>(infinity);
        if (kind == 3) row[test.random.below(cols)] = static_cast<float>(infinity);
      }
      std::vector<double> best(static_cast<size_t>(rows));
      for (int64_t i = 0; i < rows; ++i) {
        int64_t at = 0;
        for (int64_t j = 0; j < cols; ++j) {
          const float v = x[i * cols + j], most = x[i * cols + at];
          if (!isnan(most) && (isnan(v) || v > most)) at = j;
        }
        best[static_cast<size_t>(i)] = static_cast<double>(at);
      }
      int32_t* y = test.indices(rows, 1000);
      run(test, argMaxKernel, ArgMaxArguments{y, x, rows, cols}, rows,
          {{y, rows, [&](int64_t i) { return best[static_cast<size_t>(i)]; }, nullptr, true}},
          text("rows %d cols %d", static_cast<int>(rows), static_cast<int>(cols)));

      int32_t* labels = test.indices(rows, cols);
      float* counts = test.reals(3);
      const float kept[2] = {counts[0], counts[2]};
      int64_t correct = 0;
      for (int64_t i = 0; i < rows; ++i)
        correct += static_cast<int64_t>(best[static_cast<size_t>(i)]) == labels[i];
      CountCorrectArguments g = {counts, x, labels, rows, cols, 1, 3};
      run(test, countCorrectKernel, g, 1,
          {{counts, 3, [&](int64_t i) { return i == 1 ? static_cast<double>(correct) : d(kept[i / 2]); },
            nullptr}},
          text("rows %d cols %d", static_cast<int>(rows), static_cast<int>(cols)));
      if (rows) {
        const int64_t bad = test.random.below(rows);
        labels[bad] = test.random.below(2) ? -1 : static_cast<int32_t>(cols);
        const Status s = test.table->run[countCorrectKernel](&g, {0, 1}, nullptr);
        test.check(s.code == 1 && s.row == bad && s.value == labels[bad], "countCorrect",
                   "does not refuse a label");
      }
    }
  for (const int64_t n : flatSizes) {
    test.memory.reset();
    float *x = test.reals(n), *sums = test.reals(2);
    const double kept = d(sums[0]);
    double total = 0;
    for (int64_t i = 0; i < n; ++i) total += d(x[i]);
    run(test, sumKernel, SumArguments{sums, x, n, 1, 2, 7}, 1,
        {{sums, 2, [&](int64_t i) { return i ? total / 7 : kept; },
          [&](int64_t) { return epsilon * fabs(total) + 1e-12; }}},
        text("n %d", static_cast<int>(n)));
  }
}

// --- losses ---

void testLosses(Test& test) {
  const auto d = [](float x) { return static_cast<double>(x); };
  for (const int64_t classes : {1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 50, 100, 1000})
    for (const int64_t rows : {0, 1, 2, 7, 20}) {
      const std::string what = text("rows %d classes %d", static_cast<int>(rows), static_cast<int>(classes));
      const int64_t n = rows * classes;
      const float range = test.random.below(2) ? 3.0f : 100.0f;
      test.memory.reset();
      float *logits = test.reals(n, -range, range), *probabilities = test.blank(n),
            *losses = test.blank(rows);
      int32_t* labels = test.indices(rows, classes);
      float *targets = test.reals(n, 0, 1), *dlosses = test.reals(rows), *dlogits = test.blank(n);
      std::vector<double> p(static_cast<size_t>(n)), loss(static_cast<size_t>(rows)), dense(loss), size(loss),
          total(loss);
      for (int64_t i = 0; i < rows; ++i) {
        const float* x = logits + i * classes;
        double most = -infinity, sum = 0;
        for (int64_t j = 0; j < classes; ++j) most = fmax(most, d(x[j]));
        for (int64_t j = 0; j < classes; ++j) sum += exp(d(x[j]) - most);
        for (int64_t j = 0; j < classes; ++j) {
          p[static_cast<size_t>(i * classes + j)] = exp(d(x[j]) - most) / sum;
          const double term = d(targets[i * classes + j]) * (log(sum) - (d(x[j]) - most));
          dense[static_cast<size_t>(i)] += term;
          total[static_cast<size_t>(i)] += d(targets[i * classes + j]);
          size[static_cast<size_t>(i)] += fabs(term) + d(targets[i * classes + j]);
        }
        loss[static_cast<size_t>(i)] = log(sum) - (d(x[labels[i]]) - most);
      }
      // The difference x - max is rounded before exp: an error of eps/2 · |x - max|, up to 100 here, hence
      // the factor.
      const auto probability = [&](int64_t i) { return p[static_cast<size_t>(i)]; };
      const auto probabilityBound = [&](int64_t i) {
        return epsilon * (4 + 1.5 * d(range)) * p[static_cast<size_t>(i)] + 1.2e-38;
      };
      const auto lossBound = [&](int64_t i) { return 2 * epsilon * (loss[static_cast<size_t>(i)] + 1); };
      SoftmaxCrossEntropyForwardArguments f = {losses, probabilities, logits, labels, rows, classes};
      run(test, softmaxCrossEntropyForwardKernel, f, rows,
          {{losses, rows, [&](int64_t i) { return loss[static_cast<size_t>(i)]; }, lossBound},
           {probabilities, n, probability, probabilityBound}},
          what);

      const std::vector<float> q(probabilities, probabilities + n);
      SoftmaxCrossEntropyBackwardArguments b = {dlogits, dlosses, probabilities, labels, rows, classes};
      const auto gradient = [&](int64_t i) {
        return d(dlosses[i / classes]) *
               (d(q[static_cast<size_t>(i)]) - (labels[i / classes] == i % classes));
      };
      const auto gradientBound = [](int64_t) { return 2 * epsilon; };
      run(test, softmaxCrossEntropyBackwardKernel, b, rows, {{dlogits, n, gradient, gradientBound}}, what);
      b.dlogits = probabilities;
      run(test, softmaxCrossEntropyBackwardKernel, b, rows, {{probabilities, n, gradient, gradientBound}},
          what + " in place");

      for (int64_t i = 0; i < n; ++i) probabilities[i] = NAN;
      for (int64_t i = 0; i < rows; ++i) losses[i] = NAN;
      SoftmaxCrossEntropyDenseForwardArguments df = {losses, probabilities, logits, targets, rows, classes};
      run(test, softmaxCrossEntropyDenseForwardKernel, df, rows,
          {{losses, rows, [&](int64_t i) { return dense[static_cast<size_t>(i)]; },
            [&](int64_t i) { return 4 * epsilon * size[static_cast<size_t>(i)]; }},
           {probabilities, n, probability, probabilityBound}},
          what);
      SoftmaxCrossEntropyDenseBackwardArguments db = {dlogits, dlosses, probabilities,
                                                      targets, rows,    classes};
      run(test, softmaxCrossEntropyDenseBackwardKernel, db, rows,
          {{dlogits, n,
            [&](int64_t i) {
              return d(dlosses[i / classes]) *
                     (d(q[static_cast<size_t>(i)]) * total[static_cast<size_t>(i / classes)] - d(targets[i]));
            },
            [&](int64_t i) {
              return 4 * epsilon *
                     (1 + total[static_cast<size_t>(i / classes)] * d(q[static_cast<size_t>(i)]));
            }}},
          what);

      if (rows) {
        const int64_t bad = test.random.below(rows);
        labels[bad] = test.random.below(2) ? -1 : static_cast<int32_t>(classes);
        b.dlogits = dlogits;
        const Status s = test.table->run[softmaxCrossEntropyForwardKernel](&f, {0, rows}, nullptr);
        const Status t = test.table->run[softmaxCrossEntropyBackwardKernel](&b, {0, rows}, nullptr);
        test.check(s.code == 1 && s.row == bad && s.value == labels[bad], "softmaxCrossEntropyForward",
                   what + " does not refuse a label");
        test.check(t.code == 1 && t.row == bad && t.value == labels[bad], "softmaxCrossEntropyBackward",
                   what + " does not refuse a label");
        logits[bad * classes] = NAN;
        labels[bad] = 0;
        test.table->run[softmaxCrossEntropyForwardKernel](&f, {0, rows}, nullptr);
        test.check(isnan(losses[bad]) && isnan(probabilities[bad * classes + classes - 1]),
                   "softmaxCrossEntropyForward", what + " loses NaN");
      }
    }
  // The logarithm at every scale: one row of equal logits has loss ln(classes).
  for (int64_t classes = 1; classes < 3000; classes = classes * 5 / 4 + 1) {
    test.memory.reset();
    float *logits = test.reals(classes, 0, 0), *probabilities = test.blank(classes), *losses = test.blank(1);
    int32_t* labels = test.indices(1, 1);
    const double want = log(static_cast<double>(classes));
    run(test, softmaxCrossEntropyForwardKernel,
        SoftmaxCrossEntropyForwardArguments{losses, probabilities, logits, labels, 1, classes}, 1,
        {{losses, 1, [&](int64_t) { return want; }, [&](int64_t) { return epsilon * want; }}},
        text("ln %d", static_cast<int>(classes)));
  }
}

// --- data ---

void testData(Test& test) {
  const auto d = [](float x) { return static_cast<double>(x); };
  for (const int64_t cols : {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 100, 784, 1001})
    for (const int64_t rows : {0, 1, 2, 3, 13}) {
      const std::string what = text("rows %d cols %d", static_cast<int>(rows), static_cast<int>(cols));
      const int64_t samples = 20, length = rows + 5, cursor = test.random.below(6);
      test.memory.reset();
      uint8_t* bytes = test.memory.room<uint8_t>(samples * cols);
      for (int64_t i = 0; i < samples * cols; ++i) bytes[i] = static_cast<uint8_t>(test.random.next());
      float *values = test.reals(samples * cols), *y = test.blank(rows * cols);
      int32_t *order = test.indices(length, samples), *labels = test.indices(samples, 1000),
              *out = test.indices(rows, 10);
      const float scale = static_cast<float>(1 / 255.0), shift = test.random.below(2) ? -0.5f : 0.0f;
      const auto source = [&](int64_t i) { return order[cursor + i / cols] * cols + i % cols; };
      GatherBytesArguments g = {y, bytes, order, rows, cols, samples, length, cursor, 1 / 255.0, d(shift)};
      run(test, gatherBytesKernel, g, rows,
          {{y, rows * cols, [&](int64_t i) { return bytes[source(i)] * d(scale) + d(shift); },
            [](int64_t) { return epsilon; }}},
          what);
      for (int64_t i = 0; i < rows * cols; ++i) y[i] = NAN;
      GatherRealsArguments r = {y, values, order, rows, cols, samples, length, cursor, 1 / 255.0, d(shift)};
      run(test, gatherRealsKernel, r, rows,
          {{y, rows * cols, [&](int64_t i) { return d(values[source(i)]) * d(scale) + d(shift); },
            [](int64_t) { return epsilon; }}},
          what);
      GatherLabelsArguments l = {out, labels, order, rows, samples, length, cursor};
      run(test, gatherLabelsKernel, l, 1,
          {{out, rows, [&](int64_t i) { return static_cast<double>(labels[order[cursor + i]]); }, nullptr,
            true}},
          what);
      if (rows) {
        const int64_t bad = test.random.below(rows);
        order[cursor + bad] = test.random.below(2) ? -7 : static_cast<int32_t>(samples);
        const auto refuses = [&](Status s) {
          return s.code == 1 && s.row == cursor + bad && s.value == order[cursor + bad];
        };
        test.check(refuses(test.table->run[gatherBytesKernel](&g, {0, rows}, nullptr)), "gatherBytes",
                   what + " does not refuse an index");
        test.check(refuses(test.table->run[gatherRealsKernel](&r, {0, rows}, nullptr)), "gatherReals",
                   what + " does not refuse an index");
        test.check(refuses(test.table->run[gatherLabelsKernel](&l, {0, 1}, nullptr)), "gatherLabels",
                   what + " does not refuse an index");
      }
    }
}

// --- random numbers ---

void testRandom(Test& test) {
  // Known answers of the authors' Random123 (kat_vectors, philox4x32 10).
  struct Known {
    uint32_t counter[4], key[2], words[4];
  };
  const Known known[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}};
  for (const Known& k : known) {
    test.memory.reset();
    float* y = test.blank(4);
    const auto join = [](uint32_t low, uint32_t high) {
      return static_cast<int64_t>(static_cast<uint64_t>(high) << 32 | low);
    };
    run(test, randomUniformKernel,
        RandomUniformArguments{y, 4, join(k.key[0], k.key[1]), k.counter[1],
                               join(k.counter[2], k.counter[3])},
        1, {{y, 4, [&](int64_t i) { return (k.words[i] >> 8) / 16777216.0; }, nullptr}}, "known answer");
  }
  // Against the algorithm as its paper writes it, one counter at a time.
  const auto word = [](int64_t i, uint64_t seed, uint64_t stream, uint64_t step) {
    uint32_t c[4] = {static_cast<uint32_t>(i / 4), static_cast<uint32_t>(stream), static_cast<uint32_t>(step),
                     static_cast<uint32_t>(step >> 32)};
    uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xd2511f53} * c[0], b = uint64_t{0xcd9e8d57} * c[2];
      const uint32_t next[4] = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<uint32_t>(b),
                                static_cast<uint32_t>(a >> 32) ^ c[3] ^ key[1], static_cast<uint32_t>(a)};
      memcpy(c, next, sizeof c);
      key[0] += 0x9e3779b9, key[1] += 0xbb67ae85;
    }
    return c[i % 4];
  };
  for (const int64_t n : flatSizes) {
    test.memory.reset();
    float* y = test.blank(n);
    const int64_t seed = 0x1234567890abcd, stream = 0xfedcba98, step = 0x10000000000005;
    run(test, randomUniformKernel, RandomUniformArguments{y, n, seed, stream, step}, blocks(n),
        {{y, n, [&](int64_t i) { return (word(i, seed, stream, step) >> 8) / 16777216.0; }, nullptr}},
        text("n %d", static_cast<int>(n)));
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string onlyIsa = count > 1 ? arguments[1] : "", onlyGroup = count > 2 ? arguments[2] : "";
  const char* seedText = getenv("NETWRIGHT_TEST_SEED");
  const uint64_t seed = seedText ? strtoull(seedText, nullptr, 10) : 1;
  const struct {
    const char* name;
    void (*function)(Test&);
  } groups[] = {{"gemm", testGemm},     {"flat", testFlat}, {"reductions", testReductions},
                {"losses", testLosses}, {"data", testData}, {"random", testRandom}};
  static Test test;
  for (const KernelTable* table : supportedTables()) {
    if (!onlyIsa.empty() && onlyIsa != table->isa) continue;
    test.table = table;
    test.random = Random(seed);
    const int64_t before = test.passed;
    for (const auto& group : groups) {
      if (!onlyGroup.empty() && onlyGroup != group.name) continue;
      test.failedHere = 0;
      group.function(test);
    }
    printf("%s: %lld passed\n", table->isa, static_cast<long long>(test.passed - before));
    fflush(stdout);
  }
  test.memory.reset();
  printf("%lld passed, %lld failed\n", static_cast<long long>(test.passed),
         static_cast<long long>(test.failed));
  return test.failed == 0 && test.passed > 0 ? 0 : 1;
}
