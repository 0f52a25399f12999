// Matrix product: C (m,n) = relu?(alpha · op(A) (m,k) · op(B) (k,n) + beta · C + bias (n)).
//
// C is cut into panels of one to tileVectors vectors of columns; the few `edge` columns beyond the last whole
// vector go with the last panel. K is cut into blocks. A and B are read where they lie: A by broadcast, B in
// vectors. Copies are made only where they pay: of B's panels, as k rows of whole vectors padded with 0, for
// many rows of C, a transposed B or a partial vector; of A, where its rows would all fall into the same few
// sets of the cache.
//
// An element's sum depends on k and on its column's place alone: the terms of a block of K in ascending order
// (for edge columns of contiguous A: as a dot product of vectors), the blocks in ascending order. So neither
// the number of rows, nor copies, nor the cut into units changes a bit.
#pragma once
#include "gemm-pack.h"
#include "gemm-row.h"
#include "gemm-tile.h"

namespace netwright {
namespace NETWRIGHT_ISA {

struct GemmPlan {
  int64_t vectors;   // vectors of columns in all panels together
  int64_t panels;    // panel p holds vectors [p · vectors / panels, (p + 1) · vectors / panels)
  int64_t edge;      // columns beyond them
  int64_t kBlock;    // terms of one block of K
  int64_t unitRows;  // rows of one unit
  int64_t rowUnits;  // units from top to bottom of a panel
  bool singleRow;    // gemm-row.h does it
  bool copyA;
  bool copyB;
};

// Scratch: the copy of A, then that of B.
constexpr int64_t copiedAFloats = 1 << 17;
constexpr int64_t copiedBFloats = scratchFloats - copiedAFloats;
// Panels of B that are copied at a time when A is not: 256 KB stay in the second-level cache until they are
// used. (100,1024,1024) with transposeB, share of peak: 0.81 with this, 0.72 with all of scratch; AVX2 0.85
// and 0.68.
constexpr int64_t groupFloats = 1 << 16;
// Terms of a block of K. 784 in one block beats two of 392 by 2 %; 1024 beats 800 by 1 to 4 % at 1024 and
// 1000 cubed.
constexpr int64_t mostTerms = 1024;

NETWRIGHT_INLINE GemmPlan planGemm(const GemmArguments& g) {
  GemmPlan plan;
  // Equal blocks of whole vectors. Depends on k alone, or a row's bits would depend on the rows beside it.
  const int64_t blocks = max64(1, divideUp(g.k, mostTerms));
  plan.kBlock = max64(16, divideUp(divideUp(g.k, blocks), 16) * 16);

  // Columns beyond whole vectors. As a partial vector they cost as much as a whole one: k instructions a row.
  // As dot products each costs k / lanes and some 20 to add across lanes; as vectors down the columns
  // (transposeA), k / lanes, counted twice for the moves at the end. At n = 50, 48 + 2 beats a fourth vector:
  // (100,50,784) 0.94 and 0.73 of peak, (784,50,100) with transposeA 0.92 and 0.74; AVX2 0.87 and 0.78.
  plan.vectors = g.n / lanes;
  plan.edge = g.n % lanes;
  const int64_t edgeCost = g.transposeA ? plan.edge * g.k / lanes * 2 : plan.edge * (g.k / lanes + 20);
  if (plan.edge && edgeCost >= g.k) {
    plan.edge = 0;
    ++plan.vectors;
  }
  plan.singleRow = g.m == 1 && plan.vectors > 0 && !g.transposeA && !g.transposeB;
  plan.panels = max64(1, divideUp(plan.vectors, plan.singleRow ? rowVectors : tileVectors));
  if (plan.singleRow) {
    plan.unitRows = plan.rowUnits = 1;
    plan.copyA = plan.copyB = false;
    return plan;
  }

  // A unit is some 10 µs of work: 2^15 vectors of 16 floats.
  const int64_t panelVectors = max64(1, divideUp(plan.vectors, plan.panels));
  const int64_t fullRows = tileRows[panelVectors];
  const int64_t rowWork = max64(1, panelVectors * g.k * lanes / 16);
  plan.unitRows = fullRows * max64(1, divideUp(32768, rowWork * fullRows));
  plan.rowUnits = divideUp(g.m, plan.unitRows);

  // Rows of op(A)ᵀ a multiple of 2 KB apart share two sets of the first-level cache: 1024 cubed with
  // transposeA runs at 0.85 of peak with the copy, 0.74 without (AVX2 0.71 and 0.48). Without transposeA no
  // copy of A ever paid.
  plan.copyA = g.transposeA && plan.panels > 2 && g.m % 512 == 0;
  const bool wholeVectors = g.n >= plan.vectors * lanes;
  const bool onePanel = g.n == panelVectors * lanes;  // B itself is what its copy would be
  plan.copyB = g.transposeB || !wholeVectors || (g.m >= copyTiles * fullRows && !onePanel);
  return plan;
}

static int64_t gemmUnits(const GemmArguments& g) {
  if (g.m == 0 || g.n == 0) return 0;
  const GemmPlan plan = planGemm(g);
  return plan.panels * plan.rowUnits;
}

// Rows [0, rows) of the edge columns, by pairs. A and K as for rowTile, C and bias at the first edge column.
// B: column j contiguous at b + j * bStep, or, with transposeA, element (p, j) at b[p * bStep + j * bColumn].
static void gemmEdge(const GemmArguments& g, const Tile& whole, int64_t rows, int64_t edge, int64_t bColumn) {
  Tile t = whole;
  for (int64_t j = 0; j < edge; j += 2) {
    const bool pair = j + 2 <= edge;
    t.b = whole.b + j * (g.transposeA ? bColumn : whole.bStep);
    t.finish.bias = whole.finish.bias ? whole.finish.bias + j : nullptr;
    if (!g.transposeA) {
      const int64_t tiles = divideUp(rows, 4);
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t begin = tile * rows / tiles, count = (tile + 1) * rows / tiles - begin;
        t.a = whole.a + begin * t.aRow;
        t.c = whole.c + begin * t.cRow + j;
        if (count == 4) pair ? dotTile<4, 2>(t) : dotTile<4, 1>(t);
        if (count == 3) pair ? dotTile<3, 2>(t) : dotTile<3, 1>(t);
        if (count == 2) pair ? dotTile<2, 2>(t) : dotTile<2, 1>(t);
        if (count == 1) pair ? dotTile<1, 2>(t) : dotTile<1, 1>(t);
      }
      continue;
    }
    for (int64_t i = 0; i < rows;) {
      const bool four = rows - i >= 4 * lanes;
      t.a = whole.a + i;
      t.c = whole.c + i * t.cRow + j;
      t.lastCount = min64(rows - i, lanes);
      if (four)
        pair ? columnTile<4, 2>(t, bColumn) : columnTile<4, 1>(t, bColumn);
      else
        pair ? columnTile<1, 2>(t, bColumn) : columnTile<1, 1>(t, bColumn);
      i += four ? 4 * lanes : lanes;
    }
  }
}

NETWRIGHT_INLINE int64_t firstVector(const GemmPlan& plan, int64_t panel) {
  return panel * plan.vectors / plan.panels;
}

// to = terms [k0, k0 + kCount) of panels [begin, end) of B, each as kCount rows of its columns.
static void copyPanels(const GemmArguments& g, const GemmPlan& plan, int64_t begin, int64_t end, int64_t k0,
                       int64_t kCount, float* to) {
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t column = firstVector(plan, panel) * lanes;
    const int64_t padded = firstVector(plan, panel + 1) * lanes - column, width = min64(padded, g.n - column);
    if (g.transposeB)
      copyTransposed(g.b + column * g.k + k0, g.k, to, padded, width, kCount, padded);
    else
      copyRows(g.b + k0 * g.n + column, g.n, to, padded, kCount, width);
    to += kCount * padded;
  }
}

