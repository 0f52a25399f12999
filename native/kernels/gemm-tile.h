// The innermost loops of gemm and convolution: small pieces of C kept in registers over one block of K. Three
// kinds:
//   rowTile     vectors along a row of C; A is broadcast, B is a panel of whole vectors. A stepped one finds
//               each term's place in A and B in a list.
//   dotTile     the few columns beyond whole vectors, A contiguous along K: dot products, vectors along K.
//   columnTile  the same columns, A contiguous along M (transposeA): vectors down a column of C.
// rowTile and columnTile add products in ascending k, so they give equal bits and may be exchanged for each
// other.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// C = max(floor, alpha · sum + beta · C + bias), in this order of operations everywhere.
struct Finish {
  float alpha;
  float beta;         // 0: C is not read
  float floor;        // 0 for ReLU, else -infinity, which changes nothing, NaN included
  const float* bias;  // null: none. -0 is added instead, which changes nothing, 0 and -0 included
};

NETWRIGHT_INLINE Vec finish(const Finish& f, Vec sum, Vec bias) {
  return max(set(f.floor), add(mul(set(f.alpha), sum), bias));
}
NETWRIGHT_INLINE Vec finish(const Finish& f, Vec sum, Vec bias, Vec c) {
  return max(set(f.floor), add(fma(set(f.beta), c, mul(set(f.alpha), sum)), bias));
}
NETWRIGHT_INLINE void finishPartial(const Finish& f, Vec sum, Vec bias, float* c, int64_t count) {
  storePartial(c, f.beta == 0 ? finish(f, sum, bias) : finish(f, sum, bias, loadPartial(c, count)), count);
}

// One vector of each of `rows` rows of C; rowBias, unless null, is used in place of columnBias. A function,
// since it would be most of each tile's code and is seldom called.
NETWRIGHT_NOINLINE void finishRows(const Finish& f, const Vec* sums, int rows, Vec columnBias,
                                   const float* rowBias, float* c, int64_t cRow, int64_t count) {
  for (int i = 0; i < rows; ++i)
    finishPartial(f, sums[i], rowBias ? set(rowBias[i]) : columnBias, c + i * cRow, count);
}

// Where a stepped tile finds a term of the sum: so many floats from `a` and from `b`.
struct Step {
  int32_t a, b;
};

// One tile's operands: element (i, p) of A at a[i * aRow + p * aStep], row p of B at b + p * bStep, C at c
// with rows cRow apart; `finish.bias` at the tile's first column.
struct Tile {
  const float* a;
  int64_t aRow, aStep;
  const float* b;
  int64_t bStep;
  int64_t k;
  float* c;
  int64_t cRow;
  Finish finish;
  int64_t lastCount;  // rowTile: columns in the last vector; columnTile: rows in the last vector
  const Step*
      steps;  // stepped: k of them in place of aStep and bStep; `finish.bias` is then at the first row
};

template <int rows, int vectors, bool stepped>
NETWRIGHT_NOINLINE void rowTile(const Tile& t) {
  Vec sum[rows][vectors];
  NETWRIGHT_UNROLL
  for (int i = 0; i < rows; ++i) {
    NETWRIGHT_UNROLL
    for (int v = 0; v < vectors; ++v) sum[i][v] = zero();
  }
  const float* a = t.a;
  const float* b = t.b;
  const int64_t aRow = t.aRow, aStep = t.aStep, bStep = t.bStep;
  const Step* step = t.steps;
  for (int64_t p = t.k; p > 0; --p) {
    if constexpr (stepped) {
      a = t.a + step->a;
      b = t.b + step->b;
      ++step;
    }
    Vec bs[vectors];
    NETWRIGHT_UNROLL
    for (int v = 0; v < vectors; ++v) bs[v] = load(b + v * lanes);
    NETWRIGHT_UNROLL
    for (int i = 0; i < rows; ++i) {
      const Vec ai = set(a[i * aRow]);
      NETWRIGHT_UNROLL
      for (int v = 0; v < vectors; ++v) sum[i][v] = fma(ai, bs[v], sum[i][v]);
    }
    if constexpr (!stepped) {
      a += aStep;
      b += bStep;
    }
  }
  // Copies, since for all that the compiler knows C might overlap `t`.
  const Finish f = t.finish;
  const int64_t cRow = t.cRow, lastCount = t.lastCount;
  NETWRIGHT_UNROLL
  for (int v = 0; v < vectors; ++v) {
    float* c = t.c + v * lanes;
    const int64_t count = v < vectors - 1 ? lanes : lastCount;
    const Vec columnBias = f.bias && !stepped ? loadPartial(f.bias + v * lanes, count) : set(-0.0f);
    const auto bias = [&](int i) { return f.bias && stepped ? set(f.bias[i]) : columnBias; };
    if (f.beta == 0 && count == lanes) {
      NETWRIGHT_UNROLL
      for (int i = 0; i < rows; ++i) store(c + i * cRow, finish(f, sum[i][v], bias(i)));
    } else {
      // A copy, or all sums would be kept in memory.
      Vec sums[rows];
      NETWRIGHT_UNROLL
      for (int i = 0; i < rows; ++i) sums[i] = sum[i][v];
      finishRows(f, sums, rows, columnBias, stepped ? f.bias : nullptr, c, cRow, count);
    }
  }
}

