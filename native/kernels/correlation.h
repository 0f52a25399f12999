// A convolution as both of its ways see it: direct (convolution.h) and Winograd's (winograd.h).
#pragma once
#include "windows.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// y (rows, outputs of the window) = max(floor, A · what the window sees + bias (rows)). A's element for row i
// and tap (c,kh,kw) is at a[i · aRow + c · aChannel + kh · aHeight + kw · aWidth]; strides may be negative.
struct Correlation {
  Window window;
  const float* a;
  int64_t rows, aRow;
  int64_t aChannel, aHeight, aWidth;
  const float* bias;
  float floor;
};

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