// What happens to the sums of one block of K.
NETWRIGHT_INLINE Finish finishOf(const GemmArguments& g, bool firstBlock, bool lastBlock) {
  return {static_cast<float>(g.alpha), firstBlock ? static_cast<float>(g.beta) : 1.0f,
          lastBlock && g.relu ? 0.0f : bitsToFloat(0xff800000u), lastBlock ? g.bias : nullptr};
}

// Rows [rowBegin, rowEnd) of panels [panelBegin, panelEnd), and of the edge columns if the last panel is
// among them.
static void gemmRectangle(const GemmArguments& g, const GemmPlan& plan, int64_t rowBegin, int64_t rowEnd,
                          int64_t panelBegin, int64_t panelEnd, float* scratch) {
  float* const copyOfA = scratch;
  float* const copyOfEdge = scratch + copiedAFloats;
  const int64_t edgeFloats = plan.edge * plan.kBlock;
  float* const copyOfB = copyOfEdge + edgeFloats;

  const int64_t aRow = g.transposeA ? 1 : g.k, aStep = g.transposeA ? g.m : 1;
  const int64_t bStep = g.transposeB ? 1 : g.n, bColumn = g.transposeB ? g.k : 1;
  const int64_t edgeColumn = plan.vectors * lanes;
  // As many panels at a time as B's copy may hold; as many rows as keep their block of A in the second-level
  // cache while the panels pass over it, and as fit into A's copy with 16 floats to spare in each of its
  // kBlock rows.
  const int64_t room = plan.copyA ? copiedBFloats : groupFloats;
  const int64_t groupPanels = max64(1, (room - edgeFloats) / (plan.kBlock * tileVectors * lanes));
  const int64_t blockRows = (copiedAFloats / plan.kBlock - 16) / 32 * 32;

  for (int64_t groupBegin = panelBegin; groupBegin < panelEnd; groupBegin += groupPanels) {
    const int64_t groupEnd = min64(groupBegin + groupPanels, panelEnd);
    const bool withEdge = plan.edge > 0 && groupEnd == plan.panels;
    for (int64_t k0 = 0; k0 == 0 || k0 < g.k; k0 += plan.kBlock) {
      const int64_t kCount = min64(g.k - k0, plan.kBlock);
      const bool lastBlock = k0 + kCount == g.k;
      Tile t;
      t.k = kCount;
      t.cRow = g.n;
      t.finish = finishOf(g, k0 == 0, lastBlock);
      const float* const bias = t.finish.bias;

      const float* const b = g.b + k0 * bStep;
      if (plan.copyB) copyPanels(g, plan, groupBegin, groupEnd, k0, kCount, copyOfB);
      // Dot products want the edge columns contiguous along K, as a transposed B has them.
      const bool copyEdge = withEdge && !g.transposeA && !g.transposeB;
      if (copyEdge)
        for (int64_t j = 0; j < plan.edge; ++j)
          for (int64_t p = 0; p < kCount; ++p) copyOfEdge[j * plan.kBlock + p] = b[p * g.n + edgeColumn + j];
      const auto finishEdge = [&](Tile edge, const float* a, int64_t row, int64_t rows) {
        edge.a = a;
        edge.b = copyEdge ? copyOfEdge : b + edgeColumn * bColumn;
        edge.bStep = copyEdge ? plan.kBlock : g.transposeA ? bStep : bColumn;
        edge.c = g.c + row * g.n + edgeColumn;
        edge.finish.bias = bias ? bias + edgeColumn : nullptr;
        gemmEdge(g, edge, rows, plan.edge, bColumn);
      };

      for (int64_t row = rowBegin; row < rowEnd; row += blockRows) {
        const int64_t rows = min64(rowEnd - row, blockRows);
        const float* a = g.a + row * aRow + k0 * aStep;
        t.aRow = aRow;
        t.aStep = aStep;
        if (plan.copyA) {
          // An odd number of cache lines from row to row spreads them over all sets of the cache.
          t.aStep = divideUp(rows, 32) * 32 + 16;
          copyRows(a, aStep, copyOfA, t.aStep, kCount, rows);
          a = copyOfA;
        }
        const float* panelOfB = copyOfB;
        for (int64_t panel = groupBegin; panel < groupEnd; ++panel) {
          const int64_t first = firstVector(plan, panel), vectors = firstVector(plan, panel + 1) - first;
          const int64_t column = first * lanes;
          t.b = plan.copyB ? panelOfB : b + column;
          t.bStep = plan.copyB ? vectors * lanes : g.n;
          t.finish.bias = bias ? bias + column : nullptr;
          t.lastCount = min64(lanes, g.n - (column + (vectors - 1) * lanes));
          // Equal tiles, not full ones and a rest: 100 rows are 4 x 9 + 8 x 8.
          const int64_t tiles = divideUp(rows, tileRows[max64(1, vectors)]);
          for (int64_t tile = 0; tile < tiles; ++tile) {
            const int64_t begin = tile * rows / tiles, count = (tile + 1) * rows / tiles - begin;
            t.a = a + begin * t.aRow;
            t.c = g.c + (row + begin) * g.n + column;
            if (vectors > 0) runRowTile(vectors, count, t);
            // While these rows of A are in the first-level cache.
            if (withEdge && panel == plan.panels - 1 && !g.transposeA) finishEdge(t, t.a, row + begin, count);
          }
          panelOfB += kCount * vectors * lanes;
        }
        if (withEdge && g.transposeA) finishEdge(t, a, row, rows);
      }
    }
  }
}

