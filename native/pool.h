// The thread pool: cuts one kernel's units into chunks and runs them on the caller and on parked workers.
// One per process, made at first need, never destroyed (destroying it at exit aborts the process).
#pragma once
#include <stdint.h>

#include <atomic>

#include "arguments.h"
#include "kernel-table.h"

namespace netwright {

// One kernel call, ready to run.
struct KernelCall {
  KernelFunction run;
  const void* arguments;
  int64_t units;
  double cost;  // rough nanoseconds on one core
};

// Decides between two chunks whether to go on: null, or a counter that `runCall` decreases before each chunk; at 0 the
// chunk is not run. Set it to `noLimit` for no limit, to 0 to stop.
using ChunkBudget = std::atomic<int64_t>;
constexpr int64_t noLimit = int64_t{1} << 62;

struct CallResult {
  Status status;  // of the failing row that comes first
  bool stopped;   // the budget ran out before every chunk had run
};

// Runs `call` on at most `threads` threads, the caller among them, and returns when every started chunk has ended.
// A caller that finds the pool busy runs alone. Bits do not depend on `threads`.
CallResult runCall(const KernelCall& call, int threads, ChunkBudget* budget);

// min(physical cores, CPU affinity, cgroup quota), at least 1.
int defaultThreads();
constexpr int maxThreads = 64;

// Lowers the calling thread's priority (nice +10 on Linux), so that the event loop's thread goes first.
void yieldToEventLoop();

}  // namespace netwright
