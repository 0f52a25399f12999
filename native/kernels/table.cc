// All kernels for one ISA. Built once per ISA: the compiler flags choose simd/simd.h's header and the
// namespace. Defines one external symbol, kernelTable(); includes no C++ standard library (see
// docs/architecture.md, ISA).

#include "../kernel-table.h"
#include "../simd/simd.h"
#include "activation.h"
#include "augmentation.h"
#include "average-pooling.h"
#include "clipping.h"
#include "columns.h"
#include "convolution-weights.h"
#include "convolution.h"
#include "data.h"
#include "elementwise.h"
#include "gemm.h"
#include "loss.h"
#include "max-pooling.h"
#include "metrics.h"
#include "normalisation.h"
#include "optim.h"
#include "peak.h"
#include "random.h"
#include "reduce.h"
#include "row-loss.h"
#include "softmax.h"
#include "warp.h"

namespace netwright {
namespace NETWRIGHT_ISA {

namespace {
#define NETWRIGHT_ENTRY(name, Arguments)                                    \
  Status name##Entry(const void* arguments, Range units, float* scratch) {  \
    return name(*static_cast<const Arguments*>(arguments), units, scratch); \
  }
NETWRIGHT_KERNELS(NETWRIGHT_ENTRY)
#undef NETWRIGHT_ENTRY

#define NETWRIGHT_UNITS(name, Arguments)                           \
  int64_t name##UnitsEntry(const void* arguments) {                \
    return name##Units(*static_cast<const Arguments*>(arguments)); \
  }
NETWRIGHT_KERNELS_THAT_COUNT_UNITS(NETWRIGHT_UNITS)
#undef NETWRIGHT_UNITS

constexpr KernelTable makeTable() {
  KernelTable table = {};
  table.isa = isaName;
#define NETWRIGHT_FILL(name, Arguments) table.run[name##Kernel] = name##Entry;
  NETWRIGHT_KERNELS(NETWRIGHT_FILL)
#undef NETWRIGHT_FILL
#define NETWRIGHT_FILL_UNITS(name, Arguments) table.units[name##Kernel] = name##UnitsEntry;
  NETWRIGHT_KERNELS_THAT_COUNT_UNITS(NETWRIGHT_FILL_UNITS)
#undef NETWRIGHT_FILL_UNITS
  table.burstFma = burstFma;
  return table;
}
}  // namespace

const KernelTable* kernelTable() {
  static constexpr KernelTable table = makeTable();
  return &table;
}

}  // namespace NETWRIGHT_ISA
}  // namespace netwright