// Calls run(Count<vectors>, Count<rows>) for `vectors` (1 to tileVectors) and `rows` (1 to tileRows of it): a
// chain of comparisons that the branch predictor knows by heart, since tiles of one product differ by a row
// at most.
template <int n>
struct Count {
  static constexpr int value = n;
};
template <int vectors, int rows = tileRows[vectors], class Run>
NETWRIGHT_INLINE void withRows(int64_t rowCount, const Run& run) {
  if constexpr (rows > 1) {
    if (rowCount < rows) return withRows<vectors, rows - 1>(rowCount, run);
  }
  run(Count<vectors>{}, Count<rows>{});
}
template <int most = tileVectors, class Run>
NETWRIGHT_INLINE void withTile(int64_t vectors, int64_t rows, const Run& run) {
  if constexpr (most > 1) {
    if (vectors < most) return withTile<most - 1>(vectors, rows, run);
  }
  withRows<most>(rows, run);
}
template <bool stepped = false>
NETWRIGHT_INLINE void runRowTile(int64_t vectors, int64_t rows, const Tile& t) {
  withTile<stepped ? steppedVectors : tileVectors>(
      vectors, rows, [&t](auto v, auto r) { rowTile<decltype(r)::value, decltype(v)::value, stepped>(t); });
}

// A contiguous along K (aStep 1); column j of B contiguous at b + j * bStep.
template <int rows, int columns>
NETWRIGHT_NOINLINE void dotTile(const Tile& t) {
  Vec sum[rows][columns];
  NETWRIGHT_UNROLL
  for (int i = 0; i < rows; ++i) {
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) sum[i][j] = zero();
  }
  const auto step = [&](int64_t p, auto loadVector) {
    Vec bs[columns];
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) bs[j] = loadVector(t.b + j * t.bStep + p);
    NETWRIGHT_UNROLL
    for (int i = 0; i < rows; ++i) {
      const Vec ai = loadVector(t.a + i * t.aRow + p);
      NETWRIGHT_UNROLL
      for (int j = 0; j < columns; ++j) sum[i][j] = fma(ai, bs[j], sum[i][j]);
    }
  };
  int64_t p = 0;
  for (; p + lanes <= t.k; p += lanes) step(p, [](const float* x) { return load(x); });
  const int64_t rest = t.k - p;
  if (rest) step(p, [rest](const float* x) { return loadPartial(x, rest); });
  const Finish f = t.finish;
  const Vec bias = f.bias ? loadPartial(f.bias, columns) : set(-0.0f);
  Vec sums[rows];
  NETWRIGHT_UNROLL
  for (int i = 0; i < rows; ++i) {
    float row[lanes] = {};
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) row[j] = reduceAdd(sum[i][j]);
    sums[i] = load(row);
  }
  finishRows(f, sums, rows, bias, nullptr, t.c, t.cRow, columns);
}

// A contiguous along M (aRow 1); element (p, j) of B at b[p * bStep + j * bColumn].
template <int vectors, int columns>
NETWRIGHT_NOINLINE void columnTile(const Tile& t, int64_t bColumn) {
  Vec sum[vectors][columns];
  NETWRIGHT_UNROLL
  for (int v = 0; v < vectors; ++v) {
    NETWRIGHT_UNROLL
    for (int j = 0; j < columns; ++j) sum[v][j] = zero();
  }
  const auto run = [&](auto loadLast) {
    const float* a = t.a;
    const float* b = t.b;
    for (int64_t p = t.k; p > 0; --p) {
      Vec as[vectors];
      NETWRIGHT_UNROLL
      for (int v = 0; v < vectors - 1; ++v) as[v] = load(a + v * lanes);
      as[vectors - 1] = loadLast(a + (vectors - 1) * lanes);
      NETWRIGHT_UNROLL
      for (int j = 0; j < columns; ++j) {
        const Vec bj = set(b[j * bColumn]);
        NETWRIGHT_UNROLL
        for (int v = 0; v < vectors; ++v) sum[v][j] = fma(bj, as[v], sum[v][j]);
      }
      a += t.aStep;
      b += t.bStep;
    }
  };
  const int64_t last = t.lastCount;
  if (last == lanes) {
    run([](const float* x) { return load(x); });
  } else {
    run([last](const float* x) { return loadPartial(x, last); });
  }
  // The columns' elements lie cRow apart: finished as vectors, moved one by one.
  const Finish f = t.finish;
  const int64_t cRow = t.cRow;
  NETWRIGHT_UNROLL
  for (int j = 0; j < columns; ++j) {
    const Vec bias = set(f.bias ? f.bias[j] : -0.0f);
    NETWRIGHT_UNROLL
    for (int v = 0; v < vectors; ++v) {
      const int64_t count = v == vectors - 1 ? last : lanes;
      float* c = t.c + v * lanes * cRow + j;
      float column[lanes] = {};
      if (f.beta != 0)
        for (int64_t i = 0; i < count; ++i) column[i] = c[i * cRow];
      store(column, f.beta == 0 ? finish(f, sum[v][j], bias) : finish(f, sum[v][j], bias, load(column)));
      for (int64_t i = 0; i < count; ++i) c[i * cRow] = column[i];
    }
  }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