// Panels [begin, end) of a product of a single row, and the edge columns behind the last panel.
static void gemmRow(const GemmArguments& g, const GemmPlan& plan, int64_t begin, int64_t end) {
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t first = firstVector(plan, panel), vectors = firstVector(plan, panel + 1) - first;
    const int64_t column = first * lanes, edge = panel == plan.panels - 1 ? plan.edge : 0;
    // Where the last vector of a row of B ends if it is read whole.
    const int64_t behind = column + (vectors + (edge > 0)) * lanes;
    for (int64_t k0 = 0; k0 == 0 || k0 < g.k; k0 += plan.kBlock) {
      const bool lastBlock = k0 + plan.kBlock >= g.k;
      Tile t = {};
      t.a = g.a + k0;
      t.b = g.b + k0 * g.n + column;
      t.bStep = g.n;
      t.k = min64(g.k - k0, plan.kBlock);
      t.c = g.c + column;
      t.finish = finishOf(g, k0 == 0, lastBlock);
      if (t.finish.bias) t.finish.bias += column;
      t.lastCount = min64(lanes, g.n - (column + (vectors - 1) * lanes));
      runSingleRow(vectors, t, edge, g.k - k0 - divideUp(behind - g.n, g.n));
    }
  }
}

// c (m,n); a (m,k), transposeA: (k,m); b (k,n), transposeB: (n,k); bias (n) or null. C overlaps no input.
// Units go down the rows of one panel of columns, then on to the next panel.
static Status gemm(const GemmArguments& g, Range units, float* scratch) {
  if (g.m == 0 || g.n == 0) return ok;
  const GemmPlan plan = planGemm(g);
  if (plan.singleRow) {
    gemmRow(g, plan, units.begin, units.end);
    return ok;
  }
  for (int64_t unit = units.begin; unit < units.end;) {
    const int64_t panel = unit / plan.rowUnits, first = unit % plan.rowUnits, left = units.end - unit;
    if (first == 0 && left >= plan.rowUnits) {
      const int64_t panels = left / plan.rowUnits;
      gemmRectangle(g, plan, 0, g.m, panel, panel + panels, scratch);
      unit += panels * plan.rowUnits;
    } else {
      const int64_t last = min64(plan.rowUnits, first + left);
      gemmRectangle(g, plan, first * plan.unitRows, min64(last * plan.unitRows, g.m), panel, panel + 1,
                    scratch);
      unit += last - first;
    }
  }
  return ok;
}

// C_i (m,n) = op(A_i) · op(B_i) + beta · C_i for each i of a batch; a unit is one product.
static Status gemmBatched(const GemmBatchedArguments& g, Range units, float* scratch) {
  for (int64_t i = units.begin; i < units.end; ++i) {
    GemmArguments one = {};
    one.c = g.c + i * g.m * g.n;
    one.a = g.a + i * g.m * g.k;
    one.b = g.b + i * g.k * g.n;
    one.m = g.m;
    one.n = g.n;
    one.k = g.k;
    one.transposeA = g.transposeA;
    one.transposeB = g.transposeB;
    one.alpha = 1;
    one.beta = g.beta;
    gemm(one, {0, gemmUnits(one)}, scratch);
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
