// The innermost loop of a product of a single row: c (1,n) = a (1,k) · B. It is bound by how fast B can be
// read, so each row of B is read once, in as long a run as registers allow, and where it lies. The sums are
// gemm.h's, in the same order: an element has the bits that it has as part of a row among many.
#pragma once
#include "gemm-tile.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// Widest run, in vectors. One core, weights in the third-level cache: (1,512,784) 19 µs with 8, 29 with 3.
constexpr int rowVectors = 8;

// One row: `vectors` vectors of columns as rowTile computes them, the last one with lastCount columns, and
// `edge` columns behind them as dotTile does. Of these, term p of column j adds to edgeSums[p % lanes][j]:
// what is there lane p % lanes of a vector along K. `readable`: rows of B from which a whole vector may be
// read where fewer columns count.
template <int vectors, bool withEdge>
NETWRIGHT_NOINLINE void singleRow(const Tile& t, int64_t edge, int64_t readable) {
  Vec sum[vectors];
  NETWRIGHT_UNROLL
  for (int v = 0; v < vectors; ++v) sum[v] = zero();
  alignas(64) float edgeSums[withEdge ? lanes * lanes : 1] = {};
  const float* b = t.b;
  const int64_t k = t.k, bStep = t.bStep, lastCount = t.lastCount;
  const auto loadLast = [&](int64_t p, const float* x, int64_t count) {
    return p < readable ? load(x) : loadPartial(x, count);
  };
  for (int64_t p = 0; p < k; ++p) {
    const Vec a = set(t.a[p]);
    NETWRIGHT_UNROLL
    for (int v = 0; v < vectors - 1; ++v) sum[v] = fma(a, load(b + v * lanes), sum[v]);
    constexpr int last = vectors - 1;
    if constexpr (withEdge) {
      sum[last] = fma(a, load(b + last * lanes), sum[last]);
      float* const at = edgeSums + p % lanes * lanes;
      store(at, fma(a, loadLast(p, b + vectors * lanes, edge), load(at)));
    } else {
      sum[last] = fma(a, loadLast(p, b + last * lanes, lastCount), sum[last]);
    }
    b += bStep;
  }

  const Finish f = t.finish;
  float* const c = t.c;
  Vec sums[vectors + withEdge];
  NETWRIGHT_UNROLL
  for (int v = 0; v < vectors; ++v) sums[v] = sum[v];
  if constexpr (withEdge) {
    alignas(64) float columns[lanes * lanes], row[lanes] = {};
    transpose(edgeSums, lanes, columns, lanes);
    for (int64_t j = 0; j < edge; ++j) row[j] = reduceAdd(load(columns + j * lanes));
    sums[vectors] = load(row);
  }
  NETWRIGHT_ROLLED
  for (int v = 0; v < vectors + withEdge; ++v) {
    const int64_t column = v * lanes, count = v < vectors - 1 ? lanes : v < vectors ? lastCount : edge;
    const Vec bias = f.bias ? loadPartial(f.bias + column, count) : set(-0.0f);
    finishPartial(f, sums[v], bias, c + column, count);
  }
}

template <int vectors = rowVectors>
NETWRIGHT_INLINE void runSingleRow(int64_t vectorCount, const Tile& t, int64_t edge, int64_t readable) {
  if constexpr (vectors > 1) {
    if (vectorCount < vectors) return runSingleRow<vectors - 1>(vectorCount, t, edge, readable);
  }
  edge > 0 ? singleRow<vectors, true>(t, edge, readable) : singleRow<vectors, false>(t, 0, readable);
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
