// Matrix product: C (m,n) = relu?(alpha · op(A) (m,k) · op(B) (k,n) + beta · C + bias (n)).
//
// C is cut into panels of one to tileVectors vectors of columns; the `edge` columns beyond the last whole vector go
// with the last panel. K is cut into blocks. Of each block, the panel of B is copied into `scratch` as k rows of whole
// vectors (padded with 0); A is read where it lies, by broadcast, unless its strides make its lines fall on each other.
// An element's sum depends on k and on its column's place alone: each block of K in ascending order (for edge columns
// of contiguous A: as a dot product of vectors), blocks added in ascending order. So neither the number of rows nor
// the split into units changes a bit.
#pragma once
#include "gemm-pack.h"
#include "gemm-tile.h"

namespace netwright {
namespace NETWRIGHT_ISA {

struct GemmPlan {
  int64_t vectors;    // vectors of columns in all panels together
  int64_t panels;     // panel p holds vectors [p · vectors / panels, (p + 1) · vectors / panels)
  int64_t edge;       // columns beyond them
  int64_t kBlock;     // terms of one block of K
  int64_t unitRows;   // rows of one unit
  int64_t rowUnits;   // units from top to bottom of a panel
  bool copyA;
  bool bInPlace;
};

// Scratch: the copy of A, then that of B.
constexpr int64_t copiedAFloats = 1 << 17;
constexpr int64_t copiedBFloats = scratchFloats - copiedAFloats;
constexpr int64_t columnsOfPanel = tileVectors * lanes;

NETWRIGHT_INLINE GemmPlan planGemm(const GemmArguments& g) {
  GemmPlan plan;
  // A block of K: at most 1024 terms, equal blocks, whole vectors.
  const int64_t blocks = max64(1, divideUp(g.k, 1024));
  plan.kBlock = max64(16, divideUp(divideUp(g.k, blocks), 16) * 16);

  plan.vectors = g.n / lanes;
  plan.edge = g.n % lanes;
  // A partial vector in the last panel costs as much as a whole one: k instructions a row. Dot products cost k / lanes
  // and some 8 for the sum across lanes, each column; vectors down a column, columns / lanes.
  const int64_t edgeCost = g.transposeA ? plan.edge * g.k / lanes * 2 : plan.edge * (g.k / lanes + 8);
  if (plan.edge && edgeCost >= g.k) {
    plan.edge = 0;
    ++plan.vectors;
  }
  plan.panels = max64(1, divideUp(plan.vectors, tileVectors));

  const int64_t panelVectors = divideUp(plan.vectors, plan.panels);
  const int64_t rowTileRows = tileRows[panelVectors > 0 ? panelVectors : 1];
  // A unit is some 10 µs of work: 2^15 instructions of 16 lanes, more of narrower ones.
  const int64_t rowWork = max64(1, max64(1, panelVectors) * g.k * lanes / 16);
  plan.unitRows = rowTileRows * max64(1, divideUp(32768, rowWork * rowTileRows));
  plan.rowUnits = divideUp(g.m, plan.unitRows);

  const int64_t stride = (g.transposeA ? g.m : g.k) * static_cast<int64_t>(sizeof(float));
  plan.copyA = plan.panels > 1 && (plan.panels > 2 || stride % 2048 == 0);
  plan.bInPlace = !g.transposeB && g.n >= plan.vectors * lanes &&
                  (g.m <= 2 * rowTileRows || g.n == panelVectors * lanes);
  return plan;
}

static int64_t gemmUnits(const GemmArguments& g) {
  if (g.m == 0 || g.n == 0) return 0;
  const GemmPlan plan = planGemm(g);
  return plan.panels * plan.rowUnits;
}

// The edge columns of `rows` rows, from `t`: A as for rowTile, and C and bias at the first edge column. B's columns
// are contiguous along K (dot), or in place: element (p, j) at b[p * bStep + j * bColumn].
static void gemmEdge(const GemmArguments& g, Tile t, int64_t rows, int64_t edge, int64_t bColumn) {
  const Tile first = t;
  if (!g.transposeA) {
    constexpr int64_t most = 4;
    const int64_t tiles = divideUp(rows, most);
    for (int64_t j = 0; j < edge; j += 2) {
      const bool pair = j + 2 <= edge;
      t.b = first.b + j * t.bStep;
      if (first.finish.bias) t.finish.bias = first.finish.bias + j;
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t begin = tile * rows / tiles, count = (tile + 1) * rows / tiles - begin;
        t.a = first.a + begin * t.aRow;
        t.c = first.c + begin * t.cRow + j;
        switch (count * 2 + pair) {
          case 2: dotTile<1, 1>(t); break;
          case 3: dotTile<1, 2>(t); break;
          case 4: dotTile<2, 1>(t); break;
          case 5: dotTile<2, 2>(t); break;
          case 6: dotTile<3, 1>(t); break;
          case 7: dotTile<3, 2>(t); break;
          case 8: dotTile<4, 1>(t); break;
          default: dotTile<4, 2>(t); break;
        }
      }
    }
    return;
  }
  constexpr int64_t many = 4;
  for (int64_t j = 0; j < edge; j += 2) {
    const bool pair = j + 2 <= edge;
    t.b = first.b + j * bColumn;
    if (first.finish.bias) t.finish.bias = first.finish.bias + j;
    for (int64_t i = 0; i < rows;) {
      const int64_t vectors = rows - i >= many * lanes ? many : 1;
      t.a = first.a + i;
      t.c = first.c + i * t.cRow + j;
      t.lastCount = min64(rows - i, lanes);
      if (vectors == many)
        pair ? columnTile<many, 2>(t, bColumn) : columnTile<many, 1>(t, bColumn);
      else
        pair ? columnTile<1, 2>(t, bColumn) : columnTile<1, 1>(t, bColumn);
      i += vectors * lanes;
    }
  }
}

// Rows [rowBegin, rowEnd) of panels [panelBegin, panelEnd), and of the edge columns if the last panel is among them.
static void gemmRectangle(const GemmArguments& g, const GemmPlan& plan, int64_t rowBegin, int64_t rowEnd,
                          int64_t panelBegin, int64_t panelEnd, float* scratch) {
  float* const copyOfA = scratch;
  float* const copyOfB = scratch + copiedAFloats;
  const int64_t aRow = g.transposeA ? 1 : g.k, aStep = g.transposeA ? g.m : 1;
  const int64_t bStep = g.transposeB ? 1 : g.n, bColumn = g.transposeB ? g.k : 1;
  const auto firstVector = [&](int64_t panel) { return panel * plan.vectors / plan.panels; };
  const bool withEdge = plan.edge && panelEnd == plan.panels;
  const int64_t edgeColumn = plan.vectors * lanes;

  // As many panels at a time as B's copy holds. A block of K copied for the edge columns' dot products comes first.
  const int64_t edgeFloats = plan.edge * plan.kBlock;
  const int64_t groupPanels = max64(1, (copiedBFloats - edgeFloats) / max64(1, plan.kBlock * columnsOfPanel));
  for (int64_t groupBegin = panelBegin; groupBegin < panelEnd; groupBegin += groupPanels) {
    const int64_t groupEnd = min64(groupBegin + groupPanels, panelEnd);
    for (int64_t k0 = 0; k0 == 0 || k0 < g.k; k0 += plan.kBlock) {
      const int64_t kCount = min64(g.k - k0, plan.kBlock);
      const bool lastBlock = k0 + kCount == g.k;
      Tile t;
      t.k = kCount;
      t.cRow = g.n;
      t.finish.alpha = static_cast<float>(g.alpha);
      t.finish.beta = k0 == 0 ? static_cast<float>(g.beta) : 1.0f;
      t.finish.floor = lastBlock && g.relu ? 0.0f : bitsToFloat(0xff800000u);
      const float* const bias = lastBlock ? g.bias : nullptr;

      // B's copy: edge columns (plan.edge, kBlock), then each panel (kCount, its columns).
      const float* const b = g.b + k0 * bStep;
      const bool edgeHere = withEdge && groupEnd == panelEnd;
      const bool edgeCopied = edgeHere && !g.transposeA && !g.transposeB;
      if (edgeCopied)
        for (int64_t j = 0; j < plan.edge; ++j)
          for (int64_t p = 0; p < kCount; ++p) copyOfB[j * plan.kBlock + p] = b[p * g.n + edgeColumn + j];
      float* const panels = copyOfB + edgeFloats;
      if (!plan.bInPlace) {
        float* to = panels;
        for (int64_t panel = groupBegin; panel < groupEnd; ++panel) {
          const int64_t column = firstVector(panel) * lanes, padded = firstVector(panel + 1) * lanes - column;
          const int64_t width = min64(padded, g.n - column);
          if (g.transposeB)
            copyTransposed(b + column * g.k, g.k, to, padded, width, kCount, padded);
          else
            copyRows(b + column, g.n, to, padded, kCount, width, padded);
          to += kCount * padded;
        }
      }

      // As many rows at a time as keep the block of A in the second-level cache while the panels pass over it.
      const int64_t blockRows = max64(64, copiedAFloats / (plan.kBlock + 32) / 16 * 16);
      for (int64_t i0 = rowBegin; i0 < rowEnd; i0 += blockRows) {
        const int64_t rows = min64(rowEnd - i0, blockRows);
        const float* a = g.a + i0 * aRow + k0 * aStep;
        t.aRow = aRow;
        t.aStep = aStep;
        if (plan.copyA) {
          // An odd number of cache lines from row to row spreads them over all sets of the cache.
          if (g.transposeA) {
            t.aStep = divideUp(rows, 32) * 32 + 16;
            copyRows(a, aStep, copyOfA, t.aStep, kCount, rows, rows);
          } else {
            t.aRow = divideUp(kCount, 32) * 32 + 16;
            copyRows(a, aRow, copyOfA, t.aRow, rows, kCount, kCount);
          }
          a = copyOfA;
        }
        const float* panelB = panels;
        for (int64_t panel = groupBegin; panel < groupEnd; ++panel) {
          const int64_t column = firstVector(panel) * lanes;
          const int64_t vectors = firstVector(panel + 1) - firstVector(panel);
          const int64_t tiles = divideUp(rows, tileRows[vectors > 0 ? vectors : 1]);
          t.bStep = plan.bInPlace ? g.n : vectors * lanes;
          t.b = plan.bInPlace ? b + column : panelB;
          for (int64_t tile = 0; tile < tiles; ++tile) {
            // Equal tiles, not full ones and a rest: 100 rows are 4 x 9 + 8 x 8.
            const int64_t begin = tile * rows / tiles, count = (tile + 1) * rows / tiles - begin;
            t.a = a + begin * t.aRow;
            t.c = g.c + (i0 + begin) * g.n + column;
            t.finish.bias = bias ? bias + column : nullptr;
            t.lastCount = min64(lanes, g.n - (column + (vectors - 1) * lanes));
            if (vectors > 0) runRowTile(vectors, count, t);
            // While these rows of A are in the first-level cache.
            if (edgeHere && panel == groupEnd - 1 && !g.transposeA) {
              Tile e = t;
              e.b = edgeCopied ? copyOfB : b + edgeColumn * g.k;
              e.bStep = edgeCopied ? plan.kBlock : g.k;
              e.c = g.c + (i0 + begin) * g.n + edgeColumn;
              e.finish.bias = bias ? bias + edgeColumn : nullptr;
              gemmEdge(g, e, count, plan.edge, 0);
            }
          }
          panelB += kCount * vectors * lanes;
        }
        if (edgeHere && g.transposeA) {
          Tile e = t;
          e.a = a;
          e.b = b + edgeColumn * bColumn;
          e.bStep = bStep;
          e.c = g.c + i0 * g.n + edgeColumn;
          e.finish.bias = bias ? bias + edgeColumn : nullptr;
          gemmEdge(g, e, rows, plan.edge, bColumn);
        }
      }
    }
  }
}

// c (m,n); a (m,k), transposeA: (k,m); b (k,n), transposeB: (n,k); bias (n) or null. C overlaps no input.
// Units go down the rows of one panel of columns, then on to the next panel.
static Status gemm(const GemmArguments& g, Range units, float* scratch) {
  if (g.m == 0 || g.n == 0) return ok;
  const GemmPlan plan = planGemm(g);
  for (int64_t unit = units.begin; unit < units.end;) {
    const int64_t panel = unit / plan.rowUnits, first = unit % plan.rowUnits, left = units.end - unit;
    if (first == 0 && left >= plan.rowUnits) {
      const int64_t panels = left / plan.rowUnits;
      gemmRectangle(g, plan, 0, g.m, panel, panel + panels, scratch);
      unit += panels * plan.rowUnits;
    } else {
      const int64_t last = min64(plan.rowUnits, first + left);
      gemmRectangle(g, plan, first * plan.unitRows, min64(last * plan.unitRows, g.m), panel, panel + 1, scratch);
      unit += last - first;
    }
  }
  return ok;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
