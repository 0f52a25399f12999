// The table of kernels that each ISA exports: the one thing that crosses from code built with ISA flags to
// the rest. Included by both sides, so it uses no C++ standard library.
#pragma once
#include <stdint.h>

#include "kernel-arguments.h"

namespace netwright {

// How a kernel ended. code 0: well; code i > 0: declaration's failure i, at `row`, with the offending
// `value`. A kernel stops at the first failing row of its range.
struct Status {
  int64_t row;
  double value;
  int32_t code;
};
constexpr Status ok = {0, 0, 0};

// Units [begin, end) of a kernel's work, out of the units that its declaration or `kernelUnits` counts.
struct Range {
  int64_t begin;
  int64_t end;
};

// Private workspace of the thread that runs a kernel, 64-byte aligned; contents are unspecified.
constexpr int64_t scratchFloats = 1 << 20;

// `arguments` points to the kernel's ...Arguments struct, already checked against its declaration.
using KernelFunction = Status (*)(const void* arguments, Range units, float* scratch);
using UnitsFunction = int64_t (*)(const void* arguments);

// A kernel's place in the list, and so in every table.
enum KernelIndex {
#define NETWRIGHT_INDEX(name, Arguments) name##Kernel,
  NETWRIGHT_KERNELS(NETWRIGHT_INDEX)
#undef NETWRIGHT_INDEX
};

struct KernelTable {
  const char* isa;
  KernelFunction run[kernelCount];
  UnitsFunction units[kernelCount];  // null where the declaration counts the units
  // Runs `iterations` rounds of independent FMAs in registers and returns their FLOPs: timed, the core's
  // peak.
  double (*burstFma)(int64_t iterations);
};

// One per ISA build of kernels/table.cc.
#define NETWRIGHT_DECLARE_TABLE(isa) \
  namespace isa {                    \
  const KernelTable* kernelTable();  \
  }
NETWRIGHT_DECLARE_TABLE(sse2)
NETWRIGHT_DECLARE_TABLE(avx2)
NETWRIGHT_DECLARE_TABLE(avx512)
NETWRIGHT_DECLARE_TABLE(neon)
NETWRIGHT_DECLARE_TABLE(simd128)
#undef NETWRIGHT_DECLARE_TABLE

}  // namespace netwright
