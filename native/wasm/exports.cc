// What a WebAssembly module of the kernels exports to src/kernels/wasm. TypeScript has checked every argument
// against its declaration; whatever it passes, the engine confines the kernels to the module's memory.

#include "../kernel-table.h"

namespace netwright {
namespace {

// The private workspace of the one thread that runs.
alignas(64) float scratch[scratchFloats];
Status status;

#define NETWRIGHT_EXPORT(name) extern "C" __attribute__((export_name(#name)))

// The number of units of a kernel that counts its own, for the ...Arguments struct at `arguments`.
NETWRIGHT_EXPORT(units) double countUnits(int32_t kernel, const void* arguments) {
  return static_cast<double>(simd128::kernelTable()->units[kernel](arguments));
}

// Runs units [begin, end). Answers the status' code; `status` has the rest of one that is not 0.
NETWRIGHT_EXPORT(run) int32_t runKernel(int32_t kernel, const void* arguments, double begin, double end) {
  status = simd128::kernelTable()->run[kernel](
      arguments, {static_cast<int64_t>(begin), static_cast<int64_t>(end)}, scratch);
  return status.code;
}
NETWRIGHT_EXPORT(failureRow) double failureRow() { return static_cast<double>(status.row); }
NETWRIGHT_EXPORT(failureValue) double failureValue() { return status.value; }

NETWRIGHT_EXPORT(fingerprint) const char* fingerprint() { return NETWRIGHT_DECLARATION_FINGERPRINT; }
NETWRIGHT_EXPORT(burstFma) double burst(double iterations) {
  return simd128::kernelTable()->burstFma(static_cast<int64_t>(iterations));
}

}  // namespace
}  // namespace netwright
