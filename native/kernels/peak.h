// The yardstick: what this core can do at most, measured the way its kernels work.
#pragma once
#include "../kernel-table.h"
#include "../simd/simd.h"

namespace netwright {
namespace NETWRIGHT_ISA {

// `iterations` rounds of 12 independent multiply-adds in registers; answers their floating-point operations.
// 12 cover a latency of 4 to 5 cycles on two units, and fit 16 registers.
static double burstFma(int64_t iterations) {
  constexpr int chains = 12;
  Vec sum[chains];
  NETWRIGHT_UNROLL
  for (int i = 0; i < chains; ++i) sum[i] = set(static_cast<float>(i));
  // Read through volatile, or the compiler knows the end of the story.
  volatile float start[2] = {0.999f, 0.001f};
  const Vec factor = set(start[0]), term = set(start[1]);
  for (int64_t n = 0; n < iterations; ++n) {
    NETWRIGHT_UNROLL
    for (int i = 0; i < chains; ++i) sum[i] = fma(sum[i], factor, term);
  }
  Vec total = zero();
  NETWRIGHT_UNROLL
  for (int i = 0; i < chains; ++i) total = add(total, sum[i]);
  volatile float sink = reduceAdd(total);
  (void)sink;
  return 2.0 * lanes * chains * static_cast<double>(iterations);
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
