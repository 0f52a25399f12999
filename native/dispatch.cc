// CPU detection. Built with baseline flags only: it must run on every CPU of the architecture.

#include "dispatch.h"

#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define NETWRIGHT_X64 1
#if defined(_MSC_VER)
#include <intrin.h>
#endif
#elif defined(__aarch64__) || defined(_M_ARM64)
#define NETWRIGHT_ARM64 1
#else
#error \
    "netwright has kernels for x86-64 and arm64 only; use the TypeScript reference backend on other processors"
#endif

namespace netwright {
namespace {

#if defined(NETWRIGHT_X64) && defined(_MSC_VER)
struct Features {
  bool avx2 = false;
  bool avx512 = false;
};

// CPUID leaves 1 and 7, and XCR0 for what the operating system saves on a context switch.
Features detect() {
  Features features;
  int leaf1[4], leaf7[4];
  __cpuid(leaf1, 1);
  const bool osSavesRegisters = (leaf1[2] & (1 << 27)) != 0;
  const bool fma = (leaf1[2] & (1 << 12)) != 0;
  if (!osSavesRegisters) return features;
  const unsigned long long xcr0 = _xgetbv(0);
  __cpuidex(leaf7, 7, 0);
  features.avx2 = (xcr0 & 0x6) == 0x6 && fma && (leaf7[1] & (1 << 5)) != 0;
  const int wanted = (1 << 16) | (1 << 17) | (1 << 30) | (1 << 31);  // F, DQ, BW, VL
  features.avx512 = features.avx2 && (xcr0 & 0xe6) == 0xe6 && (leaf7[1] & wanted) == wanted;
  return features;
}
#endif

std::vector<const KernelTable*> detectTables() {
  std::vector<const KernelTable*> tables;
#if defined(NETWRIGHT_ARM64)
  tables.push_back(neon::kernelTable());
#elif defined(_MSC_VER)
  const Features features = detect();
  if (features.avx512) tables.push_back(avx512::kernelTable());
  if (features.avx2) tables.push_back(avx2::kernelTable());
  tables.push_back(sse2::kernelTable());
#else
  // __builtin_cpu_supports also asks the operating system (XCR0).
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    tables.push_back(avx512::kernelTable());
  }
  if (avx2) tables.push_back(avx2::kernelTable());
  tables.push_back(sse2::kernelTable());
#endif
  return tables;
}

}  // namespace

const std::vector<const KernelTable*>& supportedTables() {
  // Leaked on purpose: threads may still use it while the process exits.
  static const auto* tables = new std::vector<const KernelTable*>(detectTables());
  return *tables;
}

const KernelTable* findTable(const char* isa) {
  for (const KernelTable* table : supportedTables()) {
    if (std::strcmp(table->isa, isa) == 0) return table;
  }
  return nullptr;
}

}  // namespace netwright
