// Copies of parts of gemm's operands in the layout its tiles read best.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// to (rows,toStride) = from (rows,fromStride), `columns` of each row, the last vector filled up with 0.
NETWRIGHT_INLINE void copyRows(const float* from, int64_t fromStride, float* to, int64_t toStride,
                               int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i, from += fromStride, to += toStride) {
    int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) store(to + j, load(from + j));
    if (j < columns) store(to + j, loadPartial(from + j, columns - j));
  }
}

// to (columns,toStride) = transpose of from (rows,fromStride), with 0 for rows up to `padded`, which is a
// multiple of lanes and at most toStride.
NETWRIGHT_NOINLINE void copyTransposed(const float* from, int64_t fromStride, float* to, int64_t toStride,
                                       int64_t rows, int64_t columns, int64_t padded) {
  for (int64_t i = 0; i < padded; i += lanes) {
    const int64_t height = min64(rows - i, lanes);
    int64_t j = 0;
    if (height == lanes)
      for (; j + lanes <= columns; j += lanes)
        transpose(from + i * fromStride + j, fromStride, to + j * toStride + i, toStride);
    for (; j < columns; ++j) {
      float column[lanes] = {};
      for (int64_t r = 0; r < height; ++r) column[r] = from[(i + r) * fromStride + j];
      store(to + j * toStride + i, load(column));
    }
  }
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
